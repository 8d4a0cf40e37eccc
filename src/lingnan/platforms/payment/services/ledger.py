"""The ledger: money posted in balanced entries, by cause, once.

Every posting goes through `post`, which checks the balance before the database does.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum

from lingnan.kernel import locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies

from .. import flow_queries, queries
from ..errors import RuleNotInForce, SharesNotWhole
from ..models import (
    Account,
    Bill,
    Charge,
    Difference,
    Entry,
    Payment,
    Posting,
    SplitRule,
    SplitShare,
)
from ..splitting import MYRIAD, compute_shares, level_path

Kind = Account.Kind
SURCHARGE = "surcharge"
FOUND, CLEARED = "difference", "difference_cleared"
"""The cause of an adjustment: a ticket that found a difference; the same one cleared up. Where a
newer statement makes it a ticket again, `difference:2` and `difference_cleared:2` follow.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry to be: debit above zero, credit below."""

    account: Account
    amount_fen: int
    fee_code: str = ""


def clearing(channel: str, region_path: str) -> Account:
    """What a channel holds for the government until it is handed in."""
    return _held("clearing", channel, region_path)


def surplus(channel: str, region_path: str) -> Account:
    """What payers paid without owing it."""
    return _held("surplus", channel, region_path)


def refunds(channel: str, region_path: str) -> Account:
    """What was approved to be given back and has not left yet."""
    return _held("refunds", channel, region_path)


def suspense(channel: str, region_path: str) -> Account:
    """Differences between a channel's statement and our books that wait to be cleared up."""
    return _held("suspense", channel, region_path)


def _held(kind: str, channel: str, region_path: str) -> Account:
    key = f"{kind}:{channel}:{region_path}"
    return Account(key=key, kind=kind, channel=channel, region_path=region_path)


def treasury(region_path: str) -> Account:
    """The treasury of one government; the empty path is the central one."""
    return Account(key=f"treasury:{region_path}", kind=Kind.TREASURY, region_path=region_path)


def special(region_path: str) -> Account:
    """The special fiscal account of one government."""
    return Account(key=f"special:{region_path}", kind=Kind.SPECIAL, region_path=region_path)


def income(agency_id: UUID, region_path: str) -> Account:
    """What an agency collected for one government."""
    return Account(
        key=f"income:{agency_id}:{region_path}",
        kind=Kind.INCOME,
        agency_id=agency_id,
        region_path=region_path,
    )


def post(
    *,
    kind: Posting.Kind,
    cause_kind: str,
    cause_id: UUID,
    lines: Iterable[Line],
    business_on: date,
    actor: Actor,
    at: datetime,
    note: str = "",
    is_new: bool = False,
) -> Posting:
    """Write one posting in the caller's transaction; the same cause again gives the first one.

    `is_new`: the cause was made in this transaction, so nothing was posted of it.

    Lines of one account and fee are added up; what comes to nothing is left out.
    Raises: ValueError when the lines do not sum to zero, or move nothing.
    """
    summed: dict[tuple[str, str], int] = defaultdict(int)
    accounts: dict[str, Account] = {}
    for line in lines:
        accounts[line.account.key] = line.account
        summed[line.account.key, line.fee_code] += line.amount_fen
    kept = {place: amount for place, amount in summed.items() if amount}
    if sum(kept.values()) or not kept:
        raise ValueError(f"a posting balances and moves money: {kept}")
    cause = {"kind": kind, "cause_kind": cause_kind, "cause_id": cause_id}
    facts = {
        "business_on": business_on,
        "posted_at": at,
        "posted_by": actor.name[:100],
        "note": note[:300],
    }
    if is_new:
        found = Posting.objects.create(**cause, **facts)
    else:
        found, was_made = Posting.objects.get_or_create(**cause, defaults=facts)
        if not was_made:
            return found
    Account.objects.bulk_create(accounts.values(), ignore_conflicts=True)
    Entry.objects.bulk_create(
        Entry(
            posting=found,
            account_id=key,
            fee_code=fee_code,
            amount_fen=amount,
            business_on=business_on,
        )
        for (key, fee_code), amount in kept.items()
    )
    return found


def post_payment(payment: Payment, *, actor: Actor, at: datetime, is_new: bool = False) -> Posting:
    """Post money that arrived: a settlement to those it belongs to, surplus to its payer."""
    region = payment.bill.region_path
    if payment.kind == Payment.Kind.SURPLUS:
        owed = [Line(account=surplus(payment.channel, region), amount_fen=-payment.amount_fen)]
        kind = Posting.Kind.SURPLUS
    else:
        owed = income_lines(payment.bill, payment.amount_fen, on=payment.business_on)
        kind = Posting.Kind.SETTLEMENT
    on = payment.carried_to or payment.business_on
    _take_back_adjustments(
        payment.channel, payment.channel_transaction, is_refund=False, on=on, actor=actor, at=at
    )
    return post(
        kind=kind,
        cause_kind="payment",
        cause_id=payment.pk,
        lines=[
            Line(account=clearing(payment.channel, region), amount_fen=payment.amount_fen),
            *owed,
        ],
        business_on=on,
        actor=actor,
        at=at,
        is_new=is_new,
    )


