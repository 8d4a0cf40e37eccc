"""GB/T 38540-2020: verify in its order; a changed byte anywhere is found and named."""

import io
import struct
import zipfile
from datetime import datetime, timedelta
from functools import cache
from time import process_time
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.security.crypto import services as crypto

from .. import ofd, services, ses
from ..document_checks import FILE_MAX_BYTES, verify_document
from ..errors import DocumentClosed, DocumentDamaged, DocumentUnreadable, SealPlaceUnknown
from ..finding_words import in_words, part_words
from ..findings import DocumentReport, Finding, Outcome, Step, Verdict
from ..models import Licence, Seal
from ..testing import make_agency, make_licence, make_ofd
from ..types import SealPlace

pytestmark = pytest.mark.django_db
FOLDER = "Doc_0/Signs/Sign_0/"


def _verify(content: bytes, at: datetime | None = None) -> DocumentReport:
    return verify_document(content, at=at or clock.now())


def _failed(content: bytes) -> dict[Step, Finding]:
    return {f.step: f for f in _verify(content).all_findings if f.outcome is Outcome.FAILED}


def _ofd(licence: Licence) -> bytes:
    return services.face_bytes(licence.pk, "ofd", at=clock.now())[0]


def _changed(content: bytes, path: str, change: bytes | None) -> bytes:
    parts = ofd.open_package(content)
    if change is None:
        del parts[path]
    else:
        parts[path] = change
    return ofd.write_package(parts)


def _sealed(agency_id: UUID | None = None, pages: int = 1, **options: object) -> bytes:
    return services.seal_ofd(
        make_ofd(pages=pages), agency_id=agency_id or make_agency(), purpose="test", actor=SYSTEM,
        at=clock.now(), **options,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_part_listed_without_end_is_read_once() -> None:
    """A file of 20 kB that would keep a processor busy for minutes, from anyone, unasked."""
    content = _sealed()
    path = FOLDER + "Signature.xml"
    listed = b'<ofd:Reference FileRef="/big"><ofd:CheckValue>AA==</ofd:CheckValue></ofd:Reference>'
    signature = ofd.open_package(content)[path]
    end = b"</ofd:References>"
    bomb = _changed(
        _changed(content, "big", bytes(4_000_000)),
        path,
        signature.replace(end, listed * 15_000 + end),
    )
    began = process_time()
    assert _failed(bomb)[Step.PARTS].reason == "changed"
    assert process_time() - began < 20, "60 GB of digests would take minutes"


def test_our_ofd_is_proven_in_every_step_and_shows_its_licence() -> None:
    licence = make_licence()
    report = _verify(_ofd(licence))
    assert report.verdict is Verdict.PROVEN, report
    assert report.licence is not None
    assert report.licence.licence is not None
    assert report.licence.licence.id == licence.pk
    assert report.licence.discloses
    (signature,) = report.signatures
    assert [finding.step for finding in signature.findings] == [
        Step.SEAL_MAKER, Step.SEAL_VALIDITY, Step.SEAL_STANDING, Step.SIGNER_LISTED,
        Step.SIGNER_VALID, Step.SIGNATURE_VALUE, Step.DATA_HASH, Step.PARTS, Step.COVERAGE,
        Step.TIMESTAMP,
    ]  # fmt: skip
    assert all(finding.outcome is Outcome.PROVEN for finding in report.all_findings)
    assert all(line.text and "%(" not in line.text for line in in_words(report).signatures[0].lines)


def test_a_revoked_licences_file_is_genuine_but_not_valid() -> None:
    licence = make_licence()
    content = _ofd(licence)
    services.revoke_licence(licence_id=licence.pk, ground="69", actor=SYSTEM, at=clock.now())
    assert _verify(content).verdict is Verdict.NOT_VALID


def test_a_byte_changed_in_the_archive_itself_is_told_by_its_part() -> None:
    """A packed part that no longer fits its check sum opens in no reader: it is named."""
    content = _signed_once()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
    for path in ("Doc_0/Document.xml", "Doc_0/Signs/Sign_0/SignedValue.dat"):
        entry = entries[path]
        place = entry.header_offset + 30 + len(path) + entry.compress_size // 2
        broken = content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]
        with pytest.raises(DocumentDamaged) as refused:
            _verify(broken)
        assert path in refused.value.text
        answer = Client().post(
            "/api/v1/licences/verify", {"file": SimpleUploadedFile("a.ofd", broken)}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "licences.document_damaged")
        assert path in answer.json()["detail"]
        page = Client().post("/verify/file/", {"file": SimpleUploadedFile("a.ofd", broken)})
        assert path in page.content.decode()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_changed_byte_anywhere_is_found_and_named(data: st.DataObject) -> None:
    content = _signed_once()
    parts = ofd.open_package(content)
    path = data.draw(st.sampled_from(sorted(parts)))
    old = parts[path]
    place = data.draw(st.integers(0, len(old) - 1))
    new = bytes([old[place] ^ data.draw(st.integers(1, 255))])
    try:
        report = _verify(_changed(content, path, old[:place] + new + old[place + 1 :]))
    except DocumentUnreadable:
        return  # so broken that it is no document any more
    failed = [f for f in report.all_findings if f.outcome is Outcome.FAILED]
    assert failed, (path, place)
    assert report.verdict is Verdict.FAILED
    if "/Signs/Sign_0/" not in path:
        named = [f for f in failed if f.step in (Step.PARTS, Step.SIGNED)]
        if named[0].step is Step.PARTS:
            assert path in named[0].names
            assert path in in_words(report).wrong[0].text
        else:  # the way to the signatures was cut; what is left of them is named
            assert path in ("OFD.xml", "Doc_0/Signs/Signatures.xml")
            assert FOLDER + "SignedValue.dat" in named[0].names
    else:
        assert {f.step for f in failed} & {
            Step.SEAL_MAKER, Step.SIGNER_LISTED, Step.SIGNER_VALID, Step.SIGNATURE_VALUE,
            Step.DATA_HASH, Step.PARTS, Step.COVERAGE, Step.TIMESTAMP, Step.SEAL_STANDING,
        }  # fmt: skip


