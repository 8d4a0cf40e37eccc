"""Refunds: applied for, reviewed, approved by three different officers, paid by the way it came.

Source: standards section 5 (执收单位 → 财政审核 → 国库/专户退付, original route, at most what was
paid, partial allowed).
"""

import secrets
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from lingnan.kernel import clock, events
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import Refusal
from lingnan.kernel.jobs import job
from lingnan.kernel.money import format_fen
from lingnan.security.audit import services as audit

from .. import access
from ..adapters.base import OrderRef, RefundProgress, RefundReport, RefundRequest
from ..adapters.registry import channel as channel_adapter
from ..adapters.registry import channel_codes
from ..errors import (
    NothingToRefund,
    ReasonMissing,
    RefundAbovePaid,
    RefundNotFound,
    RefundNotWaiting,
)
from ..events import RefundApproved, RefundPaid
from ..models import Payment, Refund
from ..types import (
    APPLY_REFUNDS,
    APPROVE_REFUNDS,
    REVIEW_REFUNDS,
    BillState,
    RefundState,
)
from . import ledger
from .booking import carried_to
from .receipts import check_reversible, reverse_receipt
from .rows import lock_bill


@transaction.atomic
def apply_refund(
    *, actor: Actor, bill_id: UUID, amount_fen: int, reason: str, at: datetime
) -> Refund:
    """The collecting agency applies to give back all or part of what was paid for a bill.

    The amount is claimed at once, under the bill's lock and a CHECK, so that refunds together never
    exceed what came.

    Raises: BillNotFound (404), Forbidden (403), ReasonMissing (422), NothingToRefund,
    RefundAbovePaid, ReceiptBooked (409).
    """
    access.access_bill_for(APPLY_REFUNDS, actor=actor, bill_id=bill_id)
    if not reason.strip():
        raise ReasonMissing
    bill = lock_bill(bill_id)
    payment = (
        Payment.objects.select_for_update().filter(bill=bill, kind=Payment.Kind.SETTLEMENT).first()
    )
    if payment is None or bill.state != BillState.PAID:
        raise NothingToRefund
    left = payment.amount_fen - payment.refunded_fen
    if not 0 < amount_fen <= left:
        raise RefundAbovePaid(left=format_fen(left))
    check_reversible(bill)
    refund = _claim(payment, amount_fen, reason=reason, actor=actor, at=at)
    refund.save(force_insert=True)
    _record(actor, "payment.refund_applied", refund, at=at, amount_fen=amount_fen)
    return refund


def _claim(payment: Payment, amount_fen: int, *, reason: str, actor: Actor, at: datetime) -> Refund:
    payment.refunded_fen += amount_fen
    payment.save(update_fields=["refunded_fen"])
    return Refund(
        number=f"R{local_date(at):%Y%m%d}{secrets.token_hex(8)}",
        payment=payment,
        amount_fen=amount_fen,
        reason=reason.strip()[:300],
        state=RefundState.APPLIED,
        applied_at=at,
        applied_by=actor.name[:100],
        applied_by_id=actor.account_id,
        applied_by_person_id=actor.person_id,
    )


def refund_surplus(payment: Payment, *, at: datetime) -> Refund:
    """Surplus goes back by itself, by the way it came, in the caller's transaction."""
    actor = system_actor("payment.surplus")
    refund = _claim(
        payment, payment.amount_fen, reason="paid without being owed", actor=actor, at=at
    )
    refund.is_automatic = True
    refund.state = RefundState.APPROVED
    refund.approved_at, refund.approved_by = at, actor.name
    refund.save(force_insert=True)
    ledger.post_refund_approved(payment, refund.amount_fen, refund_id=refund.pk, actor=actor, at=at)
    pay_refund.enqueue(refund_id=str(refund.pk), key=str(refund.pk))
    _record(actor, "payment.refund_approved", refund, at=at, amount_fen=refund.amount_fen)
    return refund


@transaction.atomic
def review_refund(*, actor: Actor, refund_id: UUID, at: datetime) -> Refund:
    """The finance body agrees; the treasury decides next.

    Raises: RefundNotFound (404), Forbidden, SameOfficer (403), RefundNotWaiting (409).
    """
    refund = _lock(actor, REVIEW_REFUNDS, refund_id)
    _check_step(refund, RefundState.APPLIED)
    _check_other_officer(actor, refund)
    refund.state = RefundState.REVIEWED
    refund.reviewed_at, refund.reviewed_by = at, actor.name[:100]
    refund.reviewed_by_id, refund.reviewed_by_person_id = actor.account_id, actor.person_id
    refund.save(
        update_fields=[
            "state", "reviewed_at", "reviewed_by", "reviewed_by_id", "reviewed_by_person_id",
        ]
    )  # fmt: skip
    _record(actor, "payment.refund_reviewed", refund, at=at)
    return refund


