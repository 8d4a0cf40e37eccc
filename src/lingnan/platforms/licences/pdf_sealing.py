"""Two signatures on a PDF, as on every paper of an agency: the national one of its seal, and over
it one that the rest of the world reads. Stands below the services, for whoever seals a paper.

Source: GM/T 0010-2012; ETSI EN 319 142-1 (PAdES B-T).
"""

from datetime import datetime

from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies.types import AgencyCard

from .models import Seal
from .pdf import sign_pdf


def sign_twice(
    content: bytes, *, seal: Seal, agency: AgencyCard, reason: str, at: datetime
) -> bytes:
    """The PDF with both signatures, each with a time stamp over it.

    `reason` is signed with it; only a face of a licence names an identifier there. The seal may be
    used: the caller has checked that, and logs the use.
    """
    der = bytes(seal.certificate_der)
    signed = sign_pdf(
        content,
        kind="sm2",
        chain=[der, *crypto.issuers_of(der)],
        name=seal.name,
        reason=reason,
        at=at,
        sign=lambda data: crypto.sign(data, key_id=seal.key_id),
        timestamp=lambda value: crypto.make_timestamp(value, at=at),
    )
    world = crypto.ensure_p256_certificate(
        purpose=f"licences.pdf:{agency.uscc}",
        common_name=f"{agency.name}（测试）",
        organisation=agency.name,
        at=at,
    )
    return sign_pdf(
        signed,
        kind="pades",
        chain=[world.der],
        name=agency.name,
        reason=reason,
        at=at,
        sign=lambda data: crypto.sign_p256(data, key_id=world.key_id),
        timestamp=lambda value: crypto.make_timestamp(value, at=at, kind="es256"),
    )