_kept: dict[str, bytes] = {}


def _signed_once() -> bytes:
    """One sealed document for all examples: the rows it needs live as long as the test does."""
    if "content" not in _kept or not Seal.objects.exists():
        _kept["content"] = _sealed()
    return _kept["content"]


def test_every_part_is_named_in_words() -> None:
    assert part_words("Doc_0/Pages/Page_2/Content.xml").endswith(
        "（Doc_0/Pages/Page_2/Content.xml）"
    )
    assert "3" in part_words("Doc_0/Pages/Page_2/Content.xml").partition("（")[0]
    assert part_words("odd.bin") == "odd.bin"


def test_added_removed_and_swapped_parts_are_found() -> None:
    content = _sealed()
    added = _failed(_changed(content, "Doc_0/Attachs/extra.txt", b"added"))
    assert added[Step.COVERAGE].names == ("Doc_0/Attachs/extra.txt",)
    beside = _failed(_changed(content, FOLDER + "extra.xml", b"<a/>"))
    assert beside[Step.COVERAGE].names == (FOLDER + "extra.xml",)
    page = next(path for path in ofd.open_package(content) if path.endswith("Content.xml"))
    gone = _failed(_changed(content, page, None))[Step.PARTS]
    assert (gone.reason, gone.names) == ("missing", (page,))


def test_what_the_archive_hides_beside_the_document_is_found() -> None:
    content = _sealed()
    assert _failed(b"PK\x03\x04hidden" + content)[Step.CONTAINER].reason == "hidden_bytes"
    buffer = io.BytesIO(content)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"by nobody"
    assert _failed(buffer.getvalue())[Step.CONTAINER].reason == "comment"
    # The name before the data is not the one in the directory: two readers, two documents.
    place = content.index(b"Doc_0/Document.xml")
    renamed = content[:place] + b"Doc_9" + content[place + 5 :]
    with pytest.raises(DocumentUnreadable):
        _verify(renamed)


