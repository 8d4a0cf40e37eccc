"""The catalogue of fees changed by two persons, and previews of bills, for programs."""

from datetime import date
from uuid import UUID

from django.http import HttpRequest
from ninja.params.functions import Query

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import Chosen, paged
from lingnan.kernel.web.guard import actor_of, open_to_all, permitted

from .. import access, queries, services
from ..schemas import (
    BillPreviewIn,
    BillPreviewOut,
    FeeHistoryOut,
    GovernmentAccountOut,
    ReasonIn,
    RuleDraftIn,
    RuleDraftOut,
    SplitRuleOut,
)
from ..types import (
    CONFIRM_FEES,
    MANAGE_FEES,
    OPEN_BILLS,
    READ_FLOWS,
    BillLine,
    DraftState,
    RuleKind,
)
from .router import router


@router.post("/payment/bill-previews", response=BillPreviewOut, summary="What a bill would say")
@permitted(OPEN_BILLS)
def preview_bill(request: HttpRequest, body: BillPreviewIn) -> object:
    """With each reduction, the sum and the day to pay by. Nothing is written."""
    return services.preview_bill(
        actor=actor_of(request),
        payer_kind=body.payer_kind,
        payer_number=body.payer_number,
        collecting_agency_id=body.collecting_agency_id,
        lines=[
            BillLine(
                code=line.code,
                name={"zh-hans": line.name},
                quantity=line.quantity,
                unit_price_fen=line.unit_price_fen,
                reduction_code=line.reduction_code,
                agency_id=line.agency_id,
            )
            for line in body.lines
        ],
        due_on=body.due_on,
        is_fine=body.is_fine,
        at=clock.now(),
    )


@router.get("/payment/split-rules", response=list[SplitRuleOut], summary="Shares of governments")
@open_to_all
def list_split_rules(request: HttpRequest, on: date | None = None) -> object:
    """In force on a day, today if none is given."""
    return queries.split_rules(on or clock.today())


@router.get(
    "/payment/government-accounts",
    response=list[GovernmentAccountOut],
    summary="Where governments' money is handed in",
)
@permitted(READ_FLOWS, MANAGE_FEES, CONFIRM_FEES)
def list_government_accounts(request: HttpRequest, on: date | None = None) -> object:
    """In force on a day, today if none is given."""
    return queries.government_accounts(on or clock.today())


@router.get(
    "/payment/fees/{code}/history", response=FeeHistoryOut, summary="What a fee was and will be"
)
@permitted(MANAGE_FEES, CONFIRM_FEES)
def show_fee_history(request: HttpRequest, code: str) -> object:
    """Versions, grounds of reduction and shares, also those withdrawn before they began."""
    return queries.fee_history(code)


@router.get(
    "/payment/rule-drafts", response=paged(RuleDraftOut), summary="Changes of the catalogue"
)
@permitted(MANAGE_FEES, CONFIRM_FEES)
def list_rule_drafts(
    request: HttpRequest,
    state: Chosen[DraftState] = None,
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=200),
) -> object:
    """Newest first; empty for who has these rights in a part of the province only."""
    return queries.rule_drafts(actor_of(request), state=state or "", cursor=cursor, limit=limit)


@router.post("/payment/rule-drafts", response=RuleDraftOut, summary="Propose a change")
@permitted(MANAGE_FEES)
@idempotent
def propose_rule(request: HttpRequest, body: RuleDraftIn) -> object:
    """A second person confirms it; until then nothing changes."""
    return services.propose_rule(
        actor=actor_of(request),
        code=body.code,
        content=services.read_content(RuleKind(body.kind), body.content),
        effective_from=body.effective_from,
        at=clock.now(),
    )


@router.get("/payment/rule-drafts/{draft_id}", response=RuleDraftOut, summary="One change")
@permitted(MANAGE_FEES, CONFIRM_FEES)
def show_rule_draft(request: HttpRequest, draft_id: UUID) -> object:
    return access.access_rule_draft_to_see(actor=actor_of(request), draft_id=draft_id)


@router.post("/payment/rule-drafts/{draft_id}/confirm", response=RuleDraftOut, summary="Confirm")
@permitted(CONFIRM_FEES)
@idempotent
def confirm_rule(request: HttpRequest, draft_id: UUID) -> object:
    """Not by the person who proposed it."""
    return services.confirm_rule(actor=actor_of(request), draft_id=draft_id, at=clock.now())


@router.post("/payment/rule-drafts/{draft_id}/refuse", response=RuleDraftOut, summary="Refuse")
@permitted(CONFIRM_FEES)
@idempotent
def refuse_rule(request: HttpRequest, draft_id: UUID, body: ReasonIn) -> object:
    return services.refuse_rule(
        actor=actor_of(request), draft_id=draft_id, reason=body.reason, at=clock.now()
    )


@router.post("/payment/rule-drafts/{draft_id}/withdraw", response=RuleDraftOut, summary="Withdraw")
@permitted(MANAGE_FEES)
@idempotent
def withdraw_rule(request: HttpRequest, draft_id: UUID) -> object:
    return services.withdraw_rule(actor=actor_of(request), draft_id=draft_id, at=clock.now())
