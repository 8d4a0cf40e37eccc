"""Rules, scorecards and catalogues for stewards."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Schema, Status
from ninja.params.functions import Query

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, permitted

from .. import access, queries, services
from ..types import STEWARD
from .router import router

Kind = Literal["rule", "scorecard", "measure", "roster"]


class RuleVersionOut(Schema):
    version: str = Field(description="Empty for measures and rosters, which have one content")
    source: str
    effective_from: date | None
    effective_until: date | None = Field(description="First day it does not hold any more")
    content: dict[str, Any]


class RuleFileOut(Schema):
    """One rule, scorecard, measure or roster with its versions, the newest first."""

    kind: Kind
    code: str
    title: str
    versions: list[RuleVersionOut]

    @staticmethod
    def resolve_title(row: Any) -> str:
        return localise(row.title)


class ProposalIn(Schema):
    """The next version. `content` has the shape of the newest: the same names and kinds."""

    kind: Kind
    code: str = Field(min_length=1, max_length=40)
    version: str = Field("", max_length=20, description="For rules and scorecards")
    source: str = Field(min_length=1, max_length=300)
    effective_from: date | None = Field(None, description="For rules and scorecards")
    content: dict[str, Any]
    reason: str = Field(min_length=1, max_length=1000)


class ProposalOut(Schema):
    id: UUID
    kind: Kind
    code: str
    version: str
    source: str
    effective_from: date | None
    before: dict[str, Any]
    content: dict[str, Any]
    reason: str
    state: Literal["proposed", "published", "refused", "withdrawn"]
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str
    note: str


class DecisionIn(Schema):
    publish: bool
    note: str = Field("", max_length=1000, description="The reason, where it is refused")


@router.get("/credit/rule-files", response=list[RuleFileOut], summary="Rules with all versions")
@permitted(STEWARD)
def list_rule_files(request: HttpRequest) -> object:
    """Rules, scorecards, measures and rosters, each with its days and source."""
    return queries.rule_files()


@router.get("/credit/rule-proposals", response=paged(ProposalOut), summary="Proposed versions")
@permitted(STEWARD)
def list_proposals(
    request: HttpRequest,
    state: Literal["", "proposed", "published", "refused", "withdrawn"] = "",
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=100),
) -> object:
    """Newest first."""
    return queries.proposals(state=state, cursor=cursor, limit=limit)


@router.post("/credit/rule-proposals", response={201: ProposalOut}, summary="Propose a version")
@permitted(STEWARD)
@idempotent
def propose_rule(request: HttpRequest, body: ProposalIn) -> Status[object]:
    """It holds from its day on once someone else has published it; never for facts before it."""
    row = services.propose_rule(actor=actor_of(request), at=clock.now(), **body.model_dump())
    return Status(201, row)


@router.get("/credit/rule-proposals/{proposal_id}", response=ProposalOut, summary="A proposal")
@permitted(STEWARD)
def show_proposal(request: HttpRequest, proposal_id: UUID) -> object:
    """Raises: ProposalNotFound (404)."""
    return access.access_proposal(actor_of(request), proposal_id)


@router.post(
    "/credit/rule-proposals/{proposal_id}/decision",
    response=ProposalOut,
    summary="Publish or refuse",
)
@permitted(STEWARD)
@idempotent
def decide_proposal(request: HttpRequest, proposal_id: UUID, body: DecisionIn) -> object:
    """By someone else than who proposed it."""
    return services.decide_proposal(
        actor=actor_of(request),
        proposal_id=proposal_id,
        publish=body.publish,
        note=body.note,
        at=clock.now(),
    )


@router.delete(
    "/credit/rule-proposals/{proposal_id}", response={204: None}, summary="Take a proposal back"
)
@permitted(STEWARD)
@idempotent
def withdraw_proposal(request: HttpRequest, proposal_id: UUID) -> Status[None]:
    """By whoever proposed it."""
    services.withdraw_proposal(actor=actor_of(request), proposal_id=proposal_id, at=clock.now())
    return Status(204, None)
