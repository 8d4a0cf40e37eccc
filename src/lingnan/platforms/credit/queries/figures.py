"""The figures of credit for a month and a reach. Each number counts the very rows it opens.

Source: Plan 五（四）2（1） (信用监督); the seven working days of the double publicity; standards 6.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import SHANGHAI, local_date
from lingnan.kernel.errors import FieldProblem, Malformed
from lingnan.kernel.pagination import Page, keyset_page
from lingnan.platforms.workflow import queries as workflow

from ..columns import DISCLOSED
from ..models import Commitment, Complaint, CreditRecord, JointMeasure, Objection, Repair
from ..models.records import published
from ..types import FIGURES, AppealState, CommitmentState, MeasureState, RecordKind

MONTH = re.compile(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)
Rows = QuerySet[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A month in China: `since` its first day, `until` the first of the next."""

    since: date
    until: date

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        return (
            datetime.combine(self.since, time.min, tzinfo=SHANGHAI),
            datetime.combine(self.until, time.min, tzinfo=SHANGHAI),
        )

    def q(self, name: str) -> Q:
        """Rows whose instant lies in the month."""
        since, until = self.bounds
        return Q(**{f"{name}__gte": since, f"{name}__lt": until})


def month_from(text: str, *, today: date) -> date:
    """The first day of a month as "2026-11"; this month without a text. Raises: Malformed (422)."""
    if not text:
        return today.replace(day=1)
    if not MONTH.fullmatch(text):
        raise Malformed(fields=[FieldProblem("month", "input.month", text[:20])])
    return date.fromisoformat(f"{text}-01")


