"""Differences as tickets: taken up, explained with a remedy, approved by a second officer.

One that was open, or in transit, when its day closed is still worked on: what its remedy moves is
booked on the next open day.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.security.audit import services as audit

from .. import access, flow_queries
from ..adapters.base import OrderReport, OrderState, RefundProgress, RefundReport
from ..errors import DifferenceSettled, ReasonMissing, ResolutionUnfit
from ..models import BusinessDay, Difference, Payment, PaymentAttempt, Refund
from ..types import (
    CLOSE_DAYS,
    RECONCILE,
    WHOLE_PROVINCE,
    DifferenceState,
    RefundState,
    Resolution,
)
from . import ledger
from .booking import carried_to
from .refunds import apply_refund_report
from .settlement import apply_report

_UNPAID_REFUNDS = (RefundState.APPROVED, RefundState.FAILED)


@transaction.atomic
def take_difference(*, actor: Actor, difference_id: UUID, at: datetime) -> Difference:
    """Take a ticket upon oneself. Raises: DifferenceNotFound (404), DifferenceSettled (409)."""
    found = _lock(actor, RECONCILE, difference_id)
    found.assignee_id, found.assignee = actor.account_id, actor.name[:100]
    if found.state == DifferenceState.OPEN:
        found.state = DifferenceState.ASSIGNED
    found.save(update_fields=["assignee_id", "assignee", "state"])
    _record(actor, "payment.difference_taken", found, at=at)
    return found


@transaction.atomic
def propose_resolution(
    *, actor: Actor, difference_id: UUID, resolution: Resolution, explanation: str, at: datetime
) -> Difference:
    """Explain a difference and propose what to do; a second officer approves.

    `supplement` brings the channel's news into the books: it pays the bill, or is surplus and goes
    back by itself. `adjustment` books what differs to the suspense account; `made_good` takes it
    out again when the channel has put it right, also of a ticket that is settled. `no_action`
    leaves the books as they are.

    Raises: DifferenceNotFound (404), ReasonMissing (422), ResolutionUnfit, DifferenceSettled (409).
    """
    if not explanation.strip():
        raise ReasonMissing
    found = _lock(actor, RECONCILE, difference_id, even_settled=resolution == Resolution.MADE_GOOD)
    if resolution not in fitting_resolutions(found):
        raise ResolutionUnfit
    found.state = DifferenceState.EXPLAINED
    found.resolution, found.explanation = resolution, explanation.strip()[:500]
    found.proposed_at, found.proposed_by = at, actor.name[:100]
    found.proposed_by_id, found.proposed_by_person_id = actor.account_id, actor.person_id
    found.resolved_at, found.resolved_by = None, ""
    found.resolved_by_id = found.resolved_by_person_id = None
    if found.assignee_id is None:
        found.assignee_id, found.assignee = actor.account_id, actor.name[:100]
    found.save()
    _record(actor, "payment.difference_explained", found, at=at, resolution=str(resolution))
    return found


def fitting_resolutions(found: Difference) -> tuple[Resolution, ...]:
    """What can be done about a difference; about a settled one, at most to clear it up."""
    own = flow_queries.in_suspense([found.pk]).get(found.pk, 0)
    if found.state == DifferenceState.RESOLVED:
        return (Resolution.MADE_GOOD,) if own else ()
    fitting = [Resolution.NO_ACTION]
    if own:
        fitting.insert(0, Resolution.MADE_GOOD)
    if _to_adjust(found) not in (0, own):
        fitting.insert(0, Resolution.ADJUSTMENT)
    if found.platform_fen is None and _known_order(found):
        fitting.insert(0, Resolution.SUPPLEMENT)
    return tuple(fitting)


def _to_adjust(found: Difference) -> int:
    """By how much the channel's account is not what the statement says. What the ticket of the
    other statement about the same money booked is not booked again, and never taken back by this.
    """
    amount = (found.statement_fen or 0) - (found.platform_fen or 0)
    if found.is_refund:
        amount = -amount
    others = Difference.objects.filter(
        day_id=found.day_id, transaction=found.transaction, is_refund=found.is_refund
    ).exclude(pk=found.pk)
    booked = flow_queries.in_suspense(list(others.values_list("pk", flat=True)))
    rest = amount - sum(booked.values())
    return max(0, min(rest, amount)) if amount > 0 else min(0, max(rest, amount))


def _known_order(found: Difference) -> bool:
    channel = found.day.channel
    if found.is_refund:
        return found.refund is not None and found.refund.state in _UNPAID_REFUNDS
    return PaymentAttempt.objects.filter(channel=channel, order_number=found.order_number).exists()


@transaction.atomic
def approve_resolution(*, actor: Actor, difference_id: UUID, at: datetime) -> Difference:
    """A second officer approves: the remedy is carried out and the ticket settled.

    Raises: DifferenceNotFound (404), SameOfficer (403), ResolutionUnfit without a proposal,
    DifferenceSettled (409).
    """
    found = _lock(actor, CLOSE_DAYS, difference_id)
    if found.state != DifferenceState.EXPLAINED:
        raise ResolutionUnfit
    access.check_other_officer(actor, found.proposed_by_id)
    if found.resolution == Resolution.SUPPLEMENT:
        _supplement(found, at=at)
    elif found.resolution == Resolution.ADJUSTMENT:
        _adjust(found, actor=actor, at=at)
    elif found.resolution == Resolution.MADE_GOOD:
        _clear_up(found, actor=actor, at=at)
    found.state, found.resolved_at = DifferenceState.RESOLVED, at
    found.resolved_by, found.resolved_by_id = actor.name[:100], actor.account_id
    found.resolved_by_person_id = actor.person_id
    found.save(
        update_fields=[
            "state", "resolved_at", "resolved_by", "resolved_by_id", "resolved_by_person_id",
        ]
    )  # fmt: skip
    _record(actor, "payment.difference_resolved", found, at=at, resolution=found.resolution)
    return found


@transaction.atomic
def send_difference_back(
    *, actor: Actor, difference_id: UUID, reason: str, at: datetime
) -> Difference:
    """The second officer does not agree; the ticket goes back to who explained it.

    Raises: DifferenceNotFound (404), ReasonMissing (422), ResolutionUnfit, DifferenceSettled (409).
    """
    if not reason.strip():
        raise ReasonMissing
    found = _lock(actor, CLOSE_DAYS, difference_id)
    if found.state != DifferenceState.EXPLAINED:
        raise ResolutionUnfit
    found.state, found.resolution = DifferenceState.ASSIGNED, ""
    found.explanation = f"{found.explanation} ← {reason.strip()}"[:500]
    found.save(update_fields=["state", "resolution", "explanation"])
    _record(actor, "payment.difference_sent_back", found, at=at, reason=reason.strip()[:200])
    return found


def _supplement(found: Difference, *, at: datetime) -> None:
    """The channel's signed statement is the news its notice should have been."""
    assert found.statement_fen is not None
    channel = found.day.channel
    if found.is_refund:
        assert found.refund is not None, "fitting only where the refund is known"
        refund = found.refund
        apply_refund_report(
            channel,
            RefundReport(
                refund_number=refund.number,
                state=RefundProgress.SUCCEEDED,
                channel_refund=found.transaction,
                amount_fen=found.statement_fen,
                paid_at=found.statement_at,
            ),
            at=at,
        )
        refund.refresh_from_db()
        if refund.state != RefundState.PAID:  # of another amount, or paid otherwise meanwhile
            raise ResolutionUnfit
        return
    apply_report(
        channel,
        OrderReport(
            order_number=found.order_number,
            state=OrderState.PAID,
            channel_transaction=found.transaction,
            amount_fen=found.statement_fen,
            paid_at=found.statement_at,
        ),
        at=at,
    )


