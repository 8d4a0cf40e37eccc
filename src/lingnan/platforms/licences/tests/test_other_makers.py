"""Seals, signatures and OFD files of others: GM/T 0031-2014, GB/T 38540-2020, GM/T 0031-2025."""

import pytest

from lingnan.kernel.testing import shared_data
from lingnan.security.crypto import services as crypto

from .. import ses
from ..errors import SealUnreadable
from ..seal_checks import verify_ofd
from ..types import Check


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
@pytest.mark.parametrize("name", ["v4signed.ofd", "V4RideRight.ofd"])
def test_signed_ofd_of_others_is_genuine_but_of_an_authority_we_do_not_know(name: str) -> None:
    content = shared_data(f"conformance/ofd/{name}").read_bytes()
    (report,) = verify_ofd(content)
    results = {result.check: result for result in report.checks}
    assert report.version == 4
    for check in (
        Check.SEAL_VALIDITY, Check.SIGNER_LISTED, Check.SIGNATURE_VALUE, Check.DATA_HASH,
        Check.PARTS, Check.COVERAGE,
    ):  # fmt: skip
        assert results[check].held, check
    assert results[Check.SEAL_MAKER].detail == "unknown_issuer"
    assert results[Check.SIGNER_VALID].detail == "unknown_issuer"
    assert not report.holds


@pytest.mark.django_db
def test_unsigned_ofd_has_no_signature() -> None:
    assert verify_ofd(shared_data("conformance/ofd/helloworld.ofd").read_bytes()) == []
