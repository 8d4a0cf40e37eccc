"""One signature over one challenge, judged: by whose certificate, and is that still good.

Source: GB/T 32918.2-2016 with the user identity of GM/T 0009-2012 (1234567812345678), SM3.
"""

import base64
import binascii
import secrets
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from lingnan.kernel import clock
from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.errors import CertificateUnreadable
from lingnan.security.crypto.types import HolderFacts

from ..adapters.base import Answer, Field
from ..errors import CertificateRefused
from ..models import Account, HolderCertificate
from ..queries.keys import live_certificates
from ..queries.people import person as person_of
from ..queries.rules import rule
from ..sealing import CERTIFICATE, seal, unseal

KIND = "sm2_certificate"
CERTIFICATE_MAX = 20_000
DER_SEQUENCE, RAW_BYTES = b"\x30", 64
COMMAND = (
    "openssl pkeyutl -sign -rawin -digest sm3 -pkeyopt distid:1234567812345678"
    " -inkey key.pem -in challenge.txt -out signature.bin"
)


def is_offered() -> bool:
    """Whether this installation trusts any authority."""
    return not crypto.read_trust(settings.LINGNAN.trust_dir).is_empty


def new_challenge(attempt_id: UUID, at: datetime) -> str:
    """One line that names this site and this attempt, so that it signs nothing else."""
    site = urlsplit(settings.LINGNAN.public_url).netloc
    return f"lingnan sign-in {site} {attempt_id} {at:%Y-%m-%dT%H:%M:%SZ} {secrets.token_hex(32)}"


def shown_of(challenge: str) -> dict[str, object]:
    """What page and API show of a challenge: the text, and how to sign it."""
    return {"challenge": challenge, "command": COMMAND}


def read_holder(certificate: bytes) -> HolderFacts:
    """Raises: CertificateRefused (422)."""
    try:
        return crypto.holder_of(certificate)
    except CertificateUnreadable as broken:
        raise CertificateRefused(reason="certificate_malformed") from broken


def check_holder(account: Account, held: HolderFacts, at: datetime) -> None:
    """The certificate is of an authority we trust, in force, not revoked, and of this person.

    Raises: CertificateRefused (422).
    """
    trust = crypto.read_trust(settings.LINGNAN.trust_dir)
    problems = crypto.check_foreign_certificate(held.der, trust=trust, at=at).problems
    if problems:
        raise CertificateRefused(reason=f"certificate_{problems[0]}")
    asked = rule("certificates", on=clock.local_date(at)).parameters
    person_id = _person_id(account)
    card = person_of(person_id) if person_id else None
    numbers = {"".join(number.split()).upper() for number in held.numbers}
    by_number = asked["number"] or not asked["name"]  # one of the two always binds
    other_number = card is None or card.document_number.upper() not in numbers
    other_name = card is None or card.name not in held.names
    if (by_number and other_number) or (asked["name"] and other_name):
        raise CertificateRefused(reason="certificate_other_person")


def _person_id(account: Account) -> UUID | None:
    """Who the account belongs to; for an account of work alone whom the record of a post names."""
    if account.person_id is not None:
        return account.person_id
    posts = account.officers.filter(active=True, person__isnull=False).order_by("id")
    return posts.values_list("person_id", flat=True).first()


def signs(held: HolderFacts, challenge: str, signature: bytes) -> bool:
    """Whether the holder signed this challenge; DER, or the 64 bytes some devices give."""
    try:
        der = crypto.der_signature(signature) if len(signature) == RAW_BYTES else signature
        return crypto.verify(challenge.encode(), der, public_point=held.public_point)
    except (ValueError, TypeError):
        return False


def use_certificate(
    account: Account, challenge: str, signature: bytes, at: datetime
) -> HolderCertificate:
    """The bound certificate whose key signed. Raises: CertificateRefused (422)."""
    for row in live_certificates(account.pk):
        held = read_holder(der_of(row))
        if signs(held, challenge, signature):
            check_holder(account, held, at)
            live = HolderCertificate.objects.filter(pk=row.pk, removed_at=None)
            if not live.update(last_used_at=at):
                break
            return row
    raise CertificateRefused(reason="signature")


def seal_der(der: bytes) -> str:
    return seal(base64.b64encode(der).decode(), purpose=CERTIFICATE)


def der_of(row: HolderCertificate) -> bytes:
    return base64.b64decode(unseal(row.der_sealed, purpose=CERTIFICATE))


def signature_fields() -> tuple[Field, ...]:
    """What is answered: a file, or its content in base64."""
    return (
        Field(
            name="signature_file",
            label=_("The file signature.bin"),
            kind="file",
            required=False,
        ),
        Field(
            name="signature",
            label=_("Or the signature in base64"),
            kind="long",
            required=False,
        ),
    )


def signature_from(answer: Answer) -> bytes:
    """What came back: the file where there is one, else the text. Empty where it is neither."""
    given = answer.files.get("signature_file", b"")
    text = answer.values.get("signature", "")
    if given[:1] == DER_SEQUENCE or len(given) == RAW_BYTES:
        return given
    text = text or given.decode("ascii", errors="replace")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
