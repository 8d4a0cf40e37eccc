"""Prove a licence without us: its payload, signature and certificate, and the commands for openssl.

Source: GB/T 32918.2-2016; the user id is the default one, which openssl must be told.
"""

from dataclasses import dataclass

from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.types import SM2_DEFAULT_ID

from . import payload
from .errors import ProofFileUnknown
from .models import Licence

FILES: dict[str, tuple[str, str]] = {
    "payload": ("payload.json", "application/json"),
    "signature": ("signature.der", "application/octet-stream"),
    "certificate": ("certificate.pem", "application/x-pem-file"),
    "chain": ("chain.pem", "application/x-pem-file"),
}
_ID = SM2_DEFAULT_ID.decode()
COMMANDS = (
    "openssl x509 -in certificate.pem -pubkey -noout -out signer.pem",
    f"openssl dgst -sm3 -sigopt distid:{_ID} -verify signer.pem"
    " -signature signature.der payload.json",
    f"openssl verify -vfyopt distid:{_ID} -partial_chain -trusted chain.pem certificate.pem",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFile:
    """One file of the proof."""

    name: str
    media_type: str
    content: bytes


def proof_file(licence: Licence, part: str) -> ProofFile:
    """One of the four files `COMMANDS` need; save them under their names.

    Raises: ProofFileUnknown (404).
    """
    if part not in FILES:
        raise ProofFileUnknown
    certificate = bytes(licence.sealed_by.certificate_der)
    if part == "payload":
        content = payload.payload_bytes(licence)
    elif part == "signature":
        content = bytes(licence.signature)
    elif part == "certificate":
        content = crypto.to_pem(certificate)
    else:
        content = b"".join(crypto.to_pem(der) for der in crypto.issuers_of(certificate))
    name, media_type = FILES[part]
    return ProofFile(name=name, media_type=media_type, content=content)
