"""Questions about where money came from, where it went, and what of it is late."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page

from .models import (
    Account,
    Bill,
    BusinessDay,
    Difference,
    Entry,
    Payment,
    Posting,
    Refund,
)
from .types import CLOSE_DAYS, READ_FLOWS, RECONCILE, WHOLE_PROVINCE, DayState

LATE_SHOWN = 50
_CAME = (Posting.Kind.SETTLEMENT, Posting.Kind.SURPLUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One account over some days: what stood on it before, what came and went, what stands now."""

    account: str
    kind: str
    channel: str
    region_path: str
    agency_id: UUID | None
    before_fen: int
    debit_fen: int
    credit_fen: int
    after_fen: int


def flows(
    actor: Actor,
    *,
    since: date,
    until: date,
    kind: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Flow]:
    """One page of the accounts an officer may see that anything was booked on, and what moved on
    them from `since` to `until`. Two queries.
    """
    booked = Entry.objects.filter(account_id=OuterRef("key"), business_on__lte=until)
    accounts = Account.objects.filter(
        Exists(booked), actor.reach(READ_FLOWS).q(agency="agency_id", region="region_path")
    )
    if kind in Account.Kind.values:
        accounts = accounts.filter(kind=kind)
    order = ("kind", "channel", "region_path", "key")
    page = keyset_page(accounts, order=order, cursor=cursor, limit=limit)
    within = Q(business_on__gte=since)
    sums = {
        row["account_id"]: row
        for row in Entry.objects.filter(
            account_id__in=[account.key for account in page.items], business_on__lte=until
        )
        .values("account_id")
        .annotate(
            before=Sum("amount_fen", filter=~within, default=0),
            debit=Sum("amount_fen", filter=within & Q(amount_fen__gt=0), default=0),
            credit=Sum("amount_fen", filter=within & Q(amount_fen__lt=0), default=0),
        )
    }
    found = []
    for account in page.items:
        row = sums[account.key]
        found.append(
            Flow(
                account=account.key,
                kind=account.kind,
                channel=account.channel,
                region_path=account.region_path,
                agency_id=account.agency_id,
                before_fen=row["before"],
                debit_fen=row["debit"],
                credit_fen=-row["credit"],
                after_fen=row["before"] + row["debit"] + row["credit"],
            )
        )
    return Page(found, page.next_cursor)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFlow:
    """What a channel took, gave back and handed in over some days, and holds at their end."""

    channel: str
    came_fen: int = 0
    given_back_fen: int = 0
    handed_in_fen: int = 0
    corrected_fen: int = 0
    held_fen: int = 0


def channel_flows(actor: Actor, *, since: date, until: date) -> list[ChannelFlow]:
    """By channel, of what an officer may see. One query; as many rows as there are channels."""
    reach = actor.reach(READ_FLOWS)
    rows = (
        Entry.objects.filter(
            reach.q(agency="account__agency_id", region="account__region_path"),
            account__kind=Account.Kind.CLEARING,
            business_on__lte=until,
        )
        .values("account__channel")
        .annotate(
            came=_moved(since, _CAME),
            back=_moved(since, (Posting.Kind.REFUND_PAID,)),
            handed_in=_moved(since, (Posting.Kind.HANDED_IN,)),
            corrected=_moved(since, (Posting.Kind.ADJUSTMENT,)),
            held=Sum("amount_fen", default=0),
        )
        .order_by("account__channel")
    )
    return [
        ChannelFlow(
            channel=row["account__channel"],
            came_fen=row["came"],
            given_back_fen=-row["back"],
            handed_in_fen=-row["handed_in"],
            corrected_fen=row["corrected"],
            held_fen=row["held"],
        )
        for row in rows
    ]


def _moved(since: date, kinds: tuple[str, ...]) -> Sum:
    within = Q(business_on__gte=since, posting__kind__in=kinds)
    return Sum("amount_fen", filter=within, default=0)


