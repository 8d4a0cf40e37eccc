"""GB/T 38540-2020: verify in its order; a changed byte anywhere is found and named."""

import io
import shutil
import subprocess
import zipfile
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.testing import max_queries
from lingnan.security.crypto import services as crypto

from .. import ofd_signing, payload, proof, queries, services, ses
from ..disclosure import disclose
from ..errors import DocumentUnreadable
from ..models import Licence
from ..testing import make_agency, make_licence
from ..types import Check
from ..verification import verify_file, verify_identifier

pytestmark = pytest.mark.django_db


def _failed(content: bytes) -> set[Check]:
    return {result.check for result in verify_file(content, at=clock.now()).failures}


def _code(licence: Licence) -> str:
    return queries.verify_code(licence.identifier)


def _ofd(licence: Licence) -> bytes:
    return services.face_bytes(licence.pk, "ofd", at=clock.now())[0]


def _changed(content: bytes, path: str, change: bytes | None) -> bytes:
    parts = ofd_signing.open_package(content)
    if change is None:
        del parts[path]
    else:
        parts[path] = change
    return ofd_signing.write_package(parts)


def test_identifier_without_code_shows_little() -> None:
    licence = make_licence()
    with max_queries(4):
        found = verify_identifier(licence.identifier.lower(), at=clock.now())
    shown = disclose(found)
    assert shown.verdict == "proven"
    assert (shown.holder_name, shown.holder_code, shown.fields) == ("陈*玲", "", {})
    assert not shown.number


def test_identifier_with_code_shows_the_contents_but_not_the_whole_number() -> None:
    licence = make_licence()
    shown = disclose(verify_identifier(licence.identifier, code=_code(licence), at=clock.now()))
    assert shown.holder_name == "陈美玲"
    assert shown.holder_code == "009***********0025"
    assert "热食类食品制售" in shown.fields.values()
    wrong = disclose(verify_identifier(licence.identifier, code="0" * 12, at=clock.now()))
    assert wrong.holder_name == "陈*玲"


def test_wrong_and_unknown_identifiers_are_answers() -> None:
    licence = make_licence()
    wrong = licence.identifier[:-1] + ("A" if licence.identifier[-1] != "A" else "B")
    found = verify_identifier(wrong, at=clock.now())
    assert [(r.check, r.held) for r in found.checks] == [(Check.IDENTIFIER, False)]
    real = "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F"
    found = verify_identifier(real, at=clock.now())
    assert {r.check for r in found.failures} == {Check.REGISTERED}
    assert disclose(found).verdict == "not_proven"


def test_a_revoked_or_ended_licence_is_genuine_but_not_valid() -> None:
    licence = make_licence()
    later = clock.now() + timedelta(days=365 * 5)
    assert disclose(verify_identifier(licence.identifier, at=later)).verdict == "not_valid"
    services.revoke_licence(licence_id=licence.pk, ground="69", actor=SYSTEM, at=clock.now())
    found = verify_identifier(licence.identifier, at=clock.now())
    assert {r.check for r in found.failures} == {Check.STATUS}
    assert disclose(found).verdict == "not_valid"


def test_contents_changed_in_the_database_are_found() -> None:
    licence = make_licence()
    forged = payload.payload_bytes(licence).replace("热食".encode(), "冷食".encode())
    Licence.objects.filter(pk=licence.pk).update(payload_sealed=payload.seal_up(forged))
    found = verify_identifier(licence.identifier, at=clock.now())
    assert {r.check for r in found.failures} == {Check.PAYLOAD_SIGNATURE}


def test_our_ofd_holds_in_every_check() -> None:
    licence = make_licence()
    found = verify_file(_ofd(licence), at=clock.now())
    assert found.proven, found.failures
    assert found.licence is not None
    assert found.licence.id == licence.pk
    assert found.discloses
    order = [result.check for result in found.checks]
    expected = [
        Check.SEAL_MAKER, Check.SEAL_VALIDITY, Check.SIGNER_LISTED, Check.SIGNER_VALID,
        Check.SIGNATURE_VALUE, Check.DATA_HASH, Check.PARTS, Check.COVERAGE, Check.TIMESTAMP,
    ]  # fmt: skip
    assert order[: len(expected)] == expected


