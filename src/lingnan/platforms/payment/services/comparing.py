"""A day's statements against our books, by sets: every transaction that does not fit is a ticket.

Source: standards section 5 (平/长款/短款/金额不符/状态不符/跨日; three ways, sums and counts).
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from lingnan.kernel import locks
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import SHANGHAI
from lingnan.security.audit import services as audit

from ..errors import DayClosed, StatementMissing
from ..models import BusinessDay, Difference, StatementFile
from ..types import DayState, DifferenceKind, DifferenceState, Source
from .statements import say_step

CUT_OFF = timedelta(minutes=30)
"""Money of so long before midnight may stand in the next day's statement. Our default."""

# Our books of the day: money in by transaction, money back by the channel's refund.
_BOOKS = """
CREATE TEMPORARY TABLE books ON COMMIT DROP AS
SELECT false AS is_refund, p.channel_transaction AS transaction, p.amount_fen, p.id AS payment_id,
       NULL::uuid AS refund_id, p.paid_at AS at
  FROM payment_payment p WHERE p.channel = %(channel)s AND p.business_on = %(on)s
UNION ALL
SELECT true, r.channel_refund, r.amount_fen, p.id, r.id, r.paid_at
  FROM payment_refund r JOIN payment_payment p ON p.id = r.payment_id
 WHERE p.channel = %(channel)s AND r.state = 'paid'
   AND r.paid_at >= %(start)s AND r.paid_at < %(end)s
"""
# A transaction that stands twice counts twice, and so differs in its amount.
_SAID = """
CREATE TEMPORARY TABLE said ON COMMIT DROP AS
SELECT is_refund, transaction, min(order_number) AS order_number,
       min(refund_number) AS refund_number, sum(amount_fen)::bigint AS amount_fen, min(at) AS at
  FROM payment_statementline WHERE file_id = %(file)s GROUP BY is_refund, transaction
"""
_UNLIKE = """
CREATE TEMPORARY TABLE unlike ON COMMIT DROP AS
SELECT coalesce(s.is_refund, b.is_refund) AS is_refund,
       coalesce(s.transaction, b.transaction) AS transaction,
       coalesce(s.order_number, '') AS order_number, coalesce(s.refund_number, '') AS refund_number,
       s.amount_fen AS statement_fen, b.amount_fen AS platform_fen, s.at AS statement_at,
       b.payment_id, b.refund_id, b.at AS platform_at
  FROM said s FULL JOIN books b ON b.is_refund = s.is_refund AND b.transaction = s.transaction
 WHERE s.amount_fen IS DISTINCT FROM b.amount_fen
"""
# What only the statement has may stand in our books on the day beside, or wait there unpaid.
_KINDS = """
CREATE TEMPORARY TABLE judged ON COMMIT DROP AS
SELECT u.*, beside.id AS beside_id, gone.id AS beside_refund_id, asked.id AS asked_refund_id,
       CASE
         WHEN statement_fen IS NOT NULL AND platform_fen IS NOT NULL THEN 'amount'
         WHEN platform_fen IS NULL AND (beside.id IS NOT NULL OR gone.id IS NOT NULL)
           THEN 'cross_day'
         WHEN platform_fen IS NULL AND (attempt.id IS NOT NULL OR asked.id IS NOT NULL)
           THEN 'status'
         WHEN platform_fen IS NULL THEN 'long'
         WHEN in_next.seen OR (u.platform_at >= %(late)s AND NOT %(next_known)s) THEN 'cross_day'
         ELSE 'short'
       END AS kind
  FROM unlike u
  LEFT JOIN payment_payment beside ON u.platform_fen IS NULL AND NOT u.is_refund
       AND beside.channel = %(channel)s AND beside.channel_transaction = u.transaction
       AND beside.amount_fen = u.statement_fen
       AND beside.business_on IN (%(on)s::date - 1, %(on)s::date + 1)
  LEFT JOIN payment_refund gone ON u.platform_fen IS NULL AND u.is_refund
       AND gone.number = u.refund_number AND gone.state = 'paid'
       AND gone.amount_fen = u.statement_fen
       AND gone.paid_at >= %(start)s - interval '1 day'
       AND gone.paid_at < %(end)s + interval '1 day'
  LEFT JOIN payment_paymentattempt attempt ON u.platform_fen IS NULL AND NOT u.is_refund
       AND attempt.order_number = u.order_number AND attempt.channel = %(channel)s
  LEFT JOIN payment_refund asked ON u.platform_fen IS NULL AND u.is_refund
       AND asked.number = u.refund_number
  LEFT JOIN LATERAL (
       SELECT true AS seen FROM payment_statementline l
        WHERE u.statement_fen IS NULL AND l.file_id = %(next_file)s
          AND l.is_refund = u.is_refund AND l.transaction = u.transaction
          AND l.amount_fen = u.platform_fen LIMIT 1) in_next ON true
"""
# One that matched before, or was settled over other amounts, is a ticket again.
_WRITE = """
INSERT INTO payment_difference (id, created_at, day_id, source, kind, is_refund, transaction,
    order_number, statement_fen, platform_fen, statement_at, payment_id, refund_id, state,
    assignee, explanation, resolution, proposed_by, resolved_by, resolved_at)
SELECT gen_random_uuid(), now(), %(day)s, %(source)s, kind, is_refund, transaction, order_number,
       statement_fen, platform_fen, statement_at, coalesce(payment_id, beside_id),
       coalesce(refund_id, beside_refund_id, asked_refund_id),
       CASE WHEN settled THEN 'resolved' ELSE 'open' END, '', '',
       CASE WHEN settled THEN 'carried' ELSE '' END, '',
       CASE WHEN settled THEN %(who)s ELSE '' END,
       CASE WHEN settled THEN %(at)s::timestamptz END
  FROM (SELECT judged.*, kind = 'cross_day' AND (beside_id IS NOT NULL
               OR beside_refund_id IS NOT NULL OR (statement_fen IS NULL AND %(next_known)s))
               AS settled FROM judged) j
ON CONFLICT (day_id, source, is_refund, transaction) DO UPDATE
   SET kind = excluded.kind, statement_fen = excluded.statement_fen,
       platform_fen = excluded.platform_fen, payment_id = excluded.payment_id,
       refund_id = excluded.refund_id,
       state = CASE WHEN 'resolved' IN (payment_difference.state, excluded.state)
                    THEN excluded.state ELSE payment_difference.state END,
       resolution = CASE WHEN 'resolved' IN (payment_difference.state, excluded.state)
                         THEN excluded.resolution ELSE payment_difference.resolution END,
       resolved_at = excluded.resolved_at, resolved_by = excluded.resolved_by,
       resolved_by_id = NULL
 WHERE payment_difference.state <> 'resolved'
    OR payment_difference.resolution IN ('matches', 'carried')
    OR (payment_difference.statement_fen, payment_difference.platform_fen)
       IS DISTINCT FROM (excluded.statement_fen, excluded.platform_fen)
"""
# The day before left this in transit; today's statement has it.
_ARRIVED = """
UPDATE payment_difference d
   SET state = 'resolved', resolution = 'carried', resolved_at = %(at)s, resolved_by = %(who)s
  FROM payment_businessday before, said s
 WHERE before.id = d.day_id AND before.channel = %(channel)s
   AND before.business_on = %(on)s::date - 1 AND d.source = %(source)s
   AND d.kind IN ('cross_day', 'short') AND d.state <> 'resolved'
   AND s.is_refund = d.is_refund AND s.transaction = d.transaction
   AND s.amount_fen = d.platform_fen
"""
# In transit for more than its one day: it is missing.
_OVERDUE = """
UPDATE payment_difference d SET kind = 'short'
  FROM payment_businessday before
 WHERE before.id = d.day_id AND before.channel = %(channel)s
   AND before.business_on = %(on)s::date - 1 AND d.source = %(source)s
   AND d.kind = 'cross_day' AND d.state <> 'resolved'
"""


