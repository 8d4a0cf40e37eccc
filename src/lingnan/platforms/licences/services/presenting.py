"""Show a licence by a code that lives seconds; an officer scans it once."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from lingnan.kernel import clock, events
from lingnan.kernel.actors import Actor
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto

from .. import queries, showing
from ..access import access_own_licence
from ..errors import CodeSpent, NotValidNow, PurposeUnknown
from ..events import LicenceShown
from ..grades import check_may_be_shown
from ..models import LicenceUse, Presentation
from ..types import SCAN, ScannedLicence, ShownCode, Status, UseKind

CODE_LENGTH = 10
UNUSED_KEPT = timedelta(days=1)
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 signs, none taken for another
_INDEX_PURPOSE = "licences.show_code"


@transaction.atomic
def show_licence(*, actor: Actor, licence_id: UUID, purpose: str, at: datetime) -> ShownCode:
    """A new code for a licence of the holder's; the one before, if nobody scanned it, is void.

    Good for `LINGNAN_SHOW_CODE_SECONDS`, once. Raises: LicenceUnknown (404), NotValidNow,
    GradeTooLow (409), PurposeUnknown (422). Source: Plan 五（二）2（1）.
    """
    if purpose not in Presentation.Purpose.values:
        raise PurposeUnknown
    licence = access_own_licence(actor=actor, licence_id=licence_id)
    status = licence.status_on(clock.local_date(at))
    if status is not Status.VALID:
        raise NotValidNow(status=status.label)
    check_may_be_shown(licence, on=clock.local_date(at))
    Presentation.objects.filter(licence=licence, used_at=None).delete()
    seconds = settings.LINGNAN.show_code_seconds
    raw = crypto.random_bytes(CODE_LENGTH)
    code = "".join(_ALPHABET[byte % 32] for byte in raw)
    made = Presentation.objects.create(
        licence=licence,
        code_index=_index(code),
        purpose=purpose,
        made_at=at,
        expires_at=at + timedelta(seconds=seconds),
    )
    return ShownCode(
        presentation_id=made.pk,
        code=code,
        url=f"{settings.LINGNAN.public_url.rstrip('/')}/desk/licences/scan/?code={code}",
        expires_at=made.expires_at,
        seconds=seconds,
    )


@transaction.atomic
def scan_code(*, actor: Actor, code: str, at: datetime) -> ScannedLicence:
    """What a shown code opens, once; a line in the holder's log.

    Two scans at once: the row lock lets one win. Whatever is wrong with a code, the answer is the
    same. Raises: Forbidden (403), CodeSpent (410).
    """
    actor.check(SCAN)
    row = (
        Presentation.objects.select_for_update(of=("self",)).filter(code_index=_index(code)).first()
    )
    if row is None or row.used_at is not None or at >= row.expires_at:
        raise CodeSpent
    licence = queries.row(row.licence_id)
    card = queries.card(licence, on=clock.local_date(at))
    row.used_at, row.used_by, row.used_by_agency = at, actor.name[:200], actor.agency_id
    row.save(update_fields=["used_at", "used_by", "used_by_agency"])
    shown = showing.fields_for(card, row.purpose)
    LicenceUse.objects.create(
        licence=licence,
        kind=UseKind.SHOWN,
        used_by=queries.name_at_work(actor)[:200],
        purpose=str(Presentation.Purpose(row.purpose).label)[:300],
        agency_id=actor.agency_id,
        fields=[item.name for item in shown],
        used_at=at,
    )
    events.publish(
        LicenceShown(
            licence_id=licence.pk, purpose=row.purpose, agency_id=actor.agency_id, shown_at=at
        ),
        at=at,
    )
    audit.record(
        actor=actor,
        act="licences.scanned",
        object_kind="licences.licence",
        object_id=licence.pk,
        facts={"purpose": row.purpose},
        at=at,
    )
    return ScannedLicence(
        presentation_id=row.pk,
        licence_id=licence.pk,
        purpose=row.purpose,
        type_name=card.type_name,
        status=card.status,
        holder_name=showing.name_for(card, row.purpose),
        holder_code=showing.code_for(card, row.purpose),
        number=showing.number_for(card, row.purpose),
        agency_name=card.agency_name,
        valid_from=card.valid_from,
        valid_until=card.valid_until,
        shown_fields=shown,
        scanned_at=at,
    )


def forget_codes(*, at: datetime) -> int:
    """Delete codes nobody scanned, a day after they ended; return how many."""
    rows = Presentation.objects.filter(used_at=None, expires_at__lt=at - UNUSED_KEPT)
    return rows.delete()[0]


def _index(code: str) -> str:
    return crypto.blind_index(code.strip().upper(), purpose=_INDEX_PURPOSE)