@transaction.atomic
def approve_refund(*, actor: Actor, refund_id: UUID, at: datetime) -> Refund:
    """The treasury approves: the receipt is reversed, the ledger posted, the channel asked to pay.

    Raises: RefundNotFound (404), Forbidden, SameOfficer (403), RefundNotWaiting, ReceiptBooked
    (409).
    """
    refund = _lock(actor, APPROVE_REFUNDS, refund_id)
    _check_step(refund, RefundState.REVIEWED)
    _check_other_officer(actor, refund)
    payment = refund.payment
    refund.state = RefundState.APPROVED
    refund.approved_at, refund.approved_by = at, actor.name[:100]
    refund.approved_by_id, refund.approved_by_person_id = actor.account_id, actor.person_id
    refund.save(
        update_fields=[
            "state", "approved_at", "approved_by", "approved_by_id", "approved_by_person_id",
        ]
    )  # fmt: skip
    done = sum(
        Refund.objects.filter(
            payment=payment,
            state__in=[RefundState.APPROVED, RefundState.FAILED, RefundState.PAID],
        ).values_list("amount_fen", flat=True)
    )
    reverse_receipt(payment.bill, left_fen=payment.amount_fen - done, actor=actor, at=at)
    ledger.post_refund_approved(payment, refund.amount_fen, refund_id=refund.pk, actor=actor, at=at)
    if payment.channel in channel_codes():
        pay_refund.enqueue(refund_id=str(refund.pk), key=str(refund.pk))
    events.publish(
        RefundApproved(
            refund_id=refund.pk,
            bill_id=payment.bill_id,
            subject_kind=payment.bill.subject_kind,
            subject_id=payment.bill.subject_id,
            amount_fen=refund.amount_fen,
        )
    )
    _record(actor, "payment.refund_approved", refund, at=at, amount_fen=refund.amount_fen)
    return refund


@transaction.atomic
def refuse_refund(*, actor: Actor, refund_id: UUID, reason: str, at: datetime) -> Refund:
    """The finance body or the treasury, whose turn it is, says no; the claim is let go.

    Raises: RefundNotFound (404), Forbidden, SameOfficer (403), ReasonMissing (422),
    RefundNotWaiting (409).
    """
    if not reason.strip():
        raise ReasonMissing
    found = access.access_refund(actor=actor, refund_id=refund_id)
    is_reviewed = found.state == RefundState.REVIEWED
    refund = _lock(actor, APPROVE_REFUNDS if is_reviewed else REVIEW_REFUNDS, refund_id)
    if refund.state != found.state or refund.state not in (
        RefundState.APPLIED,
        RefundState.REVIEWED,
    ):
        raise RefundNotWaiting(state=RefundState(refund.state).label)
    _check_other_officer(actor, refund)
    payment = refund.payment
    payment.refunded_fen -= refund.amount_fen
    payment.save(update_fields=["refunded_fen"])
    refund.state = RefundState.REFUSED
    refund.refused_at, refund.refused_by = at, actor.name[:100]
    refund.refusal_reason = reason.strip()[:300]
    refund.save(update_fields=["state", "refused_at", "refused_by", "refusal_reason"])
    _record(actor, "payment.refund_refused", refund, at=at, reason=refund.refusal_reason)
    return refund


@transaction.atomic
def pay_refund_by_hand(*, actor: Actor, refund_id: UUID, slip: str, at: datetime) -> Refund:
    """Record that an approved refund was paid by transfer: money taken at a counter, or a channel
    that can no longer give it back (a closed account).

    Raises: RefundNotFound (404), Forbidden (403), ReasonMissing (422), RefundNotWaiting (409).
    """
    if not slip.strip():
        raise ReasonMissing
    refund = _lock(actor, APPROVE_REFUNDS, refund_id)
    by_hand = refund.payment.channel not in channel_codes()
    if refund.state != RefundState.FAILED and not (
        by_hand and refund.state == RefundState.APPROVED
    ):
        raise RefundNotWaiting(state=RefundState(refund.state).label)
    _settle(refund, channel_refund=slip.strip()[:64], paid_at=at, actor=actor, at=at)
    return refund


