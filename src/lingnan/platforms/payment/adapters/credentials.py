"""What a channel agreed with us: numbers, keys and certificates, one folder for each channel.

`LINGNAN_CHANNELS` names the folder of folders; docs/reference/channels.md says what lies in each.
Outside production a channel without a folder gets test keys, made once for both sides, so that the
simulator speaks the real protocol with real signatures.
"""

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from lingnan.security.crypto import services as crypto

SETTINGS = "channel.json"
TERM = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Credentials:
    """One channel's folder, its settings read."""

    path: Path
    values: dict[str, Any]

    def text(self, name: str) -> str:
        """A setting that must be there. Raises: KeyError."""
        return str(self.values[name])

    def key(self, name: str) -> rsa.RSAPrivateKey:
        """A private key in PEM without password. Raises: TypeError unless it is RSA."""
        found = _private_key(self.path / name)
        if not isinstance(found, rsa.RSAPrivateKey):
            raise TypeError(f"{name} is not an RSA key")
        return found

    def certificate(self, name: str) -> x509.Certificate:
        return _certificate(self.path / name)

    def public_key(self, name: str) -> rsa.RSAPublicKey:
        """The public key of a PEM certificate, or a PEM public key."""
        content = (self.path / name).read_bytes()
        if b"CERTIFICATE" in content:
            found = _certificate(self.path / name).public_key()
        else:
            found = _public_key(self.path / name)
        if not isinstance(found, rsa.RSAPublicKey):
            raise TypeError(f"{name} is not an RSA key")
        return found


@lru_cache(maxsize=32)
def _private_key(path: Path) -> object:
    return serialization.load_pem_private_key(path.read_bytes(), password=None)


@lru_cache(maxsize=32)
def _public_key(path: Path) -> Any:
    return serialization.load_pem_public_key(path.read_bytes())


@lru_cache(maxsize=32)
def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def exists(root: Path, code: str) -> bool:
    """Whether the channel was set up here."""
    return (root / code / SETTINGS).is_file()


@lru_cache(maxsize=16)
def load(root: Path, code: str) -> Credentials:
    """The folder of a channel. Raises: FileNotFoundError when it was not set up."""
    path = root / code
    return Credentials(path, json.loads((path / SETTINGS).read_text()))


def make_test_credentials(root: Path, code: str) -> None:
    """Keys of both sides for a channel, once; who comes second keeps what is there."""
    if exists(root, code):
        return
    root.mkdir(parents=True, exist_ok=True)
    fresh = root / f".{code}-{os.getpid()}-{secrets.token_hex(4)}"
    fresh.mkdir(mode=0o700)
    _MAKERS[code](fresh)
    try:
        fresh.rename(root / code)
    except OSError:
        shutil.rmtree(fresh)


def serial_of(certificate: x509.Certificate) -> str:
    """The serial number as channels write it: hexadecimal, capitals."""
    return f"{certificate.serial_number:X}"


def _make_wechat(path: Path) -> None:
    merchant = _write_pair(path, "merchant", "岭南测试商户")
    platform = _write_pair(path, "platform", "岭南模拟微信支付")
    _write_settings(
        path,
        url="",
        mchid="1900000109",
        appid="wx0000000000000001",
        app_secret=secrets.token_hex(16),
        merchant_serial=serial_of(merchant),
        platform_serial=serial_of(platform),
        api_v3_key=secrets.token_hex(16),
    )


def _make_alipay(path: Path) -> None:
    for name in ("app", "alipay"):
        key = _write_key(path, name)
        (path / f"{name}_public.pem").write_bytes(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
    _write_settings(path, url="", app_id="2021000000000001", seller_id="2088000000000001")


def _make_unionpay(path: Path) -> None:
    root_key = _write_key(path, "root")
    root = _issue(root_key, "岭南模拟根证书", None, None)
    (path / "root.crt").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    _write_pair(path, "gateway", "00000000:中国银联股份有限公司（测试）", root_key, root)
    merchant = _write_pair(path, "merchant", "岭南测试商户", root_key, root)
    _write_settings(path, url="", mer_id="777290058110048", cert_id=str(merchant.serial_number))


def _make_bank(path: Path) -> None:
    now = datetime.now(UTC)
    for number, name in enumerate(("own-1", "bank-1")):
        key = crypto.make_file_key()
        file = path / f"{name}.key"
        file.touch(mode=0o600)
        file.write_bytes(key.to_pem())
        (path / f"{name}.crt").write_bytes(
            key.certificate(
                common_name=("岭南测试平台", "岭南模拟银行（测试）")[number],
                serial_number=x509.random_serial_number(),
                not_before=now - timedelta(days=1),
                not_after=now + TERM,
            )
        )
    _write_settings(path, own=["own-1"], bank=["bank-1"])


_MAKERS = {
    "bank": _make_bank,
    "wechat": _make_wechat,
    "alipay": _make_alipay,
    "unionpay": _make_unionpay,
}


def _write_settings(path: Path, **values: str | list[str]) -> None:
    (path / SETTINGS).write_text(json.dumps(values, indent=1, ensure_ascii=False))


def _write_key(path: Path, name: str) -> rsa.RSAPrivateKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = path / f"{name}.key"
    file.touch(mode=0o600)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return key


def _write_pair(
    path: Path,
    name: str,
    subject: str,
    issuer_key: rsa.RSAPrivateKey | None = None,
    issuer: x509.Certificate | None = None,
) -> x509.Certificate:
    key = _write_key(path, name)
    certificate = _issue(key, subject, issuer_key, issuer)
    (path / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate


def _issue(
    key: rsa.RSAPrivateKey,
    subject: str,
    issuer_key: rsa.RSAPrivateKey | None,
    issuer: x509.Certificate | None,
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer is not None else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + TERM)
        .sign(issuer_key or key, hashes.SHA256())
    )
