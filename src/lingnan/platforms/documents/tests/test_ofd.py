"""Reading OFD of other makers, and refusing what is not one. Source: GB/T 33190-2016."""

import io
import zipfile

import pytest

from lingnan.kernel.testing import shared_data

from ..errors import OfdInvalid
from ..ofd.package import OFD_NAMESPACE, OfdPackage
from ..services import read_ofd, render
from .facts import LICENCE

ROOT = (
    f'<ofd:OFD xmlns:ofd="{OFD_NAMESPACE}"><ofd:DocBody><ofd:DocRoot>%s</ofd:DocRoot>'
    "</ofd:DocBody></ofd:OFD>"
)


def packed(**parts: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "pages", "words", "signatures"),
    [
        ("helloworld.ofd", 1, "你好呀，OFD Reader&Writer！", 0),
        ("n.ofd", 2, "路卫发〔2011〕76号", 1),
        ("1.ofd", 1, "纳税人识别号", 1),
        ("999.ofd", 5, "重庆增值税电子普通发票", 1),
        ("发票示例.ofd", 1, "重庆增值税电子普通发票", 1),
        ("v4signed.ofd", 1, "科游迈利有限公司", 1),
        ("V4RideRight.ofd", 5, "", 1),
    ],
)
def test_reads_files_of_other_makers(name: str, pages: int, words: str, signatures: int) -> None:
    document = read_ofd(shared_data(f"conformance/ofd/{name}").read_bytes())
    assert (len(document.pages), len(document.signatures)) == (pages, signatures)
    assert words in document.text
    for signature in document.signatures:
        assert signature.references


def test_every_part_of_a_signature_is_in_the_package() -> None:
    package = OfdPackage.open(shared_data("conformance/ofd/n.ofd").read_bytes())
    (signature,) = read_ofd(package).signatures
    assert all(path in package for path, _value in signature.references)
    assert signature.signed_value_path
    assert signature.signed_value_path in package
    assert signature.seal_path
    assert signature.seal_path in package


def test_parts_can_be_added_and_come_back() -> None:
    package = OfdPackage.open(render("licence", LICENCE, formats=("ofd",))["ofd"])
    package.add("/Doc_0/Signs/Sign_0/SignedValue.dat", b"\x30")
    again = OfdPackage.open(package.to_bytes())
    assert again.read("Doc_0/Signs/Sign_0/SignedValue.dat") == b"\x30"
    assert dict(again.parts) == dict(package.parts)
    assert zipfile.ZipFile(io.BytesIO(package.to_bytes())).namelist()[0] == "OFD.xml"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a zip",
        packed(other="x"),
        packed(**{"OFD.xml": "<broken"}),
        packed(**{"OFD.xml": "<x/>"}),
        packed(**{"OFD.xml": ROOT % "Doc_0/Document.xml"}),
        packed(**{"OFD.xml": ROOT % "../../etc/passwd"}),
        packed(**{"OFD.xml": ROOT % "D.xml", "../D.xml": "<x/>"}),
        packed(
            **{
                "OFD.xml": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + ROOT % "&b;",
            }
        ),
        packed(**{"OFD.xml": "x" * 250_000_000}),
    ],
    ids=[
        "empty",
        "no zip",
        "no root",
        "no xml",
        "no body",
        "no document",
        "outside",
        "slip",
        "entity",
        "bomb",
    ],
)
def test_refuses_what_is_not_ofd(content: bytes) -> None:
    with pytest.raises(OfdInvalid):
        read_ofd(content)


def test_a_truncated_file_is_refused_wherever_it_was_cut() -> None:
    whole = render("licence", LICENCE, formats=("ofd",))["ofd"]
    for share in (0.1, 0.5, 0.9, 0.99):
        with pytest.raises(OfdInvalid):
            read_ofd(whole[: int(len(whole) * share)])