def test_one_changed_byte_in_any_part_is_found_and_the_part_named() -> None:
    content = _ofd(make_licence())
    for path, data in ofd_signing.open_package(content).items():
        if "/Signs/" in path:
            continue
        place = len(data) // 2
        flipped = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        try:
            found = verify_file(_changed(content, path, flipped), at=clock.now())
        except DocumentUnreadable:
            assert path == "OFD.xml"
            continue
        parts = [result for result in found.checks if result.check is Check.PARTS]
        assert parts[0].held is False
        assert path in parts[0].detail
        assert not found.discloses


def test_signature_parts_are_protected_too() -> None:
    content = _ofd(make_licence())
    folder = "Doc_0/Signs/Sign_0/"
    parts = ofd_signing.open_package(content)
    xml = parts[folder + "Signature.xml"]
    moved = xml.replace(b"Boundary=", b"boundary=")
    assert _failed(_changed(content, folder + "Signature.xml", moved)) == {Check.DATA_HASH}
    value = parts[folder + "SignedValue.dat"]
    assert Check.SIGNATURE_VALUE in _failed(
        _changed(content, folder + "SignedValue.dat", value[:-1] + bytes([value[-1] ^ 1]))
    )
    renamed = value.replace("测试章".encode(), "真实章".encode())
    assert {Check.SEAL_MAKER, Check.SIGNATURE_VALUE} <= _failed(
        _changed(content, folder + "SignedValue.dat", renamed)
    )
    assert Check.SIGNATURE_VALUE in _failed(_changed(content, folder + "SignedValue.dat", b"0"))


def test_added_and_removed_parts_are_found() -> None:
    content = _ofd(make_licence())
    added = _changed(content, "Doc_0/Attachs/extra.txt", b"added")
    assert _failed(added) == {Check.COVERAGE}
    page = next(p for p in ofd_signing.open_package(content) if p.endswith("Content.xml"))
    assert Check.PARTS in _failed(_changed(content, page, None))


def test_a_seal_outside_its_certificate_list_and_a_foreign_authority_are_refused() -> None:
    licence = make_licence()
    other = make_licence()
    folder = "Doc_0/Signs/Sign_0/"
    parts = ofd_signing.open_package(_ofd(licence))
    forged = ses.build_signature(
        seal=bytes(licence.seal.der),
        signed_at=clock.now(),
        data_hash=crypto.sm3(parts[folder + "Signature.xml"]),
        property_info="/" + folder + "Signature.xml",
        certificate=bytes(other.seal.certificate_der),
        sign=lambda data: services.sign_with_seal(other.seal, data),
    )
    parts[folder + "SignedValue.dat"] = forged
    failed = _failed(ofd_signing.write_package(parts))
    assert failed == {Check.SIGNER_LISTED}


def test_signing_after_the_certificate_ended_is_found() -> None:
    licence = make_licence()
    folder = "Doc_0/Signs/Sign_0/"
    parts = ofd_signing.open_package(_ofd(licence))
    parts[folder + "SignedValue.dat"] = ses.build_signature(
        seal=bytes(licence.seal.der),
        signed_at=clock.now() + timedelta(days=365 * 6),
        data_hash=crypto.sm3(parts[folder + "Signature.xml"]),
        property_info="/" + folder + "Signature.xml",
        certificate=bytes(licence.seal.certificate_der),
        sign=lambda data: services.sign_with_seal(licence.seal, data),
    )
    failed = _failed(ofd_signing.write_package(parts))
    assert failed == {Check.SEAL_VALIDITY, Check.SIGNER_VALID}


def test_another_agencys_seal_over_a_licence_is_not_its_proof() -> None:
    licence, other = make_licence(), make_licence()
    parts = ofd_signing.open_package(_ofd(licence))
    parts = {path: data for path, data in parts.items() if "/Signs/" not in path}
    start = parts["OFD.xml"].index(b"<ofd:Signatures>")
    end = parts["OFD.xml"].index(b"</ofd:Signatures>") + len(b"</ofd:Signatures>")
    parts["OFD.xml"] = parts["OFD.xml"][:start] + parts["OFD.xml"][end:]
    unsigned = ofd_signing.write_package(parts)
    assert {Check.SIGNATURE_VALUE, Check.REGISTERED} <= _failed(unsigned)

    def seal_by(agency_id: UUID) -> bytes:
        return services.seal_ofd(
            unsigned, agency_id=agency_id, purpose="test", actor=SYSTEM, at=clock.now()
        )

    for agency_id in (licence.agency_id, other.agency_id):
        found = verify_file(seal_by(agency_id), at=clock.now())
        assert {result.check for result in found.failures} == {Check.REGISTERED}
        assert not found.discloses
    with pytest.raises(DocumentUnreadable):  # sealed already
        services.seal_ofd(
            seal_by(licence.agency_id), agency_id=other.agency_id, purpose="test", actor=SYSTEM,
            at=clock.now(),
        )  # fmt: skip


