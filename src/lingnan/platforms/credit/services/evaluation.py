"""Evaluations that can be taken apart, and monitoring that warns and never lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import NotFound
from lingnan.security.audit import services as audit

from .. import access
from ..errors import AlertHandled, ReasonMissing, RuleMissing
from ..models import Alert, CreditRecord, CreditSubject, Evaluation, EvaluationLine, Scorecard
from ..publicity import months_after
from ..queries.archives import latest_records
from ..queries.rules import rule
from ..types import MANAGE, WarningState
from . import telling
from .appeals import credit_office

CARD = "general"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One indicator of a result: how many records, how many points, which records."""

    indicator: str
    title: Mapping[str, str]
    points: int
    evidence: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A result and its parts: `points == base_points + sum(line.points)`."""

    base_points: int
    points: int
    grade: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredFact:
    """What a scorecard looks at of a record."""

    id: UUID
    kind: str
    grade: str
    fact_on: date


def compute_score(
    facts: Sequence[ScoredFact],
    *,
    on: date,
    base_points: int,
    indicators: Sequence[Mapping[str, Any]],
    grades: Sequence[Mapping[str, Any]],
) -> Score:
    """The points of each indicator over its months, each within its cap, and the grade."""
    lines = []
    for item in indicators:
        since = months_after(on, -int(item["months"]))
        found = [
            fact
            for fact in facts
            if fact.kind == item["kind"]
            and (not item["grade"] or fact.grade == item["grade"])
            and since < fact.fact_on <= on
        ]
        if not found:
            continue
        raw, cap = len(found) * int(item["points"]), int(item["cap"])
        points = max(raw, cap) if cap < 0 else min(raw, cap)
        lines.append(
            Line(
                indicator=item["code"],
                title=item["title"],
                points=points,
                evidence=tuple(fact.id for fact in found),
            )
        )
    total = base_points + sum(line.points for line in lines)
    ranked = sorted(grades, key=lambda grade: -int(grade["from"]))
    grade = next((str(g["grade"]) for g in ranked if total >= int(g["from"])), "")
    return Score(
        base_points=base_points,
        points=total,
        grade=grade or str(ranked[-1]["grade"]),
        lines=tuple(lines),
    )


@transaction.atomic
def evaluate_subject(subject_id: UUID, *, at: datetime, card: str = CARD) -> Evaluation | None:
    """Evaluate an organisation by the scorecard in force; None for a natural person, who is not
    scored. Raises: RuleMissing (409) where no scorecard is in force.
    """
    subject = CreditSubject.objects.get(pk=subject_id)
    if subject.is_person:
        return None
    on = local_date(at)
    scorecard = (
        Scorecard.objects.filter(code=card, effective_from__lte=on)
        .order_by("-effective_from", "-id")
        .first()
    )
    if scorecard is None:
        raise RuleMissing(rule=card, on=on.isoformat())
    rows = latest_records(subject).values_list("id", "kind", "grade", "fact_on")
    score = compute_score(
        [ScoredFact(id=pk, kind=kind, grade=grade, fact_on=day) for pk, kind, grade, day in rows],
        on=on,
        base_points=scorecard.base_points,
        indicators=scorecard.indicators,
        grades=scorecard.grades,
    )
    made = Evaluation.objects.create(
        subject=subject,
        scorecard=scorecard,
        evaluated_on=on,
        evaluated_at=at,
        base_points=score.base_points,
        line_points=sum(line.points for line in score.lines),
        points=score.points,
        grade=score.grade,
    )
    for line in score.lines:
        row = EvaluationLine.objects.create(
            evaluation=made,
            indicator=line.indicator,
            title=dict(line.title),
            count=len(line.evidence),
            points=line.points,
        )
        row.evidence.set(CreditRecord.objects.filter(pk__in=line.evidence))
    return made


@transaction.atomic
def watch_record(record_id: UUID, *, at: datetime) -> int:
    """Hold a new record against the rules of monitoring; how many alerts. Lists nobody.

    Source: Plan 五（四）2（3） (以信用为核心的新型监管机制).
    """
    record = CreditRecord.objects.select_related("subject").get(pk=record_id)
    if not record.is_adverse or not record.is_current or not record.in_use:
        return 0
    raised = 0
    for watched in rule("monitor", local_date(at)).parameters["rules"]:
        count = _count(watched, record)
        if count < int(watched["count"]):
            continue
        raised += _raise(record, str(watched["code"]), count, at)
    return raised


def _count(watched: Mapping[str, Any], record: CreditRecord) -> int:
    grades = watched["grades"]
    if record.kind not in watched["kinds"] or (grades and record.grade not in grades):
        return 0
    if not watched["months"]:
        return 1
    since = months_after(record.fact_on, -int(watched["months"]))
    rows = latest_records(record.subject).filter(
        Q(grade__in=grades) if grades else Q(),
        kind__in=watched["kinds"],
        fact_on__gt=since,
        fact_on__lte=record.fact_on,
    )
    return rows.count()


def _raise(record: CreditRecord, code: str, count: int, at: datetime) -> int:
    try:
        office = credit_office(record.region_path)
    except NotFound:
        return 0
    alert, created = Alert.objects.get_or_create(
        record=record,
        rule=code,
        defaults={
            "subject_id": record.subject_id,
            "facts": {"count": count, "number": record.number},
            "agency_id": office.id,
            "region_path": office.region_path,
            "raised_at": at,
        },
    )
    if created:
        telling.tell_agency(
            MANAGE,
            agency_id=office.id,
            region_path=office.region_path,
            template=telling.ALERT,
            facts={"subject": record.subject.name, "number": record.number},
            subject_kind="credit.alert",
            subject_id=alert.pk,
            link="/desk/credit/alerts/",
            at=at,
        )
    return int(created)


@transaction.atomic
def handle_alert(*, actor: Actor, alert_id: UUID, note: str, at: datetime) -> Alert:
    """Say what was done about an alert. Raises: AlertNotFound (404), ReasonMissing (422),
    AlertHandled (409).
    """
    access.access_alert(actor, alert_id)
    if not note.strip():
        raise ReasonMissing
    row = Alert.objects.select_for_update().get(pk=alert_id)
    if row.state != WarningState.OPEN:
        raise AlertHandled
    row.state, row.handled_at = WarningState.HANDLED, at
    row.handled_by, row.note = actor.name[:100], note.strip()[:500]
    row.save(update_fields=["state", "handled_at", "handled_by", "note"])
    audit.record(
        actor=actor, act="credit.alert_handled", object_kind="credit_alert", object_id=row.pk, at=at
    )
    return row
