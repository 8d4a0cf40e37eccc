"""Seals, signatures and OFD files of others: GM/T 0031-2014, GB/T 38540-2020, GM/T 0031-2025."""

import pytest

from lingnan.kernel import clock
from lingnan.kernel.testing import shared_data
from lingnan.security.crypto import services as crypto

from .. import ses
from ..document_checks import verify_document
from ..errors import SealUnreadable
from ..finding_words import in_words
from ..findings import Outcome, Step, Verdict
from ..seal_checks import verify_ofd


@pytest.mark.parametrize(
    ("name", "version", "has_timestamp"),
    [
        ("UserV1.esl", 1, False),
        ("UserV4.esl", 4, False),
        ("UserV5.esl", 5, False),
        ("UserV5_ts.esl", 5, True),
    ],
)
def test_seals_of_three_generations(name: str, version: int, has_timestamp: bool) -> None:
    der = shared_data(f"conformance/seals/{name}").read_bytes()
    seal = ses.parse_seal(der)
    assert (seal.version, seal.has_timestamp) == (version, has_timestamp)
    assert seal.picture.startswith(b"\x89PNG")
    assert len(seal.certificates) == 1
    maker = crypto.read_certificate(seal.maker_certificate)
    assert crypto.verify(seal.signed_bytes, seal.signature, public_point=maker.public_point)
    place = der.index(seal.name.encode())
    forged = ses.parse_seal(der[:place] + b"X" + der[place + 1 :])
    assert not crypto.verify(forged.signed_bytes, forged.signature, public_point=maker.public_point)


@pytest.mark.parametrize(("name", "version"), [("SignedValueV4.dat", 4), ("SignedValueV5.dat", 5)])
def test_signature_values(name: str, version: int) -> None:
    value = ses.parse_signature(shared_data(f"conformance/seals/{name}").read_bytes())
    assert value.version == version
    assert value.property_info == "/Doc_0/Signs/Sign_0/Signature.xml"
    assert value.certificate in value.seal.certificates
    signer = crypto.read_certificate(value.certificate)
    assert crypto.verify(value.signed_bytes, value.signature, public_point=signer.public_point)
    assert len(value.data_hash) == 32


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"\x30\x03\x02\x01\x01", b"rubbish" * 9])
def test_what_is_no_seal_is_refused(der: bytes) -> None:
    with pytest.raises(SealUnreadable):
        ses.parse_seal(der)
    with pytest.raises(SealUnreadable):
        ses.parse_signature(der)


def test_an_unknown_version_is_refused_by_name() -> None:
    der = shared_data("conformance/seals/UserV4.esl").read_bytes()
    with pytest.raises(SealUnreadable) as refusal:
        ses.parse_seal(der.replace(b"\x16\x02ES\x02\x01\x04", b"\x16\x02ES\x02\x01\x07"))
    assert refusal.value.facts["reason"] == "version 7"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["v4signed.ofd", "V4RideRight.ofd", "1.ofd"])
def test_signed_ofd_of_others_is_unchanged_but_of_an_authority_not_trusted_here(name: str) -> None:
    content = shared_data(f"conformance/ofd/{name}").read_bytes()
    (report,) = verify_ofd(content)
    found = {finding.step: finding for finding in report.findings}
    assert report.version == 4
    for step in (
        Step.SEAL_VALIDITY, Step.SIGNER_LISTED, Step.SIGNATURE_VALUE, Step.DATA_HASH, Step.PARTS,
        Step.COVERAGE,
    ):  # fmt: skip
        assert found[step].outcome is Outcome.PROVEN, found[step]
    for step in (Step.SEAL_MAKER, Step.SIGNER_VALID):
        assert (found[step].outcome, found[step].reason) == (Outcome.NOT_PROVEN, "unknown_issuer")
        assert found[step].names
    assert not report.failed
    assert not report.is_whole
    whole = verify_document(content, at=clock.now())
    assert whole.verdict is Verdict.NOT_PROVEN
    assert [line.step for line in in_words(whole).open] == [
        "seal_maker", "signer_valid", "timestamp",
    ]  # fmt: skip


@pytest.mark.django_db
def test_an_invoice_of_others_that_was_changed_names_the_changed_part() -> None:
    (report,) = verify_ofd(shared_data("conformance/ofd/发票示例.ofd").read_bytes())
    (wrong,) = [finding for finding in report.findings if finding.outcome is Outcome.FAILED]
    assert (wrong.step, wrong.reason, wrong.names) == (
        Step.PARTS, "changed", ("Doc_0/Document.xml",),
    )  # fmt: skip


@pytest.mark.django_db
def test_an_invoice_of_others_with_an_unsigned_part_names_it() -> None:
    (report,) = verify_ofd(shared_data("conformance/ofd/999.ofd").read_bytes())
    (wrong,) = [finding for finding in report.findings if finding.outcome is Outcome.FAILED]
    assert (wrong.step, wrong.reason, wrong.names) == (Step.COVERAGE, "unsigned", ("OFD.xml",))


@pytest.mark.django_db
def test_a_seal_of_the_first_generation_is_read_and_what_is_not_known_is_said() -> None:
    (report,) = verify_ofd(shared_data("conformance/ofd/n.ofd").read_bytes())
    assert report.version == 1
    assert "测试章" in report.seal_name
    found = {finding.step: finding for finding in report.findings}
    # Its maker hashed by a method of its own and broke its certificate: said, not guessed at.
    assert (found[Step.PARTS].outcome, found[Step.PARTS].reason) == (
        Outcome.NOT_PROVEN, "algorithm",
    )  # fmt: skip
    assert found[Step.SIGNATURE_VALUE].reason == "changed"
    assert found[Step.SIGNER_LISTED].reason == "no_list"
    assert found[Step.SIGNER_VALID].reason == "malformed"


@pytest.mark.django_db
def test_unsigned_ofd_has_no_signature() -> None:
    content = shared_data("conformance/ofd/helloworld.ofd").read_bytes()
    assert verify_ofd(content) == []
    assert verify_document(content, at=clock.now()).verdict is Verdict.UNSIGNED