def test_signature_parts_are_protected_too() -> None:
    content = _sealed()
    parts = ofd.open_package(content)
    xml = parts[FOLDER + "Signature.xml"]
    moved = xml.replace(b'Boundary="', b'Boundary="1')
    assert set(_failed(_changed(content, FOLDER + "Signature.xml", moved))) == {Step.DATA_HASH}
    value = parts[FOLDER + "SignedValue.dat"]
    renamed = value.replace("测试章".encode(), "真实章".encode())
    found = _failed(_changed(content, FOLDER + "SignedValue.dat", renamed))
    assert {Step.SEAL_MAKER, Step.SEAL_STANDING, Step.SIGNATURE_VALUE} <= set(found)
    broken = _failed(_changed(content, FOLDER + "SignedValue.dat", b"0"))
    assert broken[Step.SIGNATURE_VALUE].reason == "unreadable"
    # Another seal put beside the value that signed: a reader may draw its picture.
    other = ofd.open_package(_sealed())[FOLDER + "Seal.esl"]
    swapped = _failed(_changed(content, FOLDER + "Seal.esl", other))
    assert swapped[Step.SEAL_MAKER].reason == "other_seal"


def _resigned(
    content: bytes, seal: Seal, signer: Seal, at: datetime, timestamp: bytes = b""
) -> bytes:
    parts = ofd.open_package(content)
    value = ses.build_signature(
        seal=bytes(seal.der),
        signed_at=at,
        data_hash=crypto.sm3(parts[FOLDER + "Signature.xml"]),
        property_info="/" + FOLDER + "Signature.xml",
        certificate=bytes(signer.certificate_der),
        sign=lambda data: services.sign_with_seal(signer, data),
        timestamp=(lambda _value: timestamp) if timestamp else None,
    )
    return _changed(content, FOLDER + "SignedValue.dat", value)


def test_a_signer_outside_the_seals_list_and_one_out_of_time_are_refused() -> None:
    one, two = make_licence(), make_licence()
    forged = _resigned(_ofd(one), one.sealed_by, two.sealed_by, clock.now())
    assert set(_failed(forged)) == {Step.SIGNER_LISTED}
    late = clock.now() + timedelta(days=365 * 6)
    found = _failed(_resigned(_ofd(one), one.sealed_by, one.sealed_by, late))
    assert set(found) == {Step.SEAL_VALIDITY, Step.SEAL_STANDING, Step.SIGNER_VALID}
    assert found[Step.SIGNER_VALID].reason == "expired"


@pytest.mark.parametrize("reason", ["key_compromise", "cessation_of_operation", "superseded"])
def test_a_revoked_signers_own_time_proves_nothing_only_a_time_stamp_does(reason: str) -> None:
    licence, now = make_licence(), clock.now()
    content = _ofd(licence)
    unstamped = _resigned(content, licence.sealed_by, licence.sealed_by, now)
    crypto.revoke_certificate(
        certificate_id=licence.sealed_by.certificate_id,
        at=now + timedelta(hours=1),
        reason=reason,
    )
    assert _verify(content).verdict is Verdict.PROVEN
    report = _verify(unstamped)
    found = {f.step: f for f in report.all_findings}
    assert report.verdict is Verdict.NOT_PROVEN
    assert not report.signatures[0].is_whole
    assert found[Step.SIGNER_VALID].at == now + timedelta(hours=1)
    assert found[Step.SIGNER_VALID].reason == "revoked_later"
    assert found[Step.SIGNER_VALID].outcome is Outcome.NOT_PROVEN
    after = _resigned(content, licence.sealed_by, licence.sealed_by, now + timedelta(hours=2))
    assert _failed(after)[Step.SIGNER_VALID].reason == "revoked"


def test_a_time_stamp_of_something_else_is_found() -> None:
    licence, now = make_licence(), clock.now()
    token = crypto.make_timestamp(b"something else", at=now)
    mixed = _resigned(_ofd(licence), licence.sealed_by, licence.sealed_by, now, timestamp=token)
    found = _failed(mixed)
    assert set(found) == {Step.TIMESTAMP}
    assert found[Step.TIMESTAMP].reason == "other_data"


def _bare(content: bytes) -> bytes:
    """A sealed document without its signatures."""
    parts = {p: d for p, d in ofd.open_package(content).items() if "/Signs/" not in p}
    root = parts["OFD.xml"]
    start = root.index(b"<ofd:Signatures>")
    end = root.index(b"</ofd:Signatures>") + len(b"</ofd:Signatures>")
    parts["OFD.xml"] = root[:start] + root[end:]
    return ofd.write_package(parts)


