"""Papers of an agency bear two signatures, each under a time stamp; copies say until when."""

from datetime import timedelta
from uuid import uuid4

import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.platforms.documents import services as documents
from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.models import Certificate

from .. import services
from ..document_checks import verify_document
from ..errors import DocumentUnreadable, SealUnavailable
from ..findings import DocumentReport, Step, Verdict
from ..models import Licence, LicenceUse, Seal, SealUse
from ..pdf import find_pdf_signatures, sign_pdf
from ..testing import holder_actor, make_agency, make_holder, make_licence
from ..types import Holder
from .test_originals import PDF_BYTES
from .test_pdf_signatures import embedded

pytestmark = pytest.mark.django_db
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def step(report: DocumentReport, wanted: Step) -> list[tuple[str, str]]:
    return [(f.outcome.value, f.reason) for f in report.all_findings if f.step is wanted]


@pytest.fixture
def holder() -> Holder:
    return make_holder()


@pytest.fixture
def licence(holder: Holder) -> Licence:
    return make_licence(holder=holder)


@pytest.fixture
def use(holder: Holder, licence: Licence) -> LicenceUse:
    made = services.use_as_material(
        actor=holder_actor(holder), licence_id=licence.pk, purpose="开店", item_code="x",
        case_id=uuid4(), at=clock.now(),
    )  # fmt: skip
    return LicenceUse.objects.get(pk=made.use_id)


def copy_of(use: LicenceUse, kind: str) -> bytes:
    made = services.ensure_copy if kind == "pdf" else services.ensure_copy_ofd
    return documents.read_file(made(use.pk, at=clock.now()))


def seal_paper() -> tuple[bytes, Seal]:
    agency_id = make_agency()
    content = services.seal_pdf(
        PDF_BYTES, agency_id=agency_id, purpose="notice 1", actor=SYSTEM, at=clock.now()
    )
    return content, Seal.objects.get(agency_id=agency_id)


def test_a_paper_of_an_agency_is_proven_with_both_times() -> None:
    content, seal = seal_paper()
    report = verify_document(content, at=clock.now())
    assert report.verdict is Verdict.PROVEN, report.all_findings
    assert [one.kind for one in report.signatures] == ["sm2", "pades"]
    assert report.signatures[0].esid == seal.esid
    assert step(report, Step.TIMESTAMP) == [("proven", ""), ("proven", "")]
    use = SealUse.objects.get(seal=seal)
    assert use.sealed_digest_sm3 == crypto.sm3(content).hex()


def test_pyhanko_itself_finds_the_time_stamp_whole_under_our_root() -> None:
    content, _seal = seal_paper()
    signature = embedded(content)[1]
    root = crypto.p256_root_of(signature.signer_cert.dump())
    assert root is not None
    trusted = [x509.Certificate.load(root)]
    status = validate_pdf_signature(
        signature, ValidationContext(trust_roots=trusted),
        ts_validation_context=ValidationContext(trust_roots=trusted),
    )  # fmt: skip
    assert status.bottom_line, status.summary()
    stamp = status.timestamp_validity
    assert stamp is not None and stamp.valid and stamp.trusted


@pytest.mark.parametrize("kind", ["pdf", "ofd"])
def test_a_copy_is_proven_until_its_day_and_while_the_licence_is_valid(
    use: LicenceUse, licence: Licence, kind: str
) -> None:
    content, at = copy_of(use, kind), clock.now()
    report = verify_document(content, at=at)
    assert report.verdict is Verdict.PROVEN, report.all_findings
    assert step(report, Step.LICENCE) == [("proven", "copy")]
    assert use.copy_valid_until is not None
    later = at + timedelta(days=(use.copy_valid_until - clock.today()).days + 2)
    assert step(verify_document(content, at=later), Step.LICENCE) == [("not_proven", "copy_over")]
    services.act_on_licence(
        licence_id=licence.pk, verb="revoke", ground="法 1", actor=SYSTEM, at=at
    )
    report = verify_document(content, at=at)
    assert (report.verdict, step(report, Step.LICENCE)) == (
        Verdict.NOT_PROVEN,
        [("not_proven", "copy_ended")],
    )


