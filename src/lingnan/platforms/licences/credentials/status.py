"""Status lists: every credential's standing today, where verifiers everywhere can read it.

What stands in a place is read from the licence when the list is asked for: nothing has to be set,
so nothing can be forgotten. Places nobody has are valid, as the standard's own lists begin.
Source: draft-ietf-oauth-status-list (Token Status List), 4, 5, 7.
"""

import secrets
import zlib
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel import clock, locks

from ..models import Credential, StatusList
from ..types import Status
from .errors import CredentialUnknown
from .jose import b64, sign_jwt
from .keys import issuer, issuer_certificate, issuer_header
from .types import LIST_SIZE, STATUS_TTL_S

BITS = 2
VALID, INVALID, SUSPENDED = 0x00, 0x01, 0x02
MEDIA_TYPE = "application/statuslist+jwt"


def list_address(list_id: UUID) -> str:
    """Where a list is published; also its name."""
    return f"{issuer()}/licences/status-lists/{list_id}"


@transaction.atomic
def take_place() -> tuple[StatusList, int]:
    """A free place, chosen by chance, on the list that takes; locks that list."""
    locks.hold("licences.status_list", "open")
    rows = StatusList.objects.select_for_update().filter(taken__lt=LIST_SIZE // 2)
    found = rows.order_by("id").first() or StatusList.objects.create(size=LIST_SIZE)
    while True:
        place = secrets.randbelow(found.size)
        if not Credential.objects.filter(status_list=found, place=place).exists():
            break
    found.taken += 1
    found.save(update_fields=["taken"])
    return found, place


def standing_of(credential: Credential, *, on: date) -> int:
    """The value of a credential's place on a day."""
    if credential.ended_at is not None:
        return INVALID
    status = credential.licence.status_on(on)
    if status is Status.SUSPENDED:
        return SUSPENDED
    return VALID if status is Status.VALID else INVALID


def standing_at(uri: object, place: object, *, at: datetime) -> tuple[int, Credential] | None:
    """What our own list says of a place, and whose it is; None for a place that is not ours."""
    start = f"{issuer()}/licences/status-lists/"
    if not isinstance(uri, str) or not uri.startswith(start) or not isinstance(place, int):
        return None
    try:
        list_id = UUID(uri.removeprefix(start))
    except ValueError:
        return None
    rows = Credential.objects.select_related("licence__type", "licence__agency", "licence__seal")
    found = rows.filter(status_list_id=list_id, place=place).first()
    return None if found is None else (standing_of(found, on=clock.local_date(at)), found)


def status_list_token(list_id: UUID, *, at: datetime) -> str:
    """The signed list as of an instant. Two queries. Raises: CredentialUnknown (404)."""
    row = StatusList.objects.filter(pk=list_id).first()
    if row is None:
        raise CredentialUnknown
    on = clock.local_date(at)
    values = bytearray(row.size * BITS // 8)
    taken = Credential.objects.select_related("licence").filter(status_list=row)
    for credential in taken.iterator():
        shift = credential.place * BITS
        values[shift // 8] |= standing_of(credential, on=on) << (shift % 8)
    certificate = issuer_certificate(at=at)
    now = int(at.timestamp())
    claims = {
        "iss": issuer(),
        "sub": list_address(row.pk),
        "iat": now,
        "exp": now + 12 * STATUS_TTL_S,
        "ttl": STATUS_TTL_S,
        "status_list": {"bits": BITS, "lst": b64(zlib.compress(bytes(values), 9))},
    }
    header = issuer_header("statuslist+jwt", certificate=certificate)
    return sign_jwt(header, claims, key_id=certificate.key_id)
