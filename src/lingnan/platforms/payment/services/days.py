"""Business days: worked through by a job, closed at zero or by two officers, handed in."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from lingnan.kernel import clock, locks
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.errors import Refusal
from lingnan.kernel.jobs import job
from lingnan.security.audit import services as audit

from .. import access
from ..adapters.registry import channel_codes
from ..errors import DayClosed, DayHasDifferences, DayNotCompared, DayNotOver, ReasonMissing
from ..models import BusinessDay, Difference, Payment, Posting, Refund, StatementFile
from ..types import CLOSE_DAYS, RECONCILE, DayState, Resolution, Source
from .booking import hold_bookings
from .comparing import compare_day, day_bounds, drop_close_request, open_differences
from .handing_in import hand_in
from .statements import business_day, download_statement, say_step


@transaction.atomic
def begin_reconciliation(*, actor: Actor, channel: str, on: date, at: datetime) -> BusinessDay:
    """Put off the download and comparison of a channel's day; asking again starts it again.

    Raises: Forbidden (403), ChannelUnknown (404), DayClosed, DayNotOver (409, for days to come).
    """
    access.check_province(actor, RECONCILE)
    if on > clock.local_date(at):
        raise DayNotOver(on=on)
    day = business_day(channel, on)
    if day.state == DayState.CLOSED:
        raise DayClosed
    say_step(day.pk, "waiting")
    reconcile_day.enqueue(day_id=str(day.pk), download=True, key=str(day.pk))
    day.refresh_from_db()
    return day


def work_through(day_id: UUID, *, download: bool, at: datetime) -> None:
    """Download if asked, compare; a refusal is shown on the day, and what is missing stays open."""
    actor = system_actor("payment.reconciliation")
    day = BusinessDay.objects.get(pk=day_id)
    try:
        if download and day.channel in channel_codes():
            download_statement(day_id, actor=actor, at=at)
        compare_day(day_id, actor=actor, at=at)
    except Refusal as refusal:
        say_step(day_id, "stopped", refusal=refusal)


@transaction.atomic
def ask_to_close(*, actor: Actor, day_id: UUID, reason: str, at: datetime) -> BusinessDay:
    """Ask that a day be closed though not everything matches, and say why.

    Raises: DayNotFound (404), Forbidden (403), ReasonMissing (422), DayNotCompared, DayClosed.
    """
    if not reason.strip():
        raise ReasonMissing
    day = _lock(actor, RECONCILE, day_id)
    day.close_reason, day.close_asked_by = reason.strip()[:300], actor.name[:100]
    day.close_asked_by_id, day.close_asked_by_person_id = actor.account_id, actor.person_id
    day.save(
        update_fields=[
            "close_reason", "close_asked_by", "close_asked_by_id", "close_asked_by_person_id",
        ]
    )  # fmt: skip
    _record(actor, "payment.day_close_asked", day, at=at, reason=day.close_reason)
    return day


@transaction.atomic
def close_day(*, actor: Actor, day_id: UUID, at: datetime) -> BusinessDay:
    """Close a day: at zero differences three ways, or on another officer's reasoned request.

    What the day collected, and what was carried over to it from closed days, is handed in: from the
    channel's account to each government's treasury; without what its tickets found missing.

    Raises: DayNotFound (404), Forbidden, SameOfficer (403), DayNotCompared (also where a statement
    or money came in after the comparison), DayNotOver, DayHasDifferences, DayClosed (409).
    """
    day = _lock(actor, CLOSE_DAYS, day_id)
    if day.business_on >= clock.local_date(at):
        raise DayNotOver(on=day.business_on)
    hold_bookings(day.channel, day.business_on)
    if _has_news(day):
        raise DayNotCompared
    count = open_differences(day.pk)
    if count or not has_treasury_statement(day):
        if day.close_asked_by_id is None:
            raise DayHasDifferences(count=count)
        access.check_other_officer(actor, day.close_asked_by_id)
    else:
        drop_close_request(day)
    day.state, day.closed_at = DayState.CLOSED, at
    day.closed_by, day.closed_by_id = actor.name[:100], actor.account_id
    day.closed_by_person_id = actor.person_id
    day.save()
    hand_in(day, actor=actor, at=at)
    _record(actor, "payment.day_closed", day, at=at, open=count)
    return day


def has_treasury_statement(day: BusinessDay) -> bool:
    """Whether the third side of the comparison is there."""
    return StatementFile.objects.filter(
        day=day, source=Source.TREASURY, is_complete=True, replaced_at__isnull=True
    ).exists()


def _has_news(day: BusinessDay) -> bool:
    """Whether money of the day came into the books, or went out of them, after its comparison,
    other than by a ticket.
    """
    by_ticket = Difference.objects.filter(day=day, resolution=Resolution.SUPPLEMENT)
    came = Payment.objects.filter(
        channel=day.channel, business_on=day.business_on, recorded_at__gt=day.compared_at
    ).exclude(channel_transaction__in=by_ticket.filter(is_refund=False).values("transaction"))
    start, end = day_bounds(day)
    posted = Posting.objects.filter(
        kind=Posting.Kind.REFUND_PAID,
        cause_kind="refund",
        cause_id=OuterRef("pk"),
        posted_at__gt=day.compared_at,
    )
    went = Refund.objects.filter(
        Exists(posted), payment__channel=day.channel, paid_at__gte=start, paid_at__lt=end
    ).exclude(channel_refund__in=by_ticket.filter(is_refund=True).values("transaction"))
    return came.exists() or went.exists()


def _lock(actor: Actor, permission: str, day_id: UUID) -> BusinessDay:
    access.access_day(permission, actor=actor, day_id=day_id)
    locks.hold("payment.day", day_id)
    day = BusinessDay.objects.select_for_update().get(pk=day_id)
    if day.state == DayState.CLOSED:
        raise DayClosed
    if day.state != DayState.COMPARED:
        raise DayNotCompared
    return day


def _record(actor: Actor, act: str, day: BusinessDay, *, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="payment.business_day",
        object_id=day.pk,
        facts={"channel": day.channel, "on": day.business_on.isoformat(), **facts},
        at=at,
    )


@job("payment.reconcile_day", retries=5)
def reconcile_day(*, day_id: str, download: bool) -> None:
    """Work one day through. Here rather than in `tasks`, which lies above."""
    work_through(UUID(day_id), download=download, at=clock.now())


def reconcile_yesterday(*, at: datetime) -> None:
    """Every channel's day before, the morning after (T+1)."""
    on = clock.local_date(at) - timedelta(days=1)
    for channel in channel_codes():
        day = business_day(channel, on)
        if day.state == DayState.OPEN:
            reconcile_day.enqueue(day_id=str(day.pk), download=True, key=str(day.pk))
