"""What may be uploaded: judged by content, each refusal by name."""

import io
import zipfile
import zlib

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lingnan.kernel.errors import Refusal

from ..errors import (
    ActiveContent,
    NameMismatch,
    TypeNotAllowed,
    UploadDamaged,
    UploadEmpty,
    UploadEncrypted,
    UploadExpands,
    UploadTooLarge,
)
from ..services import check_upload, render
from ..testing import png
from ..types import DOCX, OFD, PDF, PNG
from ..uploads import clean_name
from .facts import NOTICE


def pdf(body: bytes = b"", trailer: bytes = b"") -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
        + body
        + b"\ntrailer\n<< /Root 1 0 R "
        + trailer
        + b">>\nstartxref\n9\n%%EOF\n"
    )


def object_stream(text: bytes, head: bytes = b"/Filter /FlateDecode") -> bytes:
    data = zlib.compress(text) if b"Flate" in head else text
    return (
        b"5 0 obj\n<< /Type /ObjStm /N 1 /First 4 "
        + head
        + b" /Length %d >>\nstream\n" % len(data)
        + data
        + b"\nendstream\nendobj\n"
    )


def archive(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name.replace("__", "/"), content)
    return made.getvalue()


WORD = {"[Content_Types].xml": b"<x/>", "word__document.xml": b"<x/>"}


def test_our_own_papers_pass_and_get_their_real_type() -> None:
    made = render("notice", NOTICE)
    assert check_upload(made["pdf"], name="通知.PDF").media_type == PDF
    assert check_upload(made["ofd"], name="通知.ofd").media_type == OFD
    assert check_upload(png(), name="photo").name == "photo.png"
    assert check_upload(archive(**WORD), name="a.docx", allowed=(DOCX,)).media_type == DOCX


@pytest.mark.parametrize(
    ("content", "name", "refusal"),
    [
        (b"", "a.pdf", UploadEmpty),
        (b"MZ\x90\x00" + b"\x00" * 300, "a.exe", TypeNotAllowed),
        (b"<html><script>alert(1)</script>", "a.pdf", TypeNotAllowed),
        (archive(**WORD), "a.docx", TypeNotAllowed),
        (png(), "a.pdf", NameMismatch),
        (pdf(), "a.png", NameMismatch),
        (pdf()[:-40], "a.pdf", UploadDamaged),
        (png()[:50], "a.png", UploadDamaged),
        (pdf(b"2 0 obj << /S /JavaScript /JS (x) >> endobj"), "a.pdf", ActiveContent),
        (pdf(b"2 0 obj << /S /J#61vaScript /JS (x) >> endobj"), "a.pdf", ActiveContent),
        (pdf(b"2 0 obj << /S /Launch /F (calc) >> endobj"), "a.pdf", ActiveContent),
        (pdf(b"2 0 obj << /EmbeddedFiles 3 0 R >> endobj"), "a.pdf", ActiveContent),
        (pdf(object_stream(b"2 0 << /S /JavaScript >>")), "a.pdf", ActiveContent),
        (
            pdf(object_stream(b"2 0 << /S /JavaScript >>", b"/Filter /LZWDecode")),
            "a.pdf",
            ActiveContent,
        ),
        (pdf(object_stream(b"\x80\x0b", b"/Filter /LZWDecode")), "a.pdf", UploadDamaged),
        (pdf(trailer=b"/Encrypt 7 0 R "), "a.pdf", UploadEncrypted),
        (pdf(object_stream(b"0" * 250_000_000)), "a.pdf", UploadExpands),
        (b"\x00" * (settings.LINGNAN.upload_max_bytes + 1), "a.pdf", UploadTooLarge),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_each_refusal(content: bytes, name: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as told:
        check_upload(content, name=name)
    assert told.value.facts["name"]


def test_a_page_that_only_speaks_of_javascript_in_its_text_passes() -> None:
    body = zlib.compress(b"BT (/JavaScript ) Tj ET")
    stream = b"4 0 obj << /Filter /FlateDecode >>\nstream\n" + body + b"\nendstream endobj"
    assert check_upload(pdf(stream), name="a.pdf").media_type == PDF


def test_a_bomb_a_macro_and_a_huge_picture_are_refused() -> None:
    with pytest.raises(UploadExpands):
        check_upload(archive(**{"OFD.xml": b"0" * 60_000_000}), name="a.ofd")
    with pytest.raises(ActiveContent):
        check_upload(
            archive(**WORD, word__vbaProject_bin=b"", **{"word__vbaProject.bin": b"x"}),
            name="a.docx",
            allowed=(DOCX,),
        )
    made = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(made, "PNG")
    with pytest.raises(UploadExpands):
        check_upload(made.getvalue(), name="a.png")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_that_does_not_unpack_is_damaged_however_it_was_packed(method: int) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as packed:
        packed.writestr("OFD.xml", bytes(range(256)) * 20)
        start = packed.infolist()[0].header_offset + 37
    broken = bytearray(made.getvalue())
    broken[start + 8 : start + 60] = b"\x55" * 52
    with pytest.raises(UploadDamaged):
        check_upload(bytes(broken), name="a.ofd")


@given(st.text(max_size=300))
def test_a_cleaned_name_is_safe_whatever_it_was(name: str) -> None:
    cleaned = clean_name(name)
    assert 0 < len(cleaned) <= 120
    assert not set(cleaned) & set('/\\<>:"|?*\x00\n\r\u202e')
    assert not cleaned.startswith(".")


@given(st.binary(max_size=400))
def test_no_content_crashes_the_check(content: bytes) -> None:
    for head in (b"", b"%PDF-1.7\n", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n"):
        try:
            assert check_upload(head + content, name="a").media_type in {PDF, OFD, PNG}
        except Refusal as refusal:
            assert refusal.code.startswith("documents.upload") or refusal.code in {
                "documents.type_not_allowed",
                "documents.active_content",
            }
