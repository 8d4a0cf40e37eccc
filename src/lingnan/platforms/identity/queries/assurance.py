"""How sure we are of a person, a firm and a session, and from which evidence."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Max, Q, QuerySet

from lingnan.kernel import clock

from ..models import AssuranceEvidence, Session
from ..types import Assurance, EvidenceCard
from .rules import rule

UNPROVEN = 1
"""The level of an account nobody has proved anything about."""


def evidence_now(at: datetime) -> QuerySet[AssuranceEvidence]:
    """What counts at an instant, the best first."""
    lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=at)
    return AssuranceEvidence.objects.filter(
        lasting, outcome=AssuranceEvidence.Outcome.PASSED, withdrawn_at=None
    ).order_by("-level", "-obtained_at")


def level_of_person(person_id: UUID, *, at: datetime) -> int:
    """1 to 4; 1 where nothing is proved."""
    best = evidence_now(at).filter(person_id=person_id, organisation=None).first()
    return best.level if best else UNPROVEN


def level_of_organisation(organisation_id: UUID, *, at: datetime) -> int:
    """0 to 4; 0 where nobody has proved that he leads it.

    Only proofs of the present legal representative count: with a new one the firm starts again.
    """
    return levels_of_organisations([organisation_id], at=at).get(organisation_id, 0)


def levels_of_organisations(organisation_ids: Collection[UUID], *, at: datetime) -> dict[UUID, int]:
    """The levels of those of several organisations that someone has proved to lead. One query."""
    proven = evidence_now(at).filter(
        organisation_id__in=organisation_ids,
        organisation__legal_representative_id=F("person_id"),
    )
    best = proven.order_by().values_list("organisation_id").annotate(best=Max("level"))
    return {found: level for found, level in best if found is not None}


def assurance_of(session_id: UUID, *, at: datetime) -> Assurance | None:
    """The level of a live session with what it rests on; None for one that is not there."""
    row = Session.objects.select_related("account").filter(pk=session_id, ended_at=None).first()
    if row is None:
        return None
    best = None
    if row.account.person_id is not None:
        best = evidence_now(at).filter(person_id=row.account.person_id, organisation=None).first()
    held = best.level if best else UNPROVEN
    own = row.level if row.officer_id else min(row.level, held)
    return Assurance(
        level=own,
        session_level=row.level,
        person_level=held,
        methods=tuple(row.methods),
        signed_in_at=row.created_at,
        evidence=evidence_card(best) if best else None,
    )


def evidence_of(person_id: UUID, *, limit: int = 100) -> list[EvidenceCard]:
    """Every proof of a person, also failed ones, the newest first."""
    rows = AssuranceEvidence.objects.filter(person_id=person_id).select_related("organisation")
    return [evidence_card(row) for row in rows.order_by("-obtained_at", "-id")[:limit]]


def evidence_card(row: AssuranceEvidence) -> EvidenceCard:
    return EvidenceCard(
        id=row.pk,
        kind=row.kind,
        adapter=row.adapter,
        level=row.level,
        outcome=row.outcome,
        obtained_at=row.obtained_at,
        expires_at=row.expires_at,
        withdrawn_at=row.withdrawn_at,
        organisation_id=row.organisation_id,
        organisation_name=row.organisation.name if row.organisation_id and row.organisation else "",
        is_test=row.is_test,
    )


def levels_for_rights(person_id: UUID | None, at: datetime) -> list[list[Any]]:
    """The evidence as a session keeps it: level and end, so that it falls by itself."""
    if person_id is None:
        return []
    rows = evidence_now(at).filter(person_id=person_id, organisation=None)
    return [
        [row.level, row.expires_at.isoformat() if row.expires_at else None] for row in rows[:20]
    ]


def level_from_rights(levels: Sequence[Sequence[Any]], at: datetime) -> int:
    """What the kept evidence says at an instant."""
    lasting = (
        int(level) for level, until in levels if until is None or datetime.fromisoformat(until) > at
    )
    return max(lasting, default=UNPROVEN)


def level_demanded(stated: Sequence[int | None], *, at: datetime) -> int:
    """What matters demand together: each as its list says, else by the rule."""
    levels = [level for level in stated if level is not None]
    if len(levels) < len(stated):
        levels.append(rule("matters", on=clock.local_date(at)).parameters["default"])
    return max(levels, default=UNPROVEN)