def month_of(day: date) -> Period:
    """The month a day lies in."""
    first = day.replace(day=1)
    return Period(since=first, until=(first + timedelta(days=32)).replace(day=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks for which month, at which instant."""

    actor: Actor
    period: Period
    at: datetime

    @property
    def reach(self) -> Q:
        return self.actor.reach(FIGURES).q()

    @property
    def today(self) -> date:
        return local_date(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureKind:
    """One figure: what it counts, out of which other, on which source, newest rows first."""

    code: str
    group: Any
    title: Any
    meaning: Any
    rows: Callable[[Asked], Rows]
    whole: str = ""
    is_good: bool = False
    with_amount: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of a month. `percent` of `whole`, None where there is nothing to divide."""

    kind: FigureKind
    count: int
    of: int | None
    amount_fen: int | None

    @property
    def percent(self) -> float | None:
        return round(100 * self.count / self.of, 1) if self.of else None


# --- the rows behind each ----------------------------------------------------------------------


def _reported(asked: Asked) -> Rows:
    return CreditRecord.objects.filter(
        asked.reach, asked.period.q("recorded_at"), kind__in=DISCLOSED, version=1
    )


def _on_time(asked: Asked) -> Rows:
    return _reported(asked).filter(is_late=False)


def _late(asked: Asked) -> Rows:
    return _reported(asked).filter(is_late=True)


def _penalties(asked: Asked) -> Rows:
    return _reported(asked).filter(kind=RecordKind.PENALTY)


def _public(asked: Asked) -> Rows:
    return CreditRecord.objects.filter(asked.reach, published(asked.today))


def _ended(asked: Asked) -> Rows:
    return CreditRecord.objects.filter(
        asked.reach, asked.period.q("ended_at"), is_current=True, end_reason="expired"
    )


def _opened(model: type[Objection] | type[Repair] | type[Complaint]) -> Callable[[Asked], Rows]:
    def rows(asked: Asked) -> Rows:
        return model.objects.filter(asked.reach, asked.period.q("opened_at"))

    return rows


def _settled(model: type[Objection] | type[Repair] | type[Complaint]) -> Callable[[Asked], Rows]:
    def rows(asked: Asked) -> Rows:
        return model.objects.filter(asked.reach, asked.period.q("settled_at")).exclude(
            state=AppealState.WITHDRAWN
        )

    return rows


def _in_clock(model: type[Objection] | type[Repair] | type[Complaint]) -> Callable[[Asked], Rows]:
    def rows(asked: Asked) -> Rows:
        settled = _settled(model)(asked)
        return settled.filter(pk__in=_kept(settled, asked.today))

    return rows


def _overdue(model: type[Objection] | type[Repair] | type[Complaint]) -> Callable[[Asked], Rows]:
    def rows(asked: Asked) -> Rows:
        running = model.objects.filter(asked.reach, state=AppealState.OPEN)
        kept = _kept(running, asked.today)
        return running.exclude(pk__in=kept)

    return rows


def _kept(rows: Rows, today: date) -> list[Any]:
    """Those settled, or still running, within the promised day of their clock. Two queries."""
    found = list(rows.values_list("pk", "instance_id", "settled_at"))
    due = workflow.promised_days([instance for _pk, instance, _at in found if instance])
    return [
        pk
        for pk, instance, settled_at in found
        if (day := due.get(instance)) is None
        or (local_date(settled_at) if settled_at else today) <= day
    ]


def _pushed(asked: Asked) -> Rows:
    return JointMeasure.objects.filter(asked.reach, asked.period.q("pushed_at"))


def _answered(asked: Asked) -> Rows:
    return _pushed(asked).filter(feedback_count__gt=0)


def _silent(asked: Asked) -> Rows:
    return JointMeasure.objects.filter(
        asked.reach, state=MeasureState.IN_FORCE, feedback_count=0, until__gt=asked.today
    )


def _made(asked: Asked) -> Rows:
    return Commitment.objects.filter(asked.reach, asked.period.q("made_at"))


def _unchecked(asked: Asked) -> Rows:
    return Commitment.objects.filter(
        asked.reach, state=CommitmentState.OPEN, check_due_on__lt=asked.today
    )


def _broken(asked: Asked) -> Rows:
    return Commitment.objects.filter(
        asked.reach, asked.period.q("checked_at"), state=CommitmentState.BREACHED
    )


_INTAKE, _PUBLICITY = _("Intake"), _("Publicity")
_APPEALS, _MEASURES, _PROMISES = _("Objections and repairs"), _("Joint measures"), _("Commitments")


def _kind(
    code: str, group: Any, title: Any, meaning: Any, rows: Callable[[Asked], Rows], **more: Any
) -> FigureKind:
    return FigureKind(code=code, group=group, title=title, meaning=meaning, rows=rows, **more)


KINDS: Sequence[FigureKind] = (
    _kind(
        "reported",
        _INTAKE,
        _("Licences and penalties reported"),
        _("First reports that came in during the month."),
        _reported,
    ),
    _kind(
        "on_time",
        _INTAKE,
        _("Reported on time"),
        _("Within seven working days of the decision."),
        _on_time,
        whole="reported",
        is_good=True,
    ),
    _kind(
        "late",
        _INTAKE,
        _("Reported late"),
        _("More than seven working days after the decision."),
        _late,
        whole="reported",
    ),
    _kind(
        "fines",
        _INTAKE,
        _("Penalties reported, and their fines"),
        _("The sum of the fines of first reports of the month, in ten thousand yuan."),
        _penalties,
        with_amount=True,
    ),
    _kind(
        "public",
        _PUBLICITY,
        _("Public today"),
        _("Records the public site shows today."),
        _public,
    ),
    _kind(
        "ended",
        _PUBLICITY,
        _("Publicity ended by itself"),
        _("Records whose term was over during the month."),
        _ended,
    ),
    _kind(
        "objections",
        _APPEALS,
        _("Objections opened"),
        _("During the month."),
        _opened(Objection),
    ),
    _kind(
        "objections_settled",
        _APPEALS,
        _("Objections settled"),
        _("During the month, without those taken back."),
        _settled(Objection),
    ),
    _kind(
        "objections_in_clock",
        _APPEALS,
        _("Objections settled in time"),
        _("By the promised day of their clock."),
        _in_clock(Objection),
        whole="objections_settled",
        is_good=True,
    ),
    _kind(
        "objections_overdue",
        _APPEALS,
        _("Objections overdue now"),
        _("Open, and the promised day is over."),
        _overdue(Objection),
    ),
    _kind(
        "repairs",
        _APPEALS,
        _("Repairs applied for"),
        _("During the month."),
        _opened(Repair),
    ),
    _kind(
        "repairs_settled",
        _APPEALS,
        _("Repairs decided"),
        _("During the month, without those taken back."),
        _settled(Repair),
    ),
    _kind(
        "repairs_in_clock",
        _APPEALS,
        _("Repairs decided in time"),
        _("By the promised day of their clock."),
        _in_clock(Repair),
        whole="repairs_settled",
        is_good=True,
    ),
    _kind(
        "repairs_overdue",
        _APPEALS,
        _("Repairs overdue now"),
        _("Open, and the promised day is over."),
        _overdue(Repair),
    ),
    _kind(
        "complaints_overdue",
        _APPEALS,
        _("Complaints overdue now"),
        _("Open, and the promised day is over."),
        _overdue(Complaint),
    ),
    _kind(
        "pushed",
        _MEASURES,
        _("Measures pushed"),
        _("To those who carry them out, during the month."),
        _pushed,
    ),
    _kind(
        "answered",
        _MEASURES,
        _("Measures with feedback"),
        _("Of those pushed in the month, at least one feedback."),
        _answered,
        whole="pushed",
        is_good=True,
    ),
    _kind(
        "silent",
        _MEASURES,
        _("Measures in force without feedback"),
        _("Nobody has said yet what was done."),
        _silent,
    ),
    _kind(
        "promised",
        _PROMISES,
        _("Commitments made"),
        _("During the month."),
        _made,
    ),
    _kind(
        "unchecked",
        _PROMISES,
        _("Checks overdue"),
        _("Commitments whose day of the check is over."),
        _unchecked,
    ),
    _kind(
        "broken",
        _PROMISES,
        _("Commitments not kept"),
        _("Found in the month and confirmed after the subject was heard."),
        _broken,
    ),
)


def figure_kind(code: str) -> FigureKind | None:
    return next((kind for kind in KINDS if kind.code == code), None)


def figures(actor: Actor, *, month: date, at: datetime) -> list[Figure]:
    """Every figure of a month in an actor's reach. About thirty queries, whatever the rows."""
    asked = Asked(actor=actor, period=month_of(month), at=at)
    counts: dict[str, int] = {kind.code: kind.rows(asked).count() for kind in KINDS}
    return [
        Figure(
            kind=kind,
            count=counts[kind.code],
            of=counts[kind.whole] if kind.whole else None,
            amount_fen=kind.rows(asked).aggregate(sum=Sum("fine_fen"))["sum"] or 0
            if kind.with_amount
            else None,
        )
        for kind in KINDS
    ]


def figure_rows(
    kind: FigureKind,
    actor: Actor,
    *,
    month: date,
    at: datetime,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[Any]:
    """The rows a figure counts, newest first."""
    asked = Asked(actor=actor, period=month_of(month), at=at)
    rows = kind.rows(asked).select_related("subject")
    if rows.model is JointMeasure:
        rows = rows.select_related("subject", "kind", "entry")
    return keyset_page(rows, order=("-id",), cursor=cursor, limit=limit)
