"""Signatures of a licence's PDF: a national one and one the world reads; every change is found."""

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import x509
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext

from lingnan.kernel import clock
from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.models import Certificate

from .. import services
from ..document_checks import verify_document
from ..findings import DocumentReport, Outcome, Step, Verdict
from ..models import Licence, Seal
from ..pdf import SUBFILTER_SM2, find_pdf_signatures, sign_pdf
from ..testing import make_holder, make_licence

pytestmark = pytest.mark.django_db


@pytest.fixture
def licence() -> Licence:
    return make_licence(holder=make_holder())


@pytest.fixture
def content(licence: Licence) -> bytes:
    return services.face_bytes(licence.pk, "pdf", at=clock.now())[0]


def embedded(content: bytes) -> list[EmbeddedPdfSignature]:
    reader = PdfFileReader(BytesIO(content))
    return [
        EmbeddedPdfSignature(reader, field, name)
        for name, _value, field in enumerate_sig_fields(reader, filled_status=True)
    ]


def check(content: bytes) -> DocumentReport:
    return verify_document(content, at=clock.now())


def failed(report: DocumentReport) -> set[tuple[Step, str]]:
    return {(f.step, f.reason) for f in report.all_findings if f.outcome is Outcome.FAILED}


def test_two_signatures_stand_in_one_file_and_are_proven(licence: Licence, content: bytes) -> None:
    report = check(content)
    national, world = report.signatures
    assert (national.kind, world.kind) == ("sm2", "pades")
    assert report.verdict is Verdict.PROVEN, failed(report)
    assert licence.seal is not None
    assert national.esid == licence.seal.esid
    coverage = {item.kind: f.reason for item in report.signatures for f in item.findings
                if f.step is Step.COVERAGE}  # fmt: skip
    assert coverage == {"sm2": "signed_again", "pades": ""}
    assert report.licence is not None and report.licence.discloses


def test_pyhanko_itself_finds_it_whole_under_our_root(content: bytes) -> None:
    signatures = embedded(content)
    assert [str(item.sig_object["/SubFilter"]) for item in signatures] == [
        SUBFILTER_SM2,
        "/ETSI.CAdES.detached",
    ]
    root = crypto.p256_root_of(signatures[1].signer_cert.dump())
    assert root is not None
    context = ValidationContext(trust_roots=[x509.Certificate.load(root)])
    status = validate_pdf_signature(signatures[1], context)
    assert status.bottom_line, status.summary()


def _openssl(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def _signed_bytes(content: bytes, signature: EmbeddedPdfSignature) -> bytes:
    start, first, second_at, second = (int(part) for part in signature.byte_range)
    return content[start : start + first] + content[second_at : second_at + second]


def test_openssl_verifies_the_signature_of_the_world(content: bytes, tmp_path: Path) -> None:
    signature = embedded(content)[1]
    root = crypto.p256_root_of(signature.signer_cert.dump())
    assert root is not None
    (tmp_path / "signature.der").write_bytes(signature.pkcs7_content)
    (tmp_path / "root.pem").write_bytes(crypto.to_pem(root))
    verify = (
        "cms", "-verify", "-binary", "-inform", "DER", "-in", "signature.der", "-purpose", "any",
        "-content", "signed.bin", "-CAfile", "root.pem", "-out", "out.bin",
    )  # fmt: skip
    signed = _signed_bytes(content, signature)
    (tmp_path / "signed.bin").write_bytes(signed)
    done = _openssl(tmp_path, *verify)
    assert done.returncode == 0, done.stderr
    (tmp_path / "signed.bin").write_bytes(signed[:-1] + b"?")
    assert _openssl(tmp_path, *verify).returncode != 0


def test_openssl_verifies_the_national_signature(content: bytes, tmp_path: Path) -> None:
    """`openssl cms` knows no user id of SM2, so the two steps of RFC 5652, 5.6 one by one."""
    found, _world = find_pdf_signatures(content)
    signature = embedded(content)[0]
    (tmp_path / "signed.bin").write_bytes(_signed_bytes(content, signature))
    digest = _openssl(tmp_path, "dgst", "-sm3", "signed.bin").stdout.rpartition(" ")[2].strip()
    assert bytes.fromhex(digest) in found.signed_attributes
    (tmp_path / "attributes.der").write_bytes(found.signed_attributes)
    (tmp_path / "value.der").write_bytes(found.value)
    point = crypto.read_certificate(found.certificate).public_point
    (tmp_path / "key.pem").write_bytes(crypto.public_key_pem(point))
    verify = (
        "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-digest", "sm3",
        "-pkeyopt", "distid:1234567812345678", "-in", "attributes.der", "-sigfile", "value.der",
    )  # fmt: skip
    done = _openssl(tmp_path, *verify)
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "attributes.der").write_bytes(found.signed_attributes[:-1] + b"?")
    assert _openssl(tmp_path, *verify).returncode != 0


