"""Opening a licence: whoever may, and an officer's reading on record for its holder."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from lingnan.kernel.actors import Actor, Principal
from lingnan.kernel.errors import FieldProblem
from lingnan.security.audit import services as audit

from ..access import access_copy, access_licence_to_view, needs_whole
from ..errors import PurposeMissing
from ..models import Licence, LicenceUse, StockEntry
from ..stock_access import content_of_entry

ACT = "licences.read"
OBJECT_KIND = "licences.licence"
PURPOSE_LENGTH_MIN = 4


def open_licence(*, actor: Actor, licence_id: UUID, at: datetime) -> Licence:
    """The licence, for its holder or an officer in reach, whose look the holder can see.

    Raises: LicenceUnknown (404).
    """
    licence = access_licence_to_view(actor=actor, licence_id=licence_id)
    note_look(actor=actor, licence=licence, at=at)
    return licence


def open_whole(*, actor: Actor, licence_id: UUID, purpose: str, at: datetime) -> Licence:
    """The licence to be handed out whole (its file, its code, its payload), to whoever may see it.

    An officer without a task on a case with it names his purpose, which the holder reads.
    Raises: LicenceUnknown (404), PurposeMissing (422). Source: 个人信息保护法 6, 17.
    """
    licence = access_licence_to_view(actor=actor, licence_id=licence_id)
    holder = (licence.holder_kind, licence.holder_id)
    is_own = actor.principal is not None and holder == (actor.principal.kind, actor.principal.id)
    asks = not (is_own or actor.is_system or needs_whole(actor, licence, at=at))
    if asks and len(purpose.strip()) < PURPOSE_LENGTH_MIN:
        text = str(PurposeMissing.message)
        raise PurposeMissing(fields=[FieldProblem("purpose", PurposeMissing.code, text)])
    note_look(actor=actor, licence=licence, purpose=purpose.strip()[:300], at=at)
    return licence


def open_copy(*, actor: Actor, use_id: UUID, at: datetime) -> LicenceUse:
    """A marked copy, for the holder or officers of the agency it went to; their look on record.

    Raises: LicenceUnknown (404).
    """
    use = access_copy(actor=actor, use_id=use_id)
    note_look(actor=actor, licence=use.licence, purpose=use.purpose, at=at)
    return use


def note_look(*, actor: Actor, licence: Licence, purpose: str = "", at: datetime) -> None:
    """Write down that an officer opened a licence; once for him, the licence and the hour.

    One statement; the holder's own reading leaves nothing. Source: 个人信息保护法 44, 51.
    """
    if not actor.is_officer:
        return
    kind = "person" if licence.holder_kind == "person" else "organisation"
    audit.record_look(
        actor=actor,
        subject=Principal(kind=kind, id=licence.holder_id, name=""),  # type: ignore[arg-type]
        act=ACT,
        object_kind=OBJECT_KIND,
        object_id=licence.pk,
        title=licence.type.name,
        number=licence.identifier,
        purpose=purpose,
        at=at,
    )


def open_entry(*, actor: Actor, entry: StockEntry, at: datetime) -> dict[str, Any]:
    """What was brought in, in the clear, to an officer in reach; his look is on record.

    Its holder reads of it once there is a licence; of one who waits only the audit knows.
    """
    _note_look_at_entry(actor, entry, at)
    return content_of_entry(entry)


def note_look_at_scan(actor: Actor, entry_id: UUID, at: datetime) -> None:
    """For documents' files of scans. Two statements."""
    rows = StockEntry.objects.select_related("licence__type").filter(pk=entry_id)
    entry = rows.first() if actor.is_officer else None
    if entry is not None:
        _note_look_at_entry(actor, entry, at)


def _note_look_at_entry(actor: Actor, entry: StockEntry, at: datetime) -> None:
    if entry.licence is not None:
        note_look(actor=actor, licence=entry.licence, purpose=_("Licences brought in"), at=at)
    elif actor.is_officer:
        audit.record(
            actor=actor,
            act="licences.stock_read",
            object_kind="licences.stock",
            object_id=entry.pk,
            facts={"state": entry.state},
            at=at,
        )


def note_look_at_face(actor: Actor, licence_id: UUID, at: datetime) -> None:
    """For documents' files of faces. Two statements."""
    rows = Licence.objects.select_related("type").filter(pk=licence_id)
    licence = rows.first() if actor.is_officer else None
    if licence is not None:
        note_look(actor=actor, licence=licence, at=at)


def note_look_at_copy(actor: Actor, use_id: UUID, at: datetime) -> None:
    """For documents' files of marked copies. Two statements."""
    rows = LicenceUse.objects.select_related("licence__type").filter(pk=use_id)
    use = rows.first() if actor.is_officer else None
    if use is not None:
        note_look(actor=actor, licence=use.licence, purpose=use.purpose, at=at)