def hold_transaction(channel: str, transaction_number: str) -> None:
    """Money of one transaction is booked by one at a time, whether as payment or as adjustment."""
    locks.hold("payment.transaction", f"{channel}:{transaction_number}")


def find_difference(
    ticket_id: UUID,
    amount_fen: int,
    *,
    channel: str,
    region_path: str,
    on: date,
    actor: Actor,
    at: datetime,
    note: str,
) -> Posting:
    """The channel's account changes by what a ticket found; the same waits in suspense. What the
    ticket had there goes out first. The caller holds the transaction the ticket is about.
    """
    clear_suspense(ticket_id, on=on, actor=actor, at=at, note=note)
    return post(
        kind=Posting.Kind.ADJUSTMENT,
        cause_kind=_round(FOUND, _rounds(ticket_id) + 1),
        cause_id=ticket_id,
        lines=[
            Line(account=clearing(channel, region_path), amount_fen=amount_fen),
            Line(account=suspense(channel, region_path), amount_fen=-amount_fen),
        ],
        business_on=on,
        actor=actor,
        at=at,
        note=note,
    )


def _rounds(ticket_id: UUID) -> int:
    """How often a ticket has found something; each is looked for by its unique key."""
    number = 0
    while Posting.objects.filter(
        kind=Posting.Kind.ADJUSTMENT, cause_kind=_round(FOUND, number + 1), cause_id=ticket_id
    ).exists():
        number += 1
    return number


def _round(cause_kind: str, number: int) -> str:
    return cause_kind if number == 1 else f"{cause_kind}:{number}"


def clear_suspense(
    ticket_id: UUID, *, on: date, actor: Actor, at: datetime, note: str = ""
) -> Posting | None:
    """What stands in suspense for a ticket goes out again, once. The caller holds the transaction
    the ticket is about (`hold_transaction`).
    """
    if not flow_queries.in_suspense([ticket_id]):
        return None
    number = _rounds(ticket_id)
    entries = Entry.objects.filter(
        posting__kind=Posting.Kind.ADJUSTMENT,
        posting__cause_kind=_round(FOUND, number),
        posting__cause_id=ticket_id,
    ).select_related("account")
    return post(
        kind=Posting.Kind.ADJUSTMENT,
        cause_kind=_round(CLEARED, number),
        cause_id=ticket_id,
        lines=[Line(account=entry.account, amount_fen=-entry.amount_fen) for entry in entries],
        business_on=on,
        actor=actor,
        at=at,
        note=note,
    )


def _take_back_adjustments(
    channel: str,
    transaction_number: str,
    *,
    is_refund: bool,
    on: date,
    actor: Actor,
    at: datetime,
) -> None:
    """What stood in suspense for money we had not heard of goes out again when we hear of it."""
    hold_transaction(channel, transaction_number)
    tickets = Difference.objects.filter(
        day__channel=channel,
        transaction=transaction_number,
        is_refund=is_refund,
        platform_fen__isnull=True,
    )
    for ticket_id in tickets.values_list("pk", flat=True):
        clear_suspense(ticket_id, on=on, actor=actor, at=at)


def income_lines(bill: Bill, amount_fen: int, *, on: date) -> list[Line]:
    """The credits of a bill's payment: each charge to its agency, shared between governments.

    What is above the charges is a fine's surcharge, which goes where the bill's first charge goes.
    """
    charges = list(Charge.objects.filter(bill=bill).order_by("position"))
    regions = _regions(bill, charges)
    rules = queries.split_rules_in_force(
        {charge.code for charge in charges}, on=on, opened_on=local_date(bill.opened_at)
    )
    lines: list[Line] = []
    for charge in charges:
        if charge.amount_fen:
            agency_id = charge.agency_id or bill.collecting_agency_id
            lines += _shared(
                charge.code, charge.amount_fen, agency_id, regions[agency_id], rules, charge.code
            )
    rest = amount_fen - sum(charge.amount_fen for charge in charges)
    if rest:
        agency_id = charges[0].agency_id or bill.collecting_agency_id
        lines += _shared(charges[0].code, rest, agency_id, regions[agency_id], rules, SURCHARGE)
    return lines


def _regions(bill: Bill, charges: Sequence[Charge]) -> dict[UUID, str]:
    regions = {bill.collecting_agency_id: bill.region_path}
    others = [charge.agency_id for charge in charges if charge.agency_id is not None]
    if others:
        regions |= {key: card.region_path for key, card in agencies.agencies(others).items()}
    return regions