def test_pdfsig_finds_the_signature_valid(content: bytes, tmp_path: Path) -> None:
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig (poppler-utils) is not installed")
    (tmp_path / "licence.pdf").write_bytes(content)
    done = subprocess.run(
        ["pdfsig", "-nocert", "licence.pdf"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Signature is Valid" in done.stdout, done.stdout
    assert "Total document signed" in done.stdout


def test_a_changed_byte_anywhere_is_found_and_named(licence: Licence, content: bytes) -> None:
    """Each 25th part of the file in turn, and every byte around both signatures."""
    around = [
        place
        for item in embedded(content)
        for edge in (int(item.byte_range[1]), int(item.byte_range[2]))
        for place in range(edge - 2, edge + 3)
    ]
    for place in [*range(8, len(content), len(content) // 25), *around]:
        changed = bytearray(content)
        changed[place] ^= 0x01
        try:
            report = check(bytes(changed))
        except Exception as refused:  # a file that cannot be read at all is told so
            assert type(refused).__name__ == "DocumentUnreadable", place
            continue
        assert report.verdict is not Verdict.PROVEN, place
        if any(item.kind != "other" for item in report.signatures) and report.verdict is (
            Verdict.FAILED
        ):
            differs = [f for f in report.findings if f.reason == "differs"]
            assert not differs or differs[0].names == (f"{place} / {len(content)}",)


def test_a_file_made_to_ask_is_not_told_where_the_licence_differs(
    licence: Licence, content: bytes
) -> None:
    """Else whoever knows an identifier reads the licence byte by byte from the answers."""
    stranger = crypto.issue_certificate(
        common_name="别人", organisation="别处", purpose="test.stranger", at=clock.now()
    )
    unsigned = content[: content.index(b"%%EOF") + 6]
    forged = bytearray(
        sign_pdf(
            unsigned, kind="sm2", chain=[stranger.der], name="x", reason=licence.identifier,
            at=clock.now(), sign=lambda data: crypto.sign(data, key_id=stranger.key_id),
        )
    )  # fmt: skip
    forged[20] ^= 0x01
    report = check(bytes(forged))
    assert report.verdict is Verdict.FAILED
    assert "differs" not in {finding.reason for finding in report.findings}
    own = bytearray(content)
    own[20] ^= 0x01
    assert "differs" in {finding.reason for finding in check(bytes(own)).findings}


def test_what_the_national_signature_covers_is_told_from_what_came_later(content: bytes) -> None:
    first, _second = find_pdf_signatures(content)
    changed = bytearray(content)
    place = content.index(b"/ByteRange", first.covered) - 5
    changed[place] ^= 0x01
    report = check(bytes(changed))
    national = report.signatures[0]
    held = {f.step: f.outcome for f in national.findings}
    assert held[Step.BYTES] is Outcome.PROVEN
    assert report.verdict is Verdict.FAILED


def test_an_appended_update_is_found(content: bytes) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(content))
    reference = writer.root["/Pages"]["/Kids"].raw_get(0)
    reference.get_object()[generic.pdf_name("/Turned")] = generic.pdf_name("/Ninety")
    writer.mark_update(reference)
    output = BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]
    report = check(output.getvalue())
    assert report.verdict is Verdict.FAILED
    assert (Step.COVERAGE, "added") in failed(report)


def test_appended_bytes_are_found(content: bytes) -> None:
    report = check(content + b"\n% more")
    assert failed(report) & {(Step.COVERAGE, "appended"), (Step.COVERAGE, "gap")}


def test_a_signature_cut_off_is_not_taken_for_none(content: bytes) -> None:
    first, _second = find_pdf_signatures(content)
    report = check(content[: first.covered])
    assert report.verdict is Verdict.NOT_PROVEN
    assert {(f.step, f.reason) for f in report.findings} == {(Step.LICENCE, "not_its_file")}


def test_a_stranger_may_not_sign_in_the_agencys_name(licence: Licence, content: bytes) -> None:
    stranger = crypto.issue_certificate(
        common_name="别人", organisation="别处", purpose="test.stranger", at=clock.now()
    )
    unsigned = content[: content.index(b"%%EOF") + 6]
    assert licence.seal is not None
    forged = sign_pdf(
        unsigned, kind="sm2", chain=[stranger.der], name=licence.seal.name,
        reason=licence.identifier, at=clock.now(),
        sign=lambda data: crypto.sign(data, key_id=stranger.key_id),
    )  # fmt: skip
    report = check(forged)
    assert report.verdict is Verdict.NOT_PROVEN
    assert [f.reason for f in report.findings] == ["other_sealer"]
    assert report.licence is None


def test_a_revoked_certificate_and_a_seal_out_of_use_are_told(
    licence: Licence, content: bytes
) -> None:
    before = clock.now().replace(year=2026, month=1, day=1)
    Certificate.objects.filter(algorithm="es256", role="signer").update(
        revoked_at=before, revocation_reason="superseded"
    )
    assert (Step.SIGNER_VALID, "revoked") in failed(check(content))
    assert licence.seal_id is not None
    Seal.objects.filter(pk=licence.seal_id).update(
        valid_until=before, valid_from=before.replace(year=2025)
    )
    assert (Step.SEAL_STANDING, "outside") in failed(check(content))


def test_page_and_api_say_it_in_words(content: bytes) -> None:
    changed = bytearray(content)
    changed[len(content) // 3] ^= 0x01
    page = Client().post("/verify/file/", {"file": SimpleUploadedFile("a.pdf", bytes(changed))})
    assert page.status_code == 200
    good = Client().post("/verify/file/", {"file": SimpleUploadedFile("a.pdf", content)})
    assert "陈美玲" in good.content.decode() and "SM2" in good.content.decode()
    answer = Client().post(
        "/api/v1/licences/verify", {"file": SimpleUploadedFile("a.pdf", content)}
    )
    assert answer.json()["verdict"] == "proven"
    assert [item["kind"] for item in answer.json()["signatures"]] == ["sm2", "pades"]