def test_an_identifier_put_beside_the_signatures_opens_no_other_licence() -> None:
    agency_id = make_agency()
    mine, victims = make_licence(agency_id=agency_id), make_licence(agency_id=agency_id)
    parts = ofd_signing.open_package(_ofd(mine))
    folder = next(path for path in parts if path.endswith("Signatures.xml")).rpartition("/")[0]
    # Sealed paper of the agency without an identifier of its own, as a notice is.
    bare = {
        path: data.replace(mine.identifier.encode(), b"")
        for path, data in parts.items()
        if not path.startswith(folder)
    }
    start = bare["OFD.xml"].index(b"<ofd:Signatures>")
    end = bare["OFD.xml"].index(b"</ofd:Signatures>") + len(b"</ofd:Signatures>")
    bare["OFD.xml"] = bare["OFD.xml"][:start] + bare["OFD.xml"][end:]
    sealed = services.seal_ofd(
        ofd_signing.write_package(bare),
        agency_id=agency_id,
        purpose="test",
        actor=SYSTEM,
        at=clock.now(),
    )
    forged = ofd_signing.open_package(sealed)
    forged[f"{folder}/Sign_0/A.xml"] = f"<a>{victims.identifier}</a>".encode()
    found = verify_file(ofd_signing.write_package(forged), at=clock.now())
    assert {result.check for result in found.failures} == {Check.REGISTERED}
    assert not found.discloses


def test_a_pdf_is_our_file_to_the_last_byte_or_nothing() -> None:
    licence = make_licence()
    content, media_type = services.face_bytes(licence.pk, "pdf", at=clock.now())
    assert media_type == "application/pdf"
    found = verify_file(content, at=clock.now())
    assert found.proven
    assert found.licence is not None
    changed = verify_file(content[:-1] + b" ", at=clock.now())
    assert {result.check for result in changed.failures} == {Check.PARTS}
    assert changed.licence is None


def _zip(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("_xml", ".xml"), data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"hello", b"PK\x03\x04rubbish", _zip(a=b"x"), _zip(OFD_xml=b"<not"),
        _zip(OFD_xml=b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>"
             b"<a>&b;</a>" * 2),
        _zip(OFD_xml=b"0" * 201_000_000),
    ],
    ids=["empty", "text", "broken zip", "no OFD.xml", "broken xml", "two roots", "bomb"],
)  # fmt: skip
def test_what_is_no_document_is_refused(content: bytes) -> None:
    with pytest.raises(DocumentUnreadable):
        verify_file(content, at=clock.now())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl program is not here")
def test_the_documented_openssl_commands_prove_a_licence(tmp_path: Path) -> None:
    listed = subprocess.run(
        ["openssl", "list", "-public-key-algorithms"], capture_output=True, check=False
    )
    if b"SM2" not in listed.stdout:
        pytest.skip("the openssl program on this machine has no SM2")
    licence = make_licence()
    for part in proof.FILES:
        file = proof.proof_file(licence, part)
        (tmp_path / file.name).write_bytes(file.content)
    for command in proof.COMMANDS:
        done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, (command, done.stderr)
    changed = (tmp_path / "payload.json").read_bytes().replace(b"2031", b"2041")
    (tmp_path / "payload.json").write_bytes(changed)
    done = subprocess.run(proof.COMMANDS[1].split(), cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode != 0


def test_status_on_counts_the_last_day() -> None:
    licence = make_licence(valid_until=date(2030, 1, 31))
    assert licence.status_on(date(2030, 1, 31)) == "valid"
    assert licence.status_on(date(2030, 2, 1)) == "expired"