def _is_heard_of(found: Difference) -> bool:
    """Whether what only the statement had came into our books since."""
    channel = found.day.channel
    if found.is_refund:
        return Refund.objects.filter(
            payment__channel=channel, channel_refund=found.transaction, state=RefundState.PAID
        ).exists()
    return Payment.objects.filter(channel=channel, channel_transaction=found.transaction).exists()


def _adjust(found: Difference, *, actor: Actor, at: datetime) -> None:
    """The channel's account becomes what its statement says; what differs waits in suspense.

    Raises: ResolutionUnfit (409) where the money came into the books since.
    """
    channel = found.day.channel
    on = carried_to(channel, found.day.business_on) or found.day.business_on
    ledger.hold_transaction(channel, found.transaction)
    if found.platform_fen is None and _is_heard_of(found):
        raise ResolutionUnfit
    amount = _to_adjust(found)
    if amount in (0, flow_queries.in_suspense([found.pk]).get(found.pk, 0)):
        raise ResolutionUnfit
    payment = found.payment or (found.refund.payment if found.refund else None)
    ledger.find_difference(
        found.pk,
        amount,
        channel=channel,
        region_path=payment.bill.region_path if payment else WHOLE_PROVINCE,
        on=on,
        actor=actor,
        at=at,
        note=found.explanation,
    )


def _clear_up(found: Difference, *, actor: Actor, at: datetime) -> None:
    """The channel paid what was missing, or took back what nobody owed: booked today.

    Raises: ResolutionUnfit (409) where nothing stands in suspense any more.
    """
    channel, today = found.day.channel, clock.local_date(at)
    on = carried_to(channel, today) or today
    ledger.hold_transaction(channel, found.transaction)
    cleared = ledger.clear_suspense(found.pk, on=on, actor=actor, at=at, note=found.explanation)
    if cleared is None:
        raise ResolutionUnfit


def _lock(
    actor: Actor, permission: str, difference_id: UUID, *, even_settled: bool = False
) -> Difference:
    access.access_difference(permission, actor=actor, difference_id=difference_id)
    found = Difference.objects.select_for_update().get(pk=difference_id)
    found.day = BusinessDay.objects.get(pk=found.day_id)
    if found.state == DifferenceState.RESOLVED and not even_settled:
        raise DifferenceSettled
    return found


def _record(actor: Actor, act: str, found: Difference, *, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="payment.business_day",
        object_id=found.day_id,
        facts={"transaction": found.transaction, **facts},
        at=at,
    )
