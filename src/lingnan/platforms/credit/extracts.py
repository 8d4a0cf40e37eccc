"""Shapes of commitments, consents, reports, evaluations and alerts in the API."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from lingnan.kernel.text import localise

from .models import Evaluation


class CommitmentOut(Schema):
    id: UUID
    number: str
    subject_id: UUID
    agency_name: str
    title: str
    text: str
    text_version: str
    case_number: str
    made_at: datetime
    check_due_on: date
    state: str
    finding: str
    statement_due_on: date | None
    statement: str
    record_id: UUID | None


class SupervisionOut(Schema):
    """What a check of a firm's commitment found."""

    id: UUID
    subject_id: UUID
    subject_name: str
    agency_name: str
    title: str
    made_at: datetime
    checked_at: datetime
    state: Literal["kept", "breached"]
    decision_id: UUID | None = Field(description="The public record of a breach")

    @staticmethod
    def resolve_subject_name(row: Any) -> str:
        return str(row.subject.name)


class ConsentOut(Schema):
    id: UUID
    agency_name: str
    purpose: str
    given_at: datetime
    until: date = Field(description="First day it no longer holds")
    revoked_at: datetime | None


class ReportSectionOut(Schema):
    title: str
    lines: list[str]


class ReportOut(Schema):
    id: UUID
    number: str
    verify_code: str
    subject_id: UUID
    purpose: str
    made_at: datetime
    data_as_of: datetime
    sections: list[ReportSectionOut]
    issuer_name: str
    is_sealed: bool
    digest: str
    pdf_file_id: UUID | None
    ofd_file_id: UUID | None

    @staticmethod
    def resolve_sections(row: Any) -> Any:
        return [{"title": title, "lines": lines} for title, lines in row.content["sections"]]


class ReportCheckOut(Schema):
    number: str
    is_genuine: bool
    subject_name: str = ""
    made_at: datetime | None = None
    purpose: str = ""
    issuer_name: str = ""
    is_sealed: bool = Field(False, description="Its files carry the seal of the issuer")
    digest: str = ""


class EvaluationLineOut(Schema):
    indicator: str
    title: str
    count: int
    points: int
    record_ids: list[UUID]


class EvaluationOut(Schema):
    """points = base_points + the points of the lines."""

    scorecard: str
    evaluated_on: date
    base_points: int
    points: int
    grade: str
    lines: list[EvaluationLineOut]

    @staticmethod
    def of(row: Evaluation) -> "EvaluationOut":
        lines = row.lines.prefetch_related("evidence").order_by("indicator")
        return EvaluationOut(
            scorecard=str(row.scorecard),
            evaluated_on=row.evaluated_on,
            base_points=row.base_points,
            points=row.points,
            grade=row.grade,
            lines=[
                EvaluationLineOut(
                    indicator=line.indicator,
                    title=localise(line.title),
                    count=line.count,
                    points=line.points,
                    record_ids=[record.pk for record in line.evidence.all()],
                )
                for line in lines
            ],
        )


class AlertOut(Schema):
    id: UUID
    subject_id: UUID
    record_id: UUID
    rule: str
    state: str
    raised_at: datetime
    handled_at: datetime | None
    handled_by: str
    note: str
