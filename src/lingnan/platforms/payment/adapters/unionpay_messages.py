"""The wire format of UnionPay's gateway, version 5.1.0, shared by the adapter and the simulator.

A message is a form. Its signature is RSA-SHA256 over the hexadecimal SHA-256 of the other fields
sorted by name and joined as a=b&c=d; the other side's certificate comes along in
`signPubKeyCert` and is believed only when the root we know issued it to UnionPay.
Source: https://open.unionpay.com/tjweb/acproduct/APIList?acpAPIId=794&apiservId=468 and the SDK of
https://open.unionpay.com; docs/reference/channels.md.
"""

import base64
import hashlib
import zlib
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import unquote_plus

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from . import rsa_signatures

UNIONPAY = "中国银联股份有限公司"


def digest(fields: Mapping[str, str]) -> bytes:
    """What a signature is over."""
    kept = sorted((name, value) for name, value in fields.items() if name != "signature" and value)
    text = "&".join(f"{name}={value}" for name, value in kept)
    return hashlib.sha256(text.encode()).hexdigest().encode()


def sign(key: rsa.RSAPrivateKey, fields: Mapping[str, str]) -> dict[str, str]:
    """The fields with their signature."""
    return {**fields, "signature": rsa_signatures.sign(key, digest(fields))}


def holds(root: x509.Certificate, fields: Mapping[str, str], *, at: datetime) -> bool:
    """Whether a message is UnionPay's: its certificate is, and its signature fits."""
    try:
        certificate = x509.load_pem_x509_certificate(fields["signPubKeyCert"].encode())
    except (KeyError, ValueError):
        return False
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        return False
    try:
        certificate.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        return False
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if not names or UNIONPAY not in str(names[0].value):
        return False
    key = certificate.public_key()
    return isinstance(key, rsa.RSAPublicKey) and rsa_signatures.holds(
        key, digest(fields), fields.get("signature", "")
    )


def decode(text: str) -> dict[str, str]:
    """The fields of an answer: values are not escaped, and may hold = and braces with &.

    Raises: ValueError for a field given twice.
    """
    fields: dict[str, str] = {}
    depth, start = 0, 0
    parts = []
    for place, character in enumerate(text):
        if character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
        elif character == "&" and depth <= 0:
            parts.append(text[start:place])
            start = place + 1
    parts.append(text[start:])
    for part in parts:
        name, _, value = part.partition("=")
        if name in fields:
            raise ValueError("a field is given twice")
        fields[name] = value
    return fields


def encode(fields: Mapping[str, str]) -> bytes:
    """The text `decode` reads."""
    return "&".join(f"{name}={value}" for name, value in fields.items()).encode()


def decode_form(body: bytes) -> dict[str, str]:
    """The fields of a notice: a form, escaped as browsers do. Raises: ValueError."""
    fields: dict[str, str] = {}
    for part in body.decode().split("&"):
        name, _, value = part.partition("=")
        name = unquote_plus(name)
        if not name or name in fields:
            raise ValueError("a field is empty or given twice")
        fields[name] = unquote_plus(value)
    return fields


def pack(content: bytes) -> str:
    """A file as it stands in `fileContent`."""
    return base64.b64encode(zlib.compress(content)).decode()


def unpack(text: str, *, limit: int) -> bytes:
    """Undo `pack`. Raises: ValueError, zlib.error; ValueError above the limit."""
    opener = zlib.decompressobj()
    content = opener.decompress(base64.b64decode(text, validate=True), limit)
    if opener.unconsumed_tail:
        raise ValueError("the file is too large")
    return content
