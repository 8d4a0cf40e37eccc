"""What anyone may ask: subjects, published decisions, rules and policies."""

from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja.params.functions import Query

from lingnan.kernel import clock
from lingnan.kernel.pagination import Page
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import open_to_all

from .. import access, queries
from ..extracts import SupervisionOut
from ..schemas import DecisionOut, DecisionRowOut, PolicyOut, RuleOut, SubjectOut, SubjectPageOut
from .router import router


@router.get("/credit/subjects", response=paged(SubjectOut), summary="Search subjects")
@open_to_all
def search_subjects(
    request: HttpRequest,
    q: str = Query("", max_length=100),
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=100),
) -> object:
    """Organisations by a part of the name or the credit code; anyone by a decision's number."""
    page = queries.search_subjects(q, on=clock.today(), cursor=cursor, limit=limit)
    return Page([SubjectOut.of(row) for row in page.items], page.next_cursor)


@router.get("/credit/subjects/{subject_id}", response=SubjectPageOut, summary="A subject")
@open_to_all
def show_subject(request: HttpRequest, subject_id: UUID) -> object:
    """What of an archive is public today, by section. Raises: SubjectNotFound (404)."""
    on = clock.today()
    subject = access.access_public_subject(subject_id, on=on)
    return SubjectPageOut.of_subject(subject, queries.published_sections(subject, on=on))


@router.get("/credit/decisions", response=paged(DecisionRowOut), summary="Published decisions")
@open_to_all
def list_decisions(
    request: HttpRequest,
    kind: Literal["", "licence", "penalty"] = "",
    number: str = Query("", max_length=128),
    agency_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=100),
) -> object:
    """Licences and penalties, the newest decision first; each as long as its rule shows it."""
    page = queries.decisions(
        on=clock.today(), kind=kind, number=number, agency_id=agency_id, cursor=cursor, limit=limit
    )
    return Page([DecisionRowOut.of(row) for row in page.items], page.next_cursor)


@router.get("/credit/decisions/{record_id}", response=DecisionOut, summary="A published record")
@open_to_all
def show_decision(request: HttpRequest, record_id: UUID) -> object:
    """Raises: RecordNotFound (404), also when its term of publicity is over."""
    record = access.access_public_record(record_id, on=clock.today())
    return DecisionOut.of_shown(queries.shown_record(record))


@router.get(
    "/credit/supervision",
    response=paged(SupervisionOut),
    summary="What checks of commitments found",
)
@open_to_all
def list_supervision(
    request: HttpRequest,
    state: Literal["", "kept", "breached"] = "",
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=100),
) -> object:
    """Of firms only: kept ones for a year, others as long as the record of the breach is public."""
    return queries.supervision_results(on=clock.today(), state=state, cursor=cursor, limit=limit)


@router.get("/credit/policies", response=list[PolicyOut], summary="Laws and policies")
@open_to_all
def list_policies(request: HttpRequest) -> object:
    """The newest first."""
    return queries.policies()


@router.get("/credit/rules", response=list[RuleOut], summary="Rules in force")
@open_to_all
def list_rules(request: HttpRequest) -> object:
    """How long what is public, and which periods hold, today."""
    return queries.rules_in_force(clock.today())