def _shared(
    fee_code: str,
    amount_fen: int,
    agency_id: UUID,
    region_path: str,
    rules: Mapping[str, Sequence[tuple[str, int]]],
    booked_as: str,
) -> list[Line]:
    """Without a rule all of it belongs to the agency's own government."""
    shares = rules.get(fee_code)
    if not shares:
        own = income(agency_id, region_path)
        return [Line(account=own, amount_fen=-amount_fen, fee_code=booked_as)]
    parts = compute_shares(amount_fen, [share for _level, share in shares])
    return [
        Line(
            account=income(agency_id, level_path(region_path, level)),
            amount_fen=-part,
            fee_code=booked_as,
        )
        for (level, _share), part in zip(shares, parts, strict=True)
        if part
    ]


@transaction.atomic
def set_split_rule(
    *,
    actor: Actor,
    fee_code: str,
    shares: Mapping[str, int],
    legal_basis: str,
    effective_from: date,
    at: datetime,
) -> SplitRule:
    """Share the income of a fee between levels of government from a day on.

    `shares`: level -> parts of ten thousand. The rule before ends that day; payments are shared by
    the rule of the day they were made. The same content again changes nothing.

    Raises: SharesNotWhole (422); RuleNotInForce (409) when a rule from the same day or later exists
    with other content.
    """
    levels = [level for level in SplitShare.Level.values if level in shares]
    if len(levels) != len(shares) or sum(shares.values()) != MYRIAD or min(shares.values()) <= 0:
        raise SharesNotWhole
    locks.hold("payment.split", fee_code)
    standing = SplitRule.objects.filter(fee_code=fee_code, withdrawn_at=None)
    latest = standing.order_by("-effective_from").first()
    if latest is not None:
        known = dict(latest.shares.values_list("level", "share_per_myriad"))
        if known == dict(shares) and latest.legal_basis == legal_basis:
            return latest
        if latest.effective_from >= effective_from:
            raise RuleNotInForce(fee_code=fee_code, on=effective_from)
        latest.effective_until = effective_from
        latest.save(update_fields=["effective_until"])
    rule = SplitRule.objects.create(
        fee_code=fee_code, legal_basis=legal_basis, effective_from=effective_from
    )
    SplitShare.objects.bulk_create(
        SplitShare(rule=rule, level=level, share_per_myriad=shares[level]) for level in levels
    )
    audit.record(
        actor=actor,
        act="payment.split_rule_set",
        object_kind="payment.fee",
        object_id=fee_code,
        facts={"shares": dict(shares), "effective_from": effective_from.isoformat()},
        at=at,
    )
    return rule


def post_refund_approved(
    payment: Payment, amount_fen: int, *, refund_id: UUID, actor: Actor, at: datetime
) -> Posting:
    """What is to be given back is no longer income (or surplus) but owed to the payer.

    A partial refund takes from each government and fee in the proportion of what is left of the
    payment there, so that partial refunds of the whole leave nothing anywhere, to the fen. The
    caller holds the payment.
    """
    approved = payment.refunds.values_list("pk", flat=True)
    owed = list(
        Entry.objects.filter(
            Q(posting__cause_kind="payment", posting__cause_id=payment.pk, amount_fen__lt=0)
            | Q(
                posting__cause_kind="refund",
                posting__kind=Posting.Kind.REFUND_APPROVED,
                posting__cause_id__in=approved,
                amount_fen__gt=0,
            )
        )
        .values("account_id", "fee_code")
        .annotate(left=-Sum("amount_fen"))
        .filter(left__gt=0)
        .order_by("account_id", "fee_code")
    )
    parts = compute_shares(amount_fen, [row["left"] for row in owed])
    accounts = Account.objects.in_bulk([row["account_id"] for row in owed])
    lines = [
        Line(account=accounts[row["account_id"]], amount_fen=part, fee_code=row["fee_code"])
        for row, part in zip(owed, parts, strict=True)
    ]
    lines.append(
        Line(account=refunds(payment.channel, payment.bill.region_path), amount_fen=-amount_fen)
    )
    return post(
        kind=Posting.Kind.REFUND_APPROVED,
        cause_kind="refund",
        cause_id=refund_id,
        lines=lines,
        business_on=local_date(at),
        actor=actor,
        at=at,
    )


def post_refund_paid(
    payment: Payment,
    amount_fen: int,
    *,
    refund_id: UUID,
    channel_refund: str,
    on: date,
    actor: Actor,
    at: datetime,
) -> Posting:
    """The money left by the channel it came through."""
    region = payment.bill.region_path
    _take_back_adjustments(
        payment.channel, channel_refund, is_refund=True, on=on, actor=actor, at=at
    )
    return post(
        kind=Posting.Kind.REFUND_PAID,
        cause_kind="refund",
        cause_id=refund_id,
        lines=[
            Line(account=refunds(payment.channel, region), amount_fen=amount_fen),
            Line(account=clearing(payment.channel, region), amount_fen=-amount_fen),
        ],
        business_on=on,
        actor=actor,
        at=at,
    )