def test_another_seal_over_a_licence_is_not_its_proof() -> None:
    licence, other = make_licence(), make_licence()
    bare = _bare(_ofd(licence))
    assert _verify(bare).verdict is Verdict.UNSIGNED
    for agency_id, reason in (
        (licence.agency_id, "not_its_file"), (other.agency_id, "other_sealer"),
    ):  # fmt: skip
        sealed = services.seal_ofd(
            bare, agency_id=agency_id, purpose="test", actor=SYSTEM, at=clock.now()
        )
        report = _verify(sealed)
        assert report.verdict is Verdict.NOT_PROVEN
        assert report.licence is None
        assert [(f.step, f.reason) for f in report.findings if f.reason] == [(Step.LICENCE, reason)]


def test_an_identifier_put_beside_the_signatures_opens_no_licence() -> None:
    victim = make_licence()
    parts = ofd.open_package(_sealed(victim.agency_id))
    parts[FOLDER + "A.xml"] = f"<a>{victim.identifier}</a>".encode()
    report = _verify(ofd.write_package(parts))
    assert report.verdict is Verdict.FAILED
    assert report.licence is None


def test_several_seals_one_after_another_and_the_last_closes() -> None:
    first, second = make_agency("甲单位"), make_agency("乙单位")
    content = _sealed(first, closing=False)
    report = _verify(content)
    assert report.verdict is Verdict.PROVEN
    assert report.signatures[0].findings[-2].reason == "open"
    both = services.seal_ofd(
        content, agency_id=second, purpose="test", actor=SYSTEM, at=clock.now()
    )
    report = _verify(both)
    assert report.verdict is Verdict.PROVEN, report.all_findings
    assert [item.seal_name for item in report.signatures] == [
        "甲单位（测试章）",
        "乙单位（测试章）",
    ]
    with pytest.raises(DocumentClosed):
        services.seal_ofd(both, agency_id=first, purpose="test", actor=SYSTEM, at=clock.now())
    # The first signature cannot be taken off again, nor its parts changed.
    parts = ofd.open_package(both)
    listed = parts["Doc_0/Signs/Signatures.xml"]
    start = listed.index(b"<ofd:Signature ")
    end = listed.index(b"/>", start) + 2
    found = _failed(_changed(both, "Doc_0/Signs/Signatures.xml", listed[:start] + listed[end:]))
    assert found[Step.PARTS].names == ("Doc_0/Signs/Signatures.xml",)
    value = parts[FOLDER + "SignedValue.dat"]
    assert Step.PARTS in _failed(_changed(both, FOLDER + "SignedValue.dat", value[:-1] + b"\x00"))


def test_a_seal_stands_where_the_document_keeps_room_and_across_the_pages() -> None:
    content = _sealed(pages=3, straddles=True)
    xml = ofd.open_package(content)[FOLDER + "Signature.xml"].decode()
    kept = ofd.place_of(make_ofd(pages=3), width_mm=42, height_mm=42)
    assert f'Boundary="{kept.x_mm:.2f} {kept.y_mm:.2f} 42.00 42.00"' in xml
    assert xml.count("Clip=") == 3
    assert 'Boundary="196.00 127.50 42.00 42.00" Clip="0.00 0.00 14.00 42.00"' in xml
    assert 'Boundary="168.00 127.50 42.00 42.00" Clip="28.00 0.00 14.00 42.00"' in xml
    assert _verify(content).signatures[0].pages == (1, 2, 3)
    placed = _sealed(pages=2, places=[SealPlace(page=2, x_mm=20, y_mm=30)])
    assert _verify(placed).signatures[0].pages == (2,)
    for page, x in ((3, 20.0), (1, 209.0), (1, -40.0)):
        with pytest.raises(SealPlaceUnknown):
            _sealed(pages=2, places=[SealPlace(page=page, x_mm=x, y_mm=30)])
    with pytest.raises(SealPlaceUnknown):
        _sealed(pages=1, straddles=True)


def test_many_pages_take_several_seals_across_their_edges() -> None:
    stamps = ofd.straddling_stamps(make_ofd(pages=23), width_mm=42, height_mm=42)
    assert len(stamps) == 23
    assert sum(1 for stamp in stamps if stamp.clip is not None and stamp.clip[0] == 0) == 2
    assert all(stamp.clip is not None and stamp.clip[2] >= 2 for stamp in stamps)


