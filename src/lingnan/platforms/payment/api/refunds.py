"""Refunds, and receipts booked in somebody's accounts, for programs."""

from uuid import UUID

from django.http import HttpRequest
from ninja.params.functions import Query

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import Chosen, paged
from lingnan.kernel.web.guard import actor_of, permitted, signed_in

from .. import access, queries, services
from ..schemas import (
    ReceiptCheckOut,
    ReceiptMarkIn,
    RefundIn,
    RefundOut,
    RefusalIn,
    SlipIn,
)
from ..types import APPLY_REFUNDS, APPROVE_REFUNDS, REVIEW_REFUNDS, RefundState
from .router import router


@router.post("/payment/bills/{bill_id}/refunds", response=RefundOut, summary="Apply for a refund")
@permitted(APPLY_REFUNDS)
@idempotent
def apply_refund(request: HttpRequest, bill_id: UUID, body: RefundIn) -> object:
    """All or part of what was paid; never more, over all refunds of the bill."""
    return services.apply_refund(
        actor=actor_of(request),
        bill_id=bill_id,
        amount_fen=body.amount_fen,
        reason=body.reason,
        at=clock.now(),
    )


@router.get("/payment/refunds", response=paged(RefundOut), summary="List refunds, newest first")
@signed_in
def list_refunds(
    request: HttpRequest,
    state: Chosen[RefundState] = None,
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=200),
) -> object:
    """Of one's own bills; for an officer those in his reach."""
    return queries.refunds(actor_of(request), state=state or "", cursor=cursor, limit=limit)


@router.get("/payment/refunds/{refund_id}", response=RefundOut, summary="One refund")
@signed_in
def show_refund(request: HttpRequest, refund_id: UUID) -> object:
    return access.access_refund(actor=actor_of(request), refund_id=refund_id)


@router.post("/payment/refunds/{refund_id}/review", response=RefundOut, summary="Review a refund")
@permitted(REVIEW_REFUNDS)
@idempotent
def review_refund(request: HttpRequest, refund_id: UUID) -> object:
    """The finance body agrees; not by whoever applied."""
    return services.review_refund(actor=actor_of(request), refund_id=refund_id, at=clock.now())


@router.post("/payment/refunds/{refund_id}/approve", response=RefundOut, summary="Approve a refund")
@permitted(APPROVE_REFUNDS)
@idempotent
def approve_refund(request: HttpRequest, refund_id: UUID) -> object:
    """The treasury approves; the money goes back by the way it came."""
    return services.approve_refund(actor=actor_of(request), refund_id=refund_id, at=clock.now())


@router.post("/payment/refunds/{refund_id}/refuse", response=RefundOut, summary="Refuse a refund")
@permitted(REVIEW_REFUNDS, APPROVE_REFUNDS)
@idempotent
def refuse_refund(request: HttpRequest, refund_id: UUID, body: RefusalIn) -> object:
    """By whoever's turn it is: finance before, the treasury after the review."""
    return services.refuse_refund(
        actor=actor_of(request), refund_id=refund_id, reason=body.reason, at=clock.now()
    )


@router.post(
    "/payment/refunds/{refund_id}/transfer", response=RefundOut, summary="Paid back by transfer"
)
@permitted(APPROVE_REFUNDS)
@idempotent
def pay_refund_by_hand(request: HttpRequest, refund_id: UUID, body: SlipIn) -> object:
    """For money taken at a counter, or that the channel could not give back."""
    return services.pay_refund_by_hand(
        actor=actor_of(request), refund_id=refund_id, slip=body.slip, at=clock.now()
    )


@router.post(
    "/payment/receipts/{number}/mark", response=ReceiptCheckOut, summary="Mark a receipt as booked"
)
@signed_in
@idempotent
def book_receipt(request: HttpRequest, number: str, body: ReceiptMarkIn) -> object:
    """Code and number (18 digits), check code and amount must all fit."""
    services.book_receipt(
        actor=actor_of(request),
        number=number,
        check_code=body.check_code,
        amount_fen=body.amount_fen,
        at=clock.now(),
    )
    return queries.check_receipt(number, body.check_code, amount_fen=body.amount_fen)


@router.post(
    "/payment/receipts/{number}/unmark", response=ReceiptCheckOut, summary="Take the mark off"
)
@signed_in
@idempotent
def unbook_receipt(request: HttpRequest, number: str, body: ReceiptMarkIn) -> object:
    """Only by the unit that booked it."""
    services.unbook_receipt(
        actor=actor_of(request),
        number=number,
        check_code=body.check_code,
        amount_fen=body.amount_fen,
        at=clock.now(),
    )
    return queries.check_receipt(number, body.check_code, amount_fen=body.amount_fen)
