"""Rosters and joint measures."""

from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Status
from ninja.params.functions import Query

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.pagination import Page
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, open_to_all, permitted

from .. import access, queries, services
from ..schemas import ReasonIn
from ..shapes import (
    EntryOut,
    FeedbackIn,
    LeadIn,
    ListedOut,
    MeasureKindOut,
    MeasureOut,
    RosterOut,
)
from ..types import APPLY, DECIDE, LIST, READ
from .router import router


@router.get("/credit/rosters", response=list[RosterOut], summary="Rosters")
@open_to_all
def list_rosters(request: HttpRequest) -> object:
    """Every roster the law provides for, with its measures."""
    return queries.roster_kinds()


@router.get(
    "/credit/rosters/{roster}/entries", response=paged(ListedOut), summary="Who stands on a roster"
)
@open_to_all
def list_listed(
    request: HttpRequest,
    roster: str,
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=100),
) -> object:
    """Today, the newest decision first; natural persons masked. Raises: RosterUnknown (404)."""
    kind = access.access_roster(roster)
    page = queries.listed_entries(on=clock.today(), roster=kind.code, cursor=cursor, limit=limit)
    return Page([ListedOut.of(row) for row in page.items], page.next_cursor)


@router.get("/credit/measure-kinds", response=list[MeasureKindOut], summary="The catalogue")
@open_to_all
def list_measure_kinds(request: HttpRequest) -> object:
    """Measures of the national catalogue: basis, for whom, by whom."""
    return queries.measure_kinds()


@router.get("/credit/entries", response=paged(EntryOut), summary="Entries at work")
@permitted(READ)
def list_entries(
    request: HttpRequest,
    state: str = "",
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=100),
) -> object:
    """From lead to removal, in one's reach."""
    return queries.entries(actor_of(request), state=state, cursor=cursor, limit=limit)


@router.post("/credit/entries", response={201: EntryOut}, summary="Begin a procedure")
@permitted(LIST)
@idempotent
def open_lead(request: HttpRequest, body: LeadIn) -> Status[object]:
    """A lead: nothing is published by it. The steps that follow are tasks of the inbox."""
    row = services.open_lead(
        actor=actor_of(request),
        subject_id=body.subject_id,
        roster=body.roster,
        facts=body.facts,
        evidence_ids=body.evidence_ids,
        at=clock.now(),
    )
    return Status(201, row)


@router.get("/credit/entries/{entry_id}", response=EntryOut, summary="An entry at work")
@permitted(READ)
def show_entry(request: HttpRequest, entry_id: UUID) -> object:
    """Raises: EntryNotFound (404)."""
    return access.access_entry(actor_of(request), entry_id)


@router.post(
    "/credit/entries/{entry_id}/revocation", response={204: None}, summary="Revoke a decision"
)
@permitted(DECIDE)
@idempotent
def revoke_entry(request: HttpRequest, entry_id: UUID, body: ReasonIn) -> Status[None]:
    """The subject is taken off the roster and every measure lifted."""
    services.revoke_entry(
        actor=actor_of(request), entry_id=entry_id, reason=body.reason, at=clock.now()
    )
    return Status(204, None)


@router.get("/credit/measures", response=paged(MeasureOut), summary="Measures to carry out")
@permitted(APPLY)
def measure_feed(
    request: HttpRequest, cursor: str | None = None, limit: int = Query(100, ge=1, le=200)
) -> object:
    """A feed: the oldest change first. Keep the last cursor and ask again with it; a measure that
    was lifted comes again as `lifted` and must not be applied any more.
    """
    return queries.measure_feed(actor_of(request), cursor=cursor, limit=limit)


@router.post(
    "/credit/measures/{measure_id}/feedback", response=MeasureOut, summary="Say what was done"
)
@permitted(APPLY)
@idempotent
def give_feedback(request: HttpRequest, measure_id: UUID, body: FeedbackIn) -> object:
    """Once for each time the measure was applied, or found not to arise."""
    action: Literal["applied", "no_case", "not_possible"] = body.action
    services.give_feedback(
        actor=actor_of(request),
        measure_id=measure_id,
        action=action,
        reference=body.reference,
        note=body.note,
        at=clock.now(),
    )
    return access.access_measure(actor_of(request), measure_id)
