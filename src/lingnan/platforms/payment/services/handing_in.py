"""Handing in: what a channel's closed day owes each government goes to its treasury.

Money that a ticket found missing is not handed in, for the channel has not got it: it stands in
suspense, and goes in with the day on which the channel makes it good. Money a ticket found that
nobody owed stays with the channel, in suspense, as surplus does.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from lingnan.kernel.actors import Actor

from ..models import Account, BusinessDay, Payment, Posting
from ..splitting import compute_shares
from . import ledger
from .comparing import day_bounds

Whose = tuple[str, str]
"""The kind of the account that gets money (treasury, special or clearing), and its region."""

# What the day's payments gave each government, less what was given back of such that day; with what
# was carried over to it, without what was carried on from it. A fee that ended since goes where it
# went.
_COLLECTED = """
SELECT CASE WHEN fee.paid_into = 'special' THEN 'special' ELSE account.kind END,
       account.region_path, sum(e.amount_fen)
  FROM payment_posting posting
  JOIN payment_payment p ON posting.cause_kind = 'payment' AND posting.cause_id = p.id
  JOIN payment_entry e ON e.posting_id = posting.id
  JOIN payment_account account ON account.key = e.account_id
  LEFT JOIN LATERAL (
       SELECT f.paid_into FROM payment_feeitem f
        WHERE account.kind = 'income' AND f.code = e.fee_code AND f.effective_from <= p.business_on
        ORDER BY f.effective_from DESC LIMIT 1) fee ON true
 WHERE p.channel = %(channel)s AND posting.kind = 'settlement'
   AND (p.business_on = %(on)s AND p.carried_to IS NULL OR p.carried_to = %(on)s)
 GROUP BY 1, 2
UNION ALL
SELECT CASE WHEN account.kind = 'refunds' THEN 'clearing'
            WHEN fee.paid_into = 'special' THEN 'special' ELSE account.kind END,
       account.region_path, sum(e.amount_fen)
  FROM payment_refund r JOIN payment_payment p ON p.id = r.payment_id AND p.kind = 'settlement'
  JOIN payment_posting posting ON posting.cause_kind = 'refund' AND posting.cause_id = r.id
       AND posting.kind = 'refund_approved'
  JOIN payment_entry e ON e.posting_id = posting.id
  JOIN payment_account account ON account.key = e.account_id
  LEFT JOIN LATERAL (
       SELECT f.paid_into FROM payment_feeitem f
        WHERE account.kind = 'income' AND f.code = e.fee_code AND f.effective_from <= p.business_on
        ORDER BY f.effective_from DESC LIMIT 1) fee ON true
 WHERE p.channel = %(channel)s AND r.state = 'paid'
   AND (r.paid_at >= %(start)s AND r.paid_at < %(end)s AND r.carried_to IS NULL
        OR r.carried_to = %(on)s)
 GROUP BY 1, 2
"""
# Where the money of some payments goes: what of it is whose.
_SHARES = """
SELECT posting.cause_id, CASE WHEN fee.paid_into = 'special' THEN 'special' ELSE 'treasury' END,
       account.region_path, -sum(e.amount_fen)
  FROM payment_posting posting
  JOIN payment_payment p ON p.id = posting.cause_id
  JOIN payment_entry e ON e.posting_id = posting.id
  JOIN payment_account account ON account.key = e.account_id AND account.kind = 'income'
  LEFT JOIN LATERAL (
       SELECT f.paid_into FROM payment_feeitem f
        WHERE f.code = e.fee_code AND f.effective_from <= p.business_on
        ORDER BY f.effective_from DESC LIMIT 1) fee ON true
 WHERE posting.cause_kind = 'payment' AND posting.kind = 'settlement'
   AND posting.cause_id = ANY(%(payments)s)
 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


# What tickets booked on a day found missing, and what of the missing came back.
_ADJUSTED = """
SELECT posting.cause_id, account.region_path, e.amount_fen,
       coalesce(d.payment_id, r.payment_id), p.kind
  FROM payment_entry e
  JOIN payment_account account ON account.key = e.account_id AND account.kind = 'clearing'
  JOIN payment_posting posting ON posting.id = e.posting_id AND posting.kind = 'adjustment'
  JOIN payment_difference d ON d.id = posting.cause_id
  LEFT JOIN payment_refund r ON r.id = d.refund_id
  LEFT JOIN payment_payment p ON p.id = coalesce(d.payment_id, r.payment_id)
 WHERE account.channel = %(channel)s AND e.business_on = %(on)s
   AND starts_with(posting.cause_kind, %(cleared)s) = (e.amount_fen > 0)
 ORDER BY posting.cause_id, e.id
"""


def hand_in(day: BusinessDay, *, actor: Actor, at: datetime) -> None:
    """Post what a day hands in, in the caller's transaction; of nothing, nothing."""
    owed = _collected(day)
    for whose, amount in _made_good(day).items():
        owed[whose] += amount
    lines = [
        ledger.Line(account=_account(day.channel, *whose), amount_fen=amount)
        for whose, amount in owed.items()
    ]
    if not any(line.amount_fen for line in lines):
        return
    ledger.post(
        kind=Posting.Kind.HANDED_IN,
        cause_kind="business_day",
        cause_id=day.pk,
        lines=lines,
        business_on=day.business_on,
        actor=actor,
        at=at,
    )


def _collected(day: BusinessDay) -> dict[Whose, int]:
    start, end = day_bounds(day)
    facts = {"channel": day.channel, "on": day.business_on, "start": start, "end": end}
    owed: dict[Whose, int] = defaultdict(int)
    for kind, region_path, amount in _rows(_COLLECTED, facts):
        whose = Account.Kind.TREASURY if kind == Account.Kind.INCOME else kind
        owed[whose, region_path] -= int(amount)
    return owed


def _made_good(day: BusinessDay) -> dict[Whose, int]:
    """What goes in besides because it was missing before; below zero what is missing now.

    It is taken from, and given back to, each government in the proportion of the payment's own
    shares. Surplus is nobody's to hand in. What no payment explains is borne by the government with
    whose account at the channel the ticket was booked, the province's.
    """
    facts: dict[str, Any] = {
        "channel": day.channel,
        "on": day.business_on,
        "cleared": ledger.CLEARED,
    }
    adjusted = _rows(_ADJUSTED, facts)
    shares: dict[UUID, list[tuple[Whose, int]]] = defaultdict(list)
    payments = [payment for *_, payment, kind in adjusted if kind == Payment.Kind.SETTLEMENT]
    if payments:
        for payment, kind, region_path, amount in _rows(_SHARES, {"payments": payments}):
            shares[payment].append(((kind, region_path), int(amount)))
    owed: dict[Whose, int] = defaultdict(int)
    for _ticket, region_path, amount, payment, kind in adjusted:
        if kind == Payment.Kind.SURPLUS:
            continue
        owed[Account.Kind.CLEARING, region_path] -= amount
        whose = shares.get(payment) or [((Account.Kind.TREASURY, region_path), 1)]
        parts = compute_shares(amount, [share for _whose, share in whose])
        for (place, _share), part in zip(whose, parts, strict=True):
            owed[place] += part
    return owed


def _account(channel: str, kind: str, region_path: str) -> Account:
    if kind == Account.Kind.CLEARING:
        return ledger.clearing(channel, region_path)
    if kind == Account.Kind.SPECIAL:
        return ledger.special(region_path)
    return ledger.treasury(region_path)


def _rows(sql: str, facts: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return list(cursor.fetchall())
