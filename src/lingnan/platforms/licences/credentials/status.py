"""Status lists: every credential's standing today, where verifiers everywhere can read it.

What stands in a place is read from the licence: nothing has to be set, so nothing can be
forgotten. A list is built when it is asked for and then kept, signed, for its time to live; a
trigger says when something on it moved, and a new day builds it anew. Places nobody has are valid,
as the standard's own lists begin.
Source: draft-ietf-oauth-status-list (Token Status List), 4, 5, 7.
"""

import secrets
import zlib
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from lingnan.kernel import clock, locks

from ..models import Credential, StatusList, StatusListChange
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
    """The signed list as of an instant. One query while nothing moved, however long the list.

    Raises: CredentialUnknown (404).
    """
    moved = StatusListChange.objects.filter(status_list_id=OuterRef("pk"))
    row = StatusList.objects.annotate(has_moved=Exists(moved)).filter(pk=list_id).first()
    if row is None:
        raise CredentialUnknown
    if not row.has_moved and _is_fresh(row, at):
        return row.token
    return _build(list_id, at=at)


def _is_fresh(row: StatusList, at: datetime) -> bool:
    return (
        row.fresh_until is not None
        and row.built_on == clock.local_date(at)
        and row.fresh_until - timedelta(seconds=STATUS_TTL_S) <= at < row.fresh_until
    )


@transaction.atomic
def _build(list_id: UUID, *, at: datetime) -> str:
    """Build and keep a list; whoever asks meanwhile waits for it and takes the one just made.

    What is noted as moved is struck off first: what moves while the list is read stays noted.
    """
    row = StatusList.objects.select_for_update().get(pk=list_id)
    struck, _rows = StatusListChange.objects.filter(status_list=row).delete()
    if not struck and _is_fresh(row, at):
        return row.token
    on = clock.local_date(at)
    row.token = _signed(row, _values(row, on=on), at=at)
    row.built_on, row.fresh_until = on, at + timedelta(seconds=STATUS_TTL_S)
    row.save(update_fields=["token", "built_on", "fresh_until"])
    return row.token


def _values(row: StatusList, *, on: date) -> bytearray:
    """The bits of a list. One query, for those that are not valid only: others are zero."""
    values = bytearray(row.size * BITS // 8)
    licence_ended = (
        ~Q(licence__status=Status.VALID)
        | Q(licence__valid_until__lt=on)
        | Q(licence__valid_from__gt=on)
    )
    rows = Credential.objects.filter(status_list=row)
    rows = rows.filter(Q(ended_at__isnull=False) | licence_ended)
    for place, ended_at, status in rows.values_list(
        "place", "ended_at", "licence__status"
    ).iterator(chunk_size=10_000):
        is_suspended = ended_at is None and status == Status.SUSPENDED
        shift = place * BITS
        values[shift // 8] |= (SUSPENDED if is_suspended else INVALID) << (shift % 8)
    return values


def _signed(row: StatusList, values: bytearray, *, at: datetime) -> str:
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
