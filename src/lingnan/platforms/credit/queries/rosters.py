"""Rosters, measures, and how a subject stands."""

from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page

from ..models import JointMeasure, MeasureKind, Objection, Repair, RosterEntry, RosterKind
from ..models.records import CreditSubject
from ..models.rosters import in_force, listed
from ..types import APPLY, READ, EntryState


def roster_kinds() -> list[RosterKind]:
    """Every roster, with its measures. Two queries."""
    return list(RosterKind.objects.prefetch_related("measures").order_by("nature", "code"))


def measure_kinds() -> list[MeasureKind]:
    """The catalogue of measures."""
    return list(MeasureKind.objects.order_by("-nature", "code"))


def listed_entries(
    *, on: date, roster: str, cursor: str | None = None, limit: int = 20
) -> Page[RosterEntry]:
    """Who stands on a roster on a day, the newest decision first. One query."""
    rows = RosterEntry.objects.filter(listed(on), kind__code=roster).select_related(
        "kind", "subject"
    )
    return keyset_page(rows, order=("-decided_at", "-id"), cursor=cursor, limit=limit)


def entries_of(subject: CreditSubject, *, on: date) -> list[RosterEntry]:
    """The entries of a subject that stand on a day."""
    rows = RosterEntry.objects.filter(listed(on), subject=subject).select_related("kind")
    return list(rows.order_by("-decided_at", "-id"))


def own_entries(subject: CreditSubject) -> list[RosterEntry]:
    """Every entry its subject was told of, newest first."""
    rows = RosterEntry.objects.filter(subject=subject, notified_at__isnull=False)
    return list(rows.select_related("kind").order_by("-notified_at", "-id"))


def entries_q(actor: Actor) -> Q:
    """The entries of agencies in an officer's reach."""
    return actor.reach(READ).q()


def entries(
    actor: Actor, *, state: str = "", cursor: str | None = None, limit: int = 20
) -> Page[RosterEntry]:
    """Entries in an officer's reach, newest first. One query."""
    rows = RosterEntry.objects.filter(entries_q(actor)).select_related("kind", "subject")
    if state in EntryState.values:
        rows = rows.filter(state=state)
    return keyset_page(rows, order=("-opened_at", "-id"), cursor=cursor, limit=limit)


def measures_q(actor: Actor) -> Q:
    """The measures an officer's agency carries out."""
    return actor.reach(APPLY).q()


def measures(
    actor: Actor, *, state: str = "", cursor: str | None = None, limit: int = 20
) -> Page[JointMeasure]:
    """Measures to carry out, the newest change first. One query."""
    rows = JointMeasure.objects.filter(measures_q(actor)).select_related("kind", "subject", "entry")
    if state:
        rows = rows.filter(state=state)
    return keyset_page(rows, order=("-changed_at", "-id"), cursor=cursor, limit=limit)


def measure_feed(
    actor: Actor, *, cursor: str | None = None, limit: int = 100
) -> Page[JointMeasure]:
    """Measures to carry out, the oldest change first: what came since the last cursor."""
    rows = JointMeasure.objects.filter(measures_q(actor)).select_related("kind", "subject", "entry")
    return keyset_page(rows, order=("changed_at", "id"), cursor=cursor, limit=limit)


def measures_in_force(subject_id: UUID, on: date) -> QuerySet[JointMeasure]:
    """The measures that hold for a subject on a day."""
    return (
        JointMeasure.objects.filter(in_force(on), subject_id=subject_id)
        .select_related("kind")
        .order_by("kind__nature", "kind__code", "id")
    )


def appeals_of(subject: CreditSubject) -> tuple[list[Objection], list[Repair]]:
    """What a subject objected to and applied for, newest first."""
    objections = Objection.objects.filter(subject=subject).select_related("record", "entry__kind")
    repairs = Repair.objects.filter(subject=subject).select_related("record", "entry__kind")
    return (
        list(objections.order_by("-opened_at", "-id")[:100]),
        list(repairs.order_by("-opened_at", "-id")[:100]),
    )