def ask_refund(refund_id: UUID, *, at: datetime, again: bool = False) -> Refund:
    """Ask the channel to pay an approved refund, or what became of it; repeatable at any time.

    The channel is asked outside any transaction of ours, always under the same number. One that
    failed is only asked about, unless an officer wants it paid `again`: another may be paying it by
    transfer.
    Raises: ChannelUnavailable.
    """
    refund = Refund.objects.select_related("payment__attempt", "payment__bill").get(pk=refund_id)
    if refund.state not in (RefundState.APPROVED, RefundState.FAILED):
        return refund
    payment = refund.payment
    attempt = payment.attempt
    if attempt is None or payment.channel not in channel_codes():
        return refund
    public_url = settings.LINGNAN.public_url.rstrip("/")
    adapter = channel_adapter(payment.channel)
    request = RefundRequest(
        refund_number=refund.number,
        order=OrderRef(
            order_number=attempt.order_number,
            placed_at=attempt.started_at,
            expires_at=attempt.expires_at,
        ),
        channel_transaction=payment.channel_transaction,
        paid_fen=payment.amount_fen,
        amount_fen=refund.amount_fen,
        reason=refund.reason[:60],
        requested_at=refund.approved_at or at,
        notify_url=f"{public_url}/api/v1/payment/callbacks/{payment.channel}",
    )
    try:
        report = adapter.query_refund(request) if refund.asked_at else None
        may_pay = again or refund.state == RefundState.APPROVED
        if may_pay and (report is None or report.state == RefundProgress.UNKNOWN):
            report = adapter.refund(request)
    except Refusal as refusal:
        report = RefundReport(
            refund_number=refund.number, state=RefundProgress.FAILED, problem=refusal.text
        )
    Refund.objects.filter(pk=refund.pk).update(asked_at=at)
    if report is not None:
        apply_refund_report(payment.channel, report, at=at)
    refund.refresh_from_db()
    return refund


@transaction.atomic
def apply_refund_report(channel: str, report: RefundReport, *, at: datetime) -> UUID | None:
    """Bring a verified report of a refund into the books, once; returns the bill."""
    found = Refund.objects.filter(number=report.refund_number, payment__channel=channel).first()
    if found is None:
        return None
    bill = lock_bill(found.payment.bill_id)
    refund = Refund.objects.select_for_update().select_related("payment__bill").get(pk=found.pk)
    if refund.state not in (RefundState.APPROVED, RefundState.FAILED):
        return bill.pk
    if report.state == RefundProgress.SUCCEEDED:
        if report.amount_fen != refund.amount_fen:
            refund.problem = _("The channel reports another amount: %(amount)s") % {
                "amount": format_fen(report.amount_fen)
            }
            refund.save(update_fields=["problem"])
            return bill.pk
        _settle(
            refund,
            channel_refund=report.channel_refund,
            paid_at=min(report.paid_at or at, at),
            actor=system_actor(f"payment.{channel}"),
            at=at,
        )
    elif report.state == RefundProgress.FAILED:
        refund.state = RefundState.FAILED
        refund.problem = report.problem[:300]
        refund.save(update_fields=["state", "problem"])
    return bill.pk


def _settle(
    refund: Refund, *, channel_refund: str, paid_at: datetime, actor: Actor, at: datetime
) -> None:
    payment = refund.payment
    refund.state, refund.paid_at = RefundState.PAID, paid_at
    refund.channel_refund, refund.problem = channel_refund, ""
    paid_on = local_date(paid_at)
    refund.carried_to = carried_to(payment.channel, paid_on)
    refund.save(update_fields=["state", "paid_at", "channel_refund", "problem", "carried_to"])
    ledger.post_refund_paid(
        payment,
        refund.amount_fen,
        refund_id=refund.pk,
        channel_refund=channel_refund,
        on=refund.carried_to or paid_on,
        actor=actor,
        at=at,
    )
    events.publish(
        RefundPaid(
            refund_id=refund.pk,
            bill_id=payment.bill_id,
            subject_kind=payment.bill.subject_kind,
            subject_id=payment.bill.subject_id,
            amount_fen=refund.amount_fen,
            paid_at=paid_at,
        )
    )
    _record(actor, "payment.refund_paid", refund, at=at, amount_fen=refund.amount_fen)


def _lock(actor: Actor, permission: str, refund_id: UUID) -> Refund:
    """A refund in the officer's reach, its bill and payment locked before it."""
    found = access.access_refund_for(permission, actor=actor, refund_id=refund_id)
    bill = lock_bill(found.payment.bill_id)
    payment = Payment.objects.select_for_update().get(pk=found.payment_id)
    refund = Refund.objects.select_for_update().filter(pk=refund_id).first()
    if refund is None:
        raise RefundNotFound
    payment.bill = bill
    refund.payment = payment
    return refund


def _check_step(refund: Refund, state: RefundState) -> None:
    if refund.state != state:
        raise RefundNotWaiting(state=RefundState(refund.state).label)


def _check_other_officer(actor: Actor, refund: Refund) -> None:
    access.check_other_officer(actor, refund.applied_by_id, refund.reviewed_by_id)


def _record(actor: Actor, act: str, refund: Refund, *, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="payment.bill",
        object_id=refund.payment.bill_id,
        facts={"refund": refund.number, **facts},
        at=at,
    )


@job("payment.pay_refund", retries=6)
def pay_refund(*, refund_id: str) -> None:
    """Ask the channel to pay one refund. Here rather than in `tasks`, which lies above."""
    ask_refund(UUID(refund_id), at=clock.now())