def compare_day(day_id: UUID, *, actor: Actor, at: datetime) -> BusinessDay:
    """Compare a day's statements with our books; safe to repeat as often as one likes.

    A difference that no longer is one is resolved by itself. Takes a fixed number of statements of
    SQL, whatever the number of lines.

    Raises: StatementMissing without the channel's statement, DayClosed (409).
    """
    say_step(day_id, "compare", total=3)
    with transaction.atomic():
        locks.hold("payment.day", day_id)
        day = BusinessDay.objects.select_for_update().get(pk=day_id)
        if day.state == DayState.CLOSED:
            raise DayClosed
        files = _files_in_force(day)
        if Source.CHANNEL not in files:
            raise StatementMissing
        for source, file in files.items():
            _compare(day, source, file, at=at)
        _sum_up(day, files)
        day.state, day.compared_at = DayState.COMPARED, at
        day.step, day.step_done, day.step_total, day.step_refusal = "", 0, 0, {}
        drop_close_request(day)  # it was about what stood there before
        day.save()
        audit.record(
            actor=actor,
            act="payment.day_compared",
            object_kind="payment.business_day",
            object_id=day.pk,
            facts={"open": open_differences(day.pk)},
            at=at,
        )
    return day


def drop_close_request(day: BusinessDay) -> None:
    """Nobody asks any more that the day be closed; the caller saves it."""
    day.close_reason, day.close_asked_by = "", ""
    day.close_asked_by_id = day.close_asked_by_person_id = None


