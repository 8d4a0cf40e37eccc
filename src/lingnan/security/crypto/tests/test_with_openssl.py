"""Both ways with the `openssl` program: what one signs, the other verifies."""

import shutil
import subprocess
from pathlib import Path

import pytest

from lingnan.kernel import clock

from .. import services, x509
from ..adapters.registry import provider
from ..models import Certificate

_ID = "distid:1234567812345678"


def _openssl(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["openssl", *arguments], capture_output=True, check=False, timeout=60)


@pytest.fixture(autouse=True)
def _needs_sm2() -> None:
    if shutil.which("openssl") is None:
        pytest.skip("the openssl program is not installed")
    if b"SM2" not in _openssl("list", "-public-key-algorithms").stdout:
        pytest.skip("the openssl program on this machine has no SM2")


def test_openssl_verifies_our_signature(tmp_path: Path) -> None:
    handle, point = provider().sm2_generate()
    message = "证照".encode()
    (tmp_path / "m").write_bytes(message)
    (tmp_path / "s").write_bytes(provider().sm2_sign(handle, message))
    (tmp_path / "p.pem").write_bytes(x509.public_key_pem(point))
    command = ["dgst", "-sm3", "-sigopt", _ID, "-verify", str(tmp_path / "p.pem")]
    command += ["-signature", str(tmp_path / "s")]
    assert b"Verified OK" in _openssl(*command, str(tmp_path / "m")).stdout
    (tmp_path / "m").write_bytes(message + b" ")
    assert b"Verified OK" not in _openssl(*command, str(tmp_path / "m")).stdout


def test_we_verify_a_signature_of_openssl(tmp_path: Path) -> None:
    key, public = tmp_path / "k.pem", tmp_path / "p.der"
    made = _openssl("genpkey", "-algorithm", "SM2", "-out", str(key))
    assert made.returncode == 0, made.stderr
    _openssl("pkey", "-in", str(key), "-pubout", "-outform", "DER", "-out", str(public))
    (tmp_path / "m").write_bytes(b"from the other side")
    signed = _openssl(
        "pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-pkeyopt", _ID,
        "-inkey", str(key), "-in", str(tmp_path / "m"), "-out", str(tmp_path / "s"),
    )  # fmt: skip
    assert signed.returncode == 0, signed.stderr
    point = public.read_bytes()[-65:]
    signature = (tmp_path / "s").read_bytes()
    assert services.verify(b"from the other side", signature, public_point=point)
    assert not services.verify(b"from the other Side", signature, public_point=point)


def test_openssl_agrees_on_sm3_and_sm4(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"x" * 1000)
    digest = _openssl("dgst", "-sm3", "-r", str(tmp_path / "m")).stdout.split()[0].decode()
    assert digest == provider().sm3(b"x" * 1000).hex()
    key, iv = bytes(range(16)), bytes(range(16, 32))
    _openssl(
        "enc", "-sm4-cbc", "-K", key.hex(), "-iv", iv.hex(),
        "-in", str(tmp_path / "m"), "-out", str(tmp_path / "e"),
    )  # fmt: skip
    assert (tmp_path / "e").read_bytes() == provider().sm4_cbc_encrypt(key, iv, b"x" * 1000)


@pytest.mark.django_db
def test_openssl_verifies_our_certificate_chain(tmp_path: Path) -> None:
    issued = services.issue_certificate(
        common_name="测试印章", organisation="测试机关", purpose="test", at=clock.now()
    )
    for role in (Certificate.Role.ROOT, Certificate.Role.INTERMEDIATE):
        der = bytes(Certificate.objects.get(role=role).der)
        (tmp_path / f"{role.value}.pem").write_bytes(x509.to_pem(der))
    (tmp_path / "leaf.pem").write_bytes(x509.to_pem(issued.der))
    # openssl gives the user id to the certificate asked about only, so we ask link by link.
    for name, above in (
        ("leaf", "intermediate"),
        ("intermediate", "root"),
        ("root", "root"),
    ):
        checked = _openssl(
            "verify", "-vfyopt", _ID, "-x509_strict", "-partial_chain",
            "-trusted", str(tmp_path / f"{above}.pem"), str(tmp_path / f"{name}.pem"),
        )  # fmt: skip
        assert checked.returncode == 0, checked.stdout + checked.stderr
