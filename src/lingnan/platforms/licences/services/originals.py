"""The original before an officer: seen for one use of a copy, or compared with the picture of it.

What a holder uploaded himself (grade C) replaces no paper: at each use an officer sees the original
and says so, or nothing is granted on it. Source: 国办函〔2016〕108号.
"""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.platforms.documents import queries as document_queries
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.types import FileCard
from lingnan.security.audit import services as audit

from .. import queries
from ..access import access_copy
from ..errors import LicenceUnknown, OriginalNotNeeded, ScanUnknown
from ..grades import rule_for
from ..models import LicenceUse, StockEntry
from ..types import UseKind
from .looking import note_look
from .stock_grades import check_not_own, checked_reason, licence_for_check


def originals_lacking(use_ids: Iterable[UUID], *, on: date) -> list[LicenceUse]:
    """Of these copies those whose original somebody must see first, and nobody has. One query."""
    rows = LicenceUse.objects.select_related("licence__type").filter(pk__in=list(use_ids))
    return [
        use
        for use in rows.filter(original_seen_at=None)
        if rule_for(use.licence.grade, on=on).original_each_time
    ]


@transaction.atomic
def note_original(*, actor: Actor, use_id: UUID, note: str, at: datetime) -> LicenceUse:
    """An officer of the agency the copy went to has the original before him, for this use.

    Noted again, the first stays. `note` says what was compared. Locks the copy.
    Raises: LicenceUnknown (404); StockOwn (403); OriginalNotNeeded (409); StockReasonMissing (422).
    """
    use = access_copy(actor=actor, use_id=use_id)
    if not actor.is_officer or use.kind != UseKind.MATERIAL:
        raise LicenceUnknown
    note = checked_reason(note)
    check_not_own(actor, use.licence.holder_kind, use.licence.holder_id)
    if not rule_for(use.licence.grade, on=clock.local_date(at)).original_each_time:
        raise OriginalNotNeeded
    locked = LicenceUse.objects.select_for_update(of=("self",)).get(pk=use_id)
    if locked.original_seen_at is None:
        locked.original_seen_by = queries.name_at_work(actor)[:200]
        locked.original_seen_account, locked.original_seen_at = actor.account_id, at
        locked.original_note = note
        locked.save()
        audit.record(
            actor=actor,
            act="licences.original_seen",
            object_kind="licences.licence",
            object_id=locked.licence_id,
            facts={"use_id": use_id, "case_id": locked.case_id, "note": note},
            at=at,
        )
    return locked


def open_scan(*, actor: Actor, identifier: str, code: str, at: datetime) -> tuple[FileCard, bytes]:
    """The picture of the paper, for the clerk who compares it with the original; the holder reads
    that he looked, and what for.

    Raises: Forbidden (403); LicenceUnknown (404, also for a wrong code); ScanUnknown (404).
    """
    licence = licence_for_check(actor=actor, identifier=identifier, code=code)
    entry = StockEntry.objects.filter(licence=licence, scan_file_id__isnull=False).first()
    if entry is None or entry.scan_file_id is None:
        raise ScanUnknown
    note_look(actor=actor, licence=licence, purpose=_("comparing the original"), at=at)
    card = document_queries.files([entry.scan_file_id])[entry.scan_file_id]
    return card, documents.read_file(card.id)