def test_a_pdf_is_our_file_to_the_last_byte_or_is_said_to_differ() -> None:
    licence = make_licence()
    content, media_type = services.face_bytes(licence.pk, "pdf", at=clock.now())
    assert media_type == "application/pdf"
    report = _verify(content)
    assert report.verdict is Verdict.PROVEN
    assert report.licence is not None
    changed = _verify(content[:-1] + b" ")
    assert changed.verdict is Verdict.FAILED
    assert changed.licence is None


def _zip(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("_xml", ".xml"), data)
    return buffer.getvalue()


def _twice() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("OFD.xml", b"<a/>")
        archive.writestr("OFD.xml", b"<b/>")
    return buffer.getvalue()


def _lying_size() -> bytes:
    """A bomb whose directory says that it is small."""
    content = bytearray(_zip(OFD_xml=b"0" * 30_000_000))
    place = content.rindex(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<L", 10)
    return bytes(content)


@cache
def _xxe() -> bytes:
    return b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"


_LAUGHS = b"<!DOCTYPE a [<!ENTITY a 'ha'>" + b"".join(
    b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10 if n > 1 else b"&a;" * 10)
    for n in range(1, 12)
)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "make",
    [
        lambda: b"",
        lambda: b"hello",
        lambda: b"PK\x03\x04rubbish",
        lambda: _zip(a=b"x"),
        lambda: _zip(OFD_xml=b"<not"),
        lambda: _zip(OFD_xml=_xxe()),
        lambda: _zip(OFD_xml=b"<?xml version='1.0'?>" + _LAUGHS + b"]><a>&a11;</a>"),
        lambda: _zip(OFD_xml=b"0" * 201_000_000),
        _lying_size,
        _twice,
        lambda: _zip(**{"../../etc/cron.d/x": b"x", "OFD_xml": b"<a/>"}),
        lambda: _zip(OFD_xml=b"<a>" * 100_000),
        lambda: b"PK\x03\x04" + b"0" * 20_000_001,
    ],
    ids=["empty", "text", "broken zip", "no OFD.xml", "broken xml", "xxe", "laughs", "bomb",
         "lying bomb", "twice", "traversal", "deep", "huge"],
)  # fmt: skip
def test_what_is_hostile_or_no_document_is_refused(make: object) -> None:
    with pytest.raises(DocumentUnreadable):
        _verify(make())  # type: ignore[operator]


@settings(max_examples=25, deadline=None)
@given(noise=st.binary(max_size=400), cut=st.integers(0, 3000))
def test_broken_signature_values_are_answers_not_crashes(noise: bytes, cut: int) -> None:
    content = _signed_once()
    value = ofd.open_package(content)[FOLDER + "SignedValue.dat"]
    broken = value[:cut] + noise + value[cut + len(noise) :]
    if broken != value:
        assert _verify(_changed(content, FOLDER + "SignedValue.dat", broken)).verdict in {
            Verdict.FAILED
        }


def test_a_file_too_large_is_told_its_limit(client: Client) -> None:
    def large() -> SimpleUploadedFile:
        return SimpleUploadedFile("a.ofd", b"\0" * (FILE_MAX_BYTES + 1))

    page = client.post("/verify/file/", {"file": large()})
    answer = client.post("/api/v1/licences/verify", {"file": large()})
    limit = f"{FILE_MAX_BYTES // 1_000_000} MB"
    assert page.status_code == answer.status_code == 422
    assert limit in page.content.decode()
    assert answer.json()["code"] == "licences.document_too_large"
    assert limit in answer.json()["detail"]


def test_an_empty_file_is_told_so(client: Client) -> None:
    page = client.post("/verify/file/", {"file": SimpleUploadedFile("a.ofd", b"")})
    answer = client.post("/api/v1/licences/verify", {"file": SimpleUploadedFile("a.ofd", b"")})
    assert page.status_code == answer.status_code == 422
    assert page.context["file_form"].errors.as_data()["file"][0].code == "empty"
    assert answer.json()["code"] == "licences.document_empty"