def test_a_copy_is_made_without_signatures_where_no_seal_is_in_use(
    use: LicenceUse, licence: Licence
) -> None:
    assert licence.seal_id is not None
    Seal.objects.filter(pk=licence.seal_id).update(state="suspended")
    content = copy_of(use, "pdf")
    assert b"/ByteRange" not in content
    with pytest.raises(SealUnavailable):
        services.seal_pdf(
            PDF_BYTES, agency_id=licence.agency_id, purpose="x", actor=SYSTEM, at=clock.now()
        )


def test_every_changed_byte_of_a_signature_with_its_stamp_is_found() -> None:
    content, _seal = seal_paper()
    for signature in find_pdf_signatures(content):
        start = content.lower().index(signature.cms.hex().encode())
        length = len(signature.cms)
        for place in range(0, length, max(1, length // 29)):
            changed = bytearray(content)
            value = signature.cms[place] ^ 0x01
            changed[start + 2 * place : start + 2 * place + 2] = f"{value:02x}".encode()
            try:
                report = verify_document(bytes(changed), at=clock.now())
            except DocumentUnreadable:
                continue  # what can no longer be read as a signature at all is told so
            assert report.verdict is not Verdict.PROVEN, (signature.name, place)


def test_a_certificate_its_issuer_did_not_give_out_like_that_is_found() -> None:
    """With s turned into n - s an ECDSA signature still holds; the certificate is another."""
    seal_paper()
    row = Certificate.objects.filter(algorithm="es256", role="signer").first()
    assert row is not None
    parsed = x509.Certificate.load(bytes(row.der))
    r, s = decode_dss_signature(parsed["signature_value"].native)
    parsed["signature_value"] = encode_dss_signature(r, P256_ORDER - s)
    turned = parsed.dump(force=True)
    assert crypto.check_p256_certificate(bytes(row.der), at=clock.now()).is_trusted
    assert crypto.check_p256_certificate(turned, at=clock.now()).problems == ("bad_signature",)


def test_a_stamp_of_another_signature_proves_nothing() -> None:
    content, seal = seal_paper()
    der = bytes(seal.certificate_der)
    foreign = crypto.make_timestamp(b"something else", at=clock.now())
    forged = sign_pdf(
        PDF_BYTES, kind="sm2", chain=[der, *crypto.issuers_of(der)], name=seal.name, reason="x",
        at=clock.now(), sign=lambda data: crypto.sign(data, key_id=seal.key_id),
        timestamp=lambda value: foreign,
    )  # fmt: skip
    report = verify_document(forged, at=clock.now())
    assert ("failed", "other_data") in step(report, Step.TIMESTAMP)
    assert report.verdict is Verdict.FAILED
    assert content != forged


@pytest.mark.parametrize("reason", ["key_compromise", "cessation_of_operation"])
def test_only_the_stamp_proves_a_signature_older_than_the_revocation(reason: str) -> None:
    content, seal = seal_paper()
    bare = sign_pdf(
        PDF_BYTES, kind="sm2",
        chain=[bytes(seal.certificate_der), *crypto.issuers_of(bytes(seal.certificate_der))],
        name=seal.name, reason="x", at=clock.now(),
        sign=lambda data: crypto.sign(data, key_id=seal.key_id),
    )  # fmt: skip
    lost = clock.now() + timedelta(hours=1)
    Certificate.objects.filter(pk=seal.certificate_id).update(
        revoked_at=lost, revocation_reason=reason
    )
    assert step(verify_document(content, at=lost), Step.SIGNER_VALID)[0] == ("proven", "")
    assert step(verify_document(bare, at=lost), Step.SIGNER_VALID) == [
        ("not_proven", "revoked_later")
    ]


def test_a_time_stamper_signs_no_paper() -> None:
    agency = make_agency()
    crypto.make_timestamp(b"x", at=clock.now(), kind="es256")
    row = Certificate.objects.get(algorithm="es256", role="signer")
    forged = sign_pdf(
        PDF_BYTES, kind="pades", chain=[bytes(row.der)], name="别人", reason="x", at=clock.now(),
        sign=lambda data: crypto.sign_p256(data, key_id=row.key_id),
    )  # fmt: skip
    report = verify_document(forged, at=clock.now())
    assert ("failed", "wrong_use") in step(report, Step.SIGNER_VALID)
    assert not Seal.objects.filter(agency_id=agency).exists()
    assert report.verdict is Verdict.FAILED