def entries(
    actor: Actor,
    account_key: str,
    *,
    since: date,
    until: date,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Entry]:
    """The entries of an account an officer may see, newest first. One query."""
    reach = actor.reach(READ_FLOWS)
    rows = Entry.objects.filter(
        reach.q(agency="account__agency_id", region="account__region_path"),
        account_id=account_key,
        business_on__gte=since,
        business_on__lte=until,
    ).select_related("posting", "account")
    return keyset_page(rows, order=("-business_on", "-id"), cursor=cursor, limit=limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What an entry comes of: a payment (`id` is its bill's), a refund, a difference or a business
    day; with the bill it is about, unless it is about a channel's whole account.
    """

    kind: str
    id: UUID
    bill: Bill | None = None


def causes(rows: Sequence[Entry]) -> dict[UUID, Cause]:
    """What each posting of some entries comes of, by the posting's id. Two queries."""
    postings = {row.posting_id: row.posting for row in rows}
    by_kind: dict[str, set[UUID]] = defaultdict(set)
    for posting in postings.values():
        by_kind[posting.cause_kind].add(posting.cause_id)
    bills = {
        paid.pk: paid.bill
        for paid in Payment.objects.filter(pk__in=by_kind["payment"]).select_related("bill")
    } | {
        back.pk: back.payment.bill
        for back in Refund.objects.filter(pk__in=by_kind["refund"]).select_related("payment__bill")
    }
    found = {}
    for key, posting in postings.items():
        kind, cause_id = posting.cause_kind, posting.cause_id
        bill = bills.get(cause_id)
        if kind == "payment" and bill is not None:
            cause_id = bill.pk
        elif kind not in ("refund", "business_day"):
            kind = "difference"
        found[key] = Cause(kind=kind, id=cause_id, bill=bill)
    return found


def in_suspense(ticket_ids: Sequence[UUID]) -> dict[UUID, int]:
    """By how much the channel's account was changed for tickets, as far as it still stands in
    suspense: below zero what is missing, above it what nobody owed; nothing of the others. One
    query.
    """
    rows = _suspended().filter(posting__cause_id__in=ticket_ids)
    return {row["posting__cause_id"]: row["total"] for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspended:
    """A ticket and what stands in suspense for it."""

    ticket: Difference
    amount_fen: int


def tickets_in_suspense(
    actor: Actor, *, cursor: str | None = None, limit: int = 50
) -> Page[Suspended]:
    """The tickets of any day that something stands in suspense for, the oldest first; none outside
    the province's own reach. Two queries.
    """
    rows = Difference.objects.none()
    if any(actor.can(code, region_path=WHOLE_PROVINCE) for code in (RECONCILE, CLOSE_DAYS)):
        standing = _suspended().values("posting__cause_id")
        rows = Difference.objects.filter(pk__in=standing).select_related("day")
    page = keyset_page(rows, order=("created_at", "id"), cursor=cursor, limit=limit)
    amounts = in_suspense([row.pk for row in page.items])
    found = [Suspended(ticket=row, amount_fen=amounts.get(row.pk, 0)) for row in page.items]
    return Page(found, page.next_cursor)


def _suspended() -> QuerySet[Entry, Any]:
    rows = Entry.objects.filter(
        account__kind=Account.Kind.SUSPENSE, posting__kind=Posting.Kind.ADJUSTMENT
    )
    sums = rows.values("posting__cause_id").annotate(total=-Sum("amount_fen"))
    return sums.exclude(total=0).order_by()


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Money a channel has held for longer than it may."""

    channel: str
    business_on: date
    amount_fen: int
    day_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LatePage:
    """Some of the late days, the oldest first; what all of them come to; where the next begin."""

    items: list[Late]
    total_fen: int
    next_from: date | None


def late_handing_in(actor: Actor, *, before: date, begins: date | None = None) -> LatePage:
    """Payments of days before `before` that no closed day has handed in, by channel and day, from
    `begins` on. A day is never divided between two pages.

    `day_id` is the day that will: that of the payment, or the one it is carried to.
    Three queries.
    """
    closed = BusinessDay.objects.filter(
        channel=OuterRef("channel"), business_on=OuterRef("booked_on"), state=DayState.CLOSED
    )
    late = Payment.objects.annotate(booked_on=Coalesce("carried_to", "business_on")).filter(
        actor.reach(READ_FLOWS).q(agency="bill__collecting_agency_id", region="bill__region_path"),
        ~Exists(closed),
        kind=Payment.Kind.SETTLEMENT,
        business_on__lt=before,
    )
    groups = (
        (late.filter(business_on__gte=begins) if begins is not None else late)
        .values("channel", "business_on", "booked_on")
        .annotate(total=Sum("amount_fen"))
        .order_by("business_on", "channel", "booked_on")
    )
    found = list(groups[: LATE_SHOWN + 1])
    next_from: date | None = None
    if len(found) > LATE_SHOWN:
        next_from = found[-1]["business_on"]
        first_days = [row for row in found if row["business_on"] < next_from]
        if first_days:
            found = first_days
        else:  # one day longer than a page
            found = list(groups.filter(business_on=next_from))
            following = groups.filter(business_on__gt=next_from).first()
            next_from = following["business_on"] if following else None
    days = {
        (day.channel, day.business_on): day.pk
        for day in BusinessDay.objects.filter(business_on__in={row["booked_on"] for row in found})
    }
    return LatePage(
        items=[
            Late(
                channel=row["channel"],
                business_on=row["business_on"],
                amount_fen=row["total"],
                day_id=days.get((row["channel"], row["booked_on"])),
            )
            for row in found
        ],
        total_fen=late.aggregate(total=Sum("amount_fen", default=0))["total"],
        next_from=next_from,
    )
