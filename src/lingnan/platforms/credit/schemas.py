"""Shapes of credit in the API."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from lingnan.kernel.actors import Actor
from lingnan.kernel.text import localise

from . import queries
from .models import CreditRecord, CreditSubject
from .queries.archives import visible_records
from .queries.publicity import ShownRecord


class SubjectOut(Schema):
    """A subject as the public sees it: a natural person masked."""

    id: UUID
    kind: str = Field(description="organisation, business or person")
    name: str
    uscc: str

    @staticmethod
    def of(row: CreditSubject) -> "SubjectOut":
        return SubjectOut(id=row.pk, kind=row.kind, name=queries.masked_name(row), uscc=row.uscc)


class DecisionRowOut(Schema):
    """A published record in a list."""

    id: UUID
    kind: str
    number: str
    title: str
    subject_id: UUID
    subject_name: str
    agency_name: str
    fact_on: date
    publish_until: date | None = Field(description="First day it is not shown any more")
    under_objection: bool

    @staticmethod
    def of(row: CreditRecord) -> "DecisionRowOut":
        shown = queries.shown_record(row)
        return DecisionRowOut(**_row(shown))


class LineOut(Schema):
    """One column of a record with its Chinese title."""

    title: str
    value: str


class DecisionOut(DecisionRowOut):
    """A published record with its columns, under their Chinese titles."""

    lines: list[LineOut]
    fine_fen: int | None
    confiscated_fen: int | None
    valid_from: date | None
    valid_until: date | None
    is_long_term: bool
    grade: str

    @staticmethod
    def of_shown(shown: ShownRecord) -> "DecisionOut":
        return DecisionOut(**_row(shown), **_detail(shown))


class RecordOut(DecisionOut):
    """A record as its subject and officers in reach see it."""

    series: UUID
    version: int
    section: str
    publicity: str
    in_use: bool
    recorded_at: datetime
    is_late: bool
    correction_reason: str
    repair_from: date | None

    @staticmethod
    def of_shown(shown: ShownRecord) -> "RecordOut":
        row = shown.record
        return RecordOut(
            **_row(shown),
            **_detail(shown),
            series=row.series,
            version=row.version,
            section=row.section,
            publicity=row.publicity,
            in_use=row.in_use,
            recorded_at=row.recorded_at,
            is_late=row.is_late,
            correction_reason=row.correction_reason,
            repair_from=row.repair_from,
        )


def _row(shown: ShownRecord) -> dict[str, Any]:
    row = shown.record
    return {
        "id": row.pk,
        "kind": row.kind,
        "number": row.number,
        "title": shown.title,
        "subject_id": row.subject_id,
        "subject_name": shown.subject_name,
        "agency_name": row.agency_name,
        "fact_on": row.fact_on,
        "publish_until": row.publish_until,
        "under_objection": row.under_objection,
    }


def _detail(shown: ShownRecord) -> dict[str, Any]:
    row = shown.record
    return {
        "lines": [{"title": title, "value": value} for title, value in shown.lines],
        "fine_fen": row.fine_fen,
        "confiscated_fen": row.confiscated_fen,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
        "is_long_term": row.is_long_term,
        "grade": row.grade,
    }


class SubjectPageOut(SubjectOut):
    """A subject with what of its archive is public, by section."""

    sections: dict[str, list[DecisionRowOut]]

    @staticmethod
    def of_subject(
        subject: CreditSubject, sections: Mapping[str, Sequence[CreditRecord]]
    ) -> "SubjectPageOut":
        return SubjectPageOut(
            **SubjectOut.of(subject).model_dump(),
            sections={key: [DecisionRowOut.of(r) for r in rows] for key, rows in sections.items()},
        )


class PolicyOut(Schema):
    """A law or regulation of social credit."""

    code: str
    title: str
    issuer: str
    document_number: str
    effective_from: date
    effective_until: date | None
    summary: str

    @staticmethod
    def resolve_summary(row: Any) -> str:
        return localise(row.summary)


class RuleOut(Schema):
    """A version of a rule."""

    code: str
    version: str
    title: str
    source: str
    effective_from: date
    effective_until: date | None
    parameters: dict[str, Any]

    @staticmethod
    def resolve_title(row: Any) -> str:
        return localise(row.title)


class SourceOut(Schema):
    """A catalogue of credit information an agency reports."""

    id: UUID
    code: str
    title: str
    agency_name: str
    kind: str
    section: str
    legal_basis: str
    cycle: str
    publicity_rule: str
    last_received_at: datetime | None

    @staticmethod
    def resolve_title(row: Any) -> str:
        return localise(row.title)

    @staticmethod
    def resolve_agency_name(row: Any) -> str:
        return str(row.agency.name)


class TitleIn(Schema):
    """A title in two languages."""

    zh_hans: str = Field(min_length=1, max_length=100)
    en: str = Field("", max_length=200)


class SourceIn(Schema):
    """What is entered of a source."""

    code: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,39}$")
    title: TitleIn
    agency_id: UUID
    kind: Literal[
        "licence",
        "penalty",
        "registration",
        "inspection",
        "abnormal",
        "judgment",
        "honour",
        "breach",
        "other",
    ]
    section: Literal[
        "registration",
        "administration",
        "honesty",
        "abnormal",
        "judicial",
        "commitment",
        "other",
    ]
    legal_basis: str = Field(min_length=1, max_length=2000)
    cycle: Literal["realtime", "daily", "weekly", "monthly", "quarterly", "yearly", "irregular"]
    publicity_rule: Literal[
        "publicity.penalty",
        "publicity.penalty_market",
        "publicity.licence",
        "publicity.abnormal",
        "publicity.other",
        "publicity.none",
        "publicity.breach",
    ]

    def model_dump(self, **options: Any) -> dict[str, Any]:
        found = super().model_dump(**options)
        title = found["title"]
        found["title"] = {"zh-hans": title["zh_hans"], "en": title["en"] or title["zh_hans"]}
        return found


class BatchIn(Schema):
    """Rows in the national columns."""

    source: str = Field(max_length=40, description="Code of the source")
    rows: list[dict[str, str]] = Field(min_length=1, max_length=1000)


class ProblemOut(Schema):
    path: str = Field(description="The column")
    code: str
    message: str


class RowOut(Schema):
    row: int
    number: str
    outcome: str = Field(description="stored, corrected, unchanged, refused or not_stored")
    record_id: UUID | None
    problems: list[ProblemOut]


class BatchRowOut(Schema):
    """A delivery in a list."""

    id: UUID
    source: str
    channel: str
    file_name: str
    received_at: datetime
    received_by: str
    rows: int
    stored: int
    corrected: int
    unchanged: int
    refused: int
    late: int
    is_applied: bool

    @staticmethod
    def resolve_source(row: Any) -> str:
        return str(row.source.code)


class BatchOut(BatchRowOut):
    """A delivery with what became of each row."""

    report: list[RowOut]


class ReasonIn(Schema):
    reason: str = Field(min_length=1, max_length=300)


class CorrectionIn(ReasonIn):
    """What is corrected; what is left out stays. `data` holds national columns."""

    title: str | None = Field(None, min_length=1, max_length=300)
    fact_on: date | None = None
    fine_fen: int | None = Field(None, ge=0, le=10**15)
    confiscated_fen: int | None = Field(None, ge=0, le=10**15)
    data: dict[str, str] = Field(default={}, max_length=40)

    def changes(self) -> dict[str, Any]:
        names = ("title", "fact_on", "fine_fen", "confiscated_fen")
        found = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        if self.data:
            found["data"] = dict(self.data)
        return found


class ArchiveIn(Schema):
    """Which archive, and for what."""

    subject_id: UUID
    purpose: str = Field(min_length=2, max_length=200)
    section: str = Field("", max_length=20)
    cursor: str | None = None


class ArchiveOut(SubjectOut):
    """An archive at work."""

    counts: dict[str, int]
    records: list[RecordOut]
    next_cursor: str | None

    @staticmethod
    def of_archive(
        actor: Actor, subject: CreditSubject, *, section: str, cursor: str | None
    ) -> "ArchiveOut":
        condition = visible_records(actor)
        page = queries.archive_page(subject, condition=condition, section=section, cursor=cursor)
        return ArchiveOut(
            id=subject.pk,
            kind=subject.kind,
            name=subject.name,
            uscc=subject.uscc,
            counts=queries.section_counts(subject, condition=condition),
            records=[RecordOut.of_shown(queries.shown_record(r, whole=True)) for r in page.items],
            next_cursor=page.next_cursor,
        )


class ViewOut(Schema):
    """Someone looked into the archive."""

    viewed_at: datetime
    viewer_kind: str
    viewer_name: str
    agency_name: str
    purpose: str
    reference: str
