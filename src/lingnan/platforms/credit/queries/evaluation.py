"""Evaluations, alerts, commitments and reports: questions."""

from datetime import date
from uuid import UUID

from django.db.models import Q

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page

from ..models import (
    Alert,
    Commitment,
    Consent,
    CreditRecord,
    CreditReport,
    CreditSubject,
    Evaluation,
    EvaluationLine,
)
from ..types import MANAGE, READ, REPORT, CommitmentState, OpenCommitment
from .archives import subjects_of


def latest_evaluation(subject: CreditSubject) -> Evaluation | None:
    """The newest evaluation of a subject, with its scorecard."""
    rows = Evaluation.objects.filter(subject=subject).select_related("scorecard")
    return rows.order_by("-evaluated_at", "-id").first()


def evaluation_lines(found: Evaluation) -> list[tuple[EvaluationLine, list[CreditRecord]]]:
    """The lines of an evaluation with the records behind each, the heaviest first. Two queries."""
    rows = found.lines.prefetch_related("evidence").order_by("points", "indicator")
    return [
        (line, sorted(line.evidence.all(), key=lambda record: record.fact_on, reverse=True))
        for line in rows
    ]


def grade(kind: str, principal_id: UUID) -> str:
    """The grade of an applicant ("A" to "D"), empty where none was given; for sampling rates. The
    worst, where a person has an archive under more than one document.
    """
    found = [latest_evaluation(subject) for subject in subjects_of(kind, principal_id)]
    return max((each.grade for each in found if each is not None), default="")


def grade_by_uscc(uscc: str) -> str:
    """As `grade`, by the credit code."""
    subject = CreditSubject.objects.filter(uscc=uscc).first()
    found = latest_evaluation(subject) if subject else None
    return found.grade if found else ""


def open_commitments(subject: CreditSubject) -> list[OpenCommitment]:
    """What a subject committed itself to and what is still to be checked."""
    rows = Commitment.objects.filter(
        subject=subject, state__in=[CommitmentState.OPEN, CommitmentState.DOUBTED]
    )
    return [
        OpenCommitment(
            id=row.pk,
            title=row.title,
            made_at=row.made_at,
            check_due_on=row.check_due_on,
            state=row.state,
        )
        for row in rows.order_by("check_due_on", "id")
    ]


def commitments_q(actor: Actor) -> Q:
    return actor.reach(REPORT).q() | actor.reach(READ).q()


def commitments(
    actor: Actor, *, due_by: date | None = None, cursor: str | None = None, limit: int = 20
) -> Page[Commitment]:
    """Commitments in an officer's reach, the newest first; with `due_by` those to be checked."""
    rows = Commitment.objects.filter(commitments_q(actor)).select_related("subject")
    if due_by is not None:
        rows = rows.filter(state=CommitmentState.OPEN, check_due_on__lte=due_by)
    return keyset_page(rows, order=("-made_at", "-id"), cursor=cursor, limit=limit)


def own_commitments(subject: CreditSubject) -> list[Commitment]:
    return list(Commitment.objects.filter(subject=subject).order_by("-made_at", "-id")[:100])


def alerts_q(actor: Actor) -> Q:
    return actor.reach(MANAGE).q()


def alerts(
    actor: Actor, *, state: str = "", cursor: str | None = None, limit: int = 20
) -> Page[Alert]:
    """Alerts in an officer's reach, newest first. One query."""
    rows = Alert.objects.filter(alerts_q(actor)).select_related("subject", "record")
    if state:
        rows = rows.filter(state=state)
    return keyset_page(rows, order=("-raised_at", "-id"), cursor=cursor, limit=limit)


def own_reports(subject: CreditSubject) -> list[CreditReport]:
    """Reports its subject asked for, newest first."""
    rows = CreditReport.objects.filter(subject=subject, is_own=True)
    return list(rows.order_by("-made_at", "-id")[:20])


def own_consents(subject: CreditSubject) -> list[Consent]:
    return list(Consent.objects.filter(subject=subject).order_by("-given_at", "-id")[:100])


def checked_report(number: str, code: str) -> CreditReport | None:
    """A report whose number and code fit together."""
    if not number or not code:
        return None
    return (
        CreditReport.objects.filter(number=number.strip(), verify_code=code.strip().upper())
        .select_related("subject")
        .first()
    )