def _files_in_force(day: BusinessDay) -> dict[str, StatementFile]:
    rows = StatementFile.objects.filter(day=day, is_complete=True, replaced_at__isnull=True)
    return {row.source: row for row in rows}


def _compare(day: BusinessDay, source: str, file: StatementFile, *, at: datetime) -> None:
    start, end = day_bounds(day)
    following = StatementFile.objects.filter(
        day__channel=day.channel,
        day__business_on=day.business_on + timedelta(days=1),
        source=source,
        is_complete=True,
        replaced_at__isnull=True,
    ).first()
    facts: dict[str, Any] = {
        "day": day.pk,
        "channel": day.channel,
        "on": day.business_on,
        "start": start,
        "end": end,
        "late": end - CUT_OFF,
        "file": file.pk,
        "source": source,
        "next_file": following.pk if following else None,
        "next_known": following is not None,
        "who": system_actor("payment.reconciliation").name,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")  # a million lines are sorted out in memory
        for table in ("books", "said", "unlike", "judged"):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in (_BOOKS, _SAID):
            cursor.execute(statement, facts)
        cursor.execute("ANALYZE books")
        cursor.execute("ANALYZE said")
        for statement in (_UNLIKE, _KINDS, _WRITE, _ARRIVED, _OVERDUE):
            cursor.execute(statement, facts)
        cursor.execute(
            "UPDATE payment_difference d SET state = 'resolved', resolution = 'matches',"
            " resolved_at = %(at)s, resolved_by = %(who)s"
            " WHERE d.day_id = %(day)s AND d.source = %(source)s AND d.state <> 'resolved'"
            " AND NOT EXISTS (SELECT 1 FROM judged j WHERE j.is_refund = d.is_refund"
            " AND j.transaction = d.transaction)",
            facts,
        )


def _sum_up(day: BusinessDay, files: dict[str, StatementFile]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(amount_fen) FILTER (WHERE NOT is_refund), 0),"
            " coalesce(sum(amount_fen) FILTER (WHERE is_refund), 0) FROM books"
        )
        row = cursor.fetchone()
        assert row is not None
        day.platform_count, day.platform_fen, day.platform_back_fen = row
        for source in (Source.CHANNEL, Source.TREASURY):
            file = files.get(source)
            cursor.execute(
                "SELECT count(*), coalesce(sum(amount_fen) FILTER (WHERE NOT is_refund), 0),"
                " coalesce(sum(amount_fen) FILTER (WHERE is_refund), 0)"
                " FROM payment_statementline WHERE file_id = %s",
                [file.pk if file else None],
            )
            row = cursor.fetchone()
            assert row is not None
            count, paid, back = row
            setattr(day, f"{source}_count", count)
            setattr(day, f"{source}_fen", paid)
            setattr(day, f"{source}_back_fen", back)


def day_bounds(day: BusinessDay) -> tuple[datetime, datetime]:
    """The first instant of a day in China and that of the next."""
    from_midnight = datetime.combine(day.business_on, datetime.min.time(), tzinfo=SHANGHAI)
    return from_midnight, from_midnight + timedelta(days=1)


def open_differences(day_id: UUID) -> int:
    """How many still keep the day from closing: all but what is in transit for one day."""
    return (
        Difference.objects.filter(day_id=day_id)
        .exclude(state=DifferenceState.RESOLVED)
        .exclude(kind=DifferenceKind.CROSS_DAY)
        .count()
    )
