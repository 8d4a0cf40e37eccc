"""Shapes of the API of licences brought in."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema

from .models import LicenceUse, StockEntry, StockTable
from .rows import Row
from .schemas import HolderIn


class StockIn(Schema):
    """An old or other-province licence, as the agency's register has it."""

    type_code: str = Field(max_length=21)
    agency_id: UUID | None = Field(None, description="Without it, the officer's own agency")
    holder: HolderIn
    fields: dict[str, Any] = Field(default_factory=dict, max_length=100)
    valid_from: date
    valid_until: date | None = None
    source_id: str = Field(min_length=1, max_length=100)
    issuer_name: str = Field("", max_length=200, description="Empty: the agency itself")
    issuer_uscc: str = Field("", max_length=18, description="Of another province's issuer")


class DeclareIn(Schema):
    """A licence of one's own, on one's word; `POST …/scan` adds the picture of the paper."""

    type_code: str = Field(max_length=21)
    fields: dict[str, Any] = Field(default_factory=dict, max_length=100)
    valid_from: date
    valid_until: date | None = None
    issuer_name: str = Field(min_length=1, max_length=200)
    source_id: str = Field(min_length=1, max_length=100, description="The program's own number")


class DecideIn(Schema):
    """Whether an entry whose name differs is the same holder's, and why."""

    accept: bool
    reason: str = Field("", max_length=500)


class CheckOriginalIn(Schema):
    """The licence whose original is at hand, by identifier and the code on its page."""

    identifier: str = Field(max_length=120)
    code: str = Field(max_length=40)
    reason: str = Field("", max_length=500, description="What was compared")


class OriginalCodeIn(Schema):
    """The licence whose original is at hand, by identifier and the code on its page."""

    identifier: str = Field(max_length=120)
    code: str = Field(max_length=40)


class OriginalSeenIn(Schema):
    """What was compared with the original."""

    note: str = Field("", max_length=500)


class OriginalSeenOut(Schema):
    """The original of a copy was seen for its use: by whom and when."""

    use_id: UUID
    seen_by: str
    seen_at: datetime
    note: str

    @classmethod
    def of(cls, row: LicenceUse) -> "OriginalSeenOut":
        """From a copy whose original was noted."""
        assert row.original_seen_at is not None
        return cls(
            use_id=row.pk,
            seen_by=row.original_seen_by,
            seen_at=row.original_seen_at,
            note=row.original_note,
        )


class StockEntryOut(Schema):
    """A licence brought in: where it stands, without what it says."""

    id: UUID
    type_code: str
    agency_id: UUID
    source: str = Field(description="register, province or holder")
    source_id: str
    state: str = Field(description="waiting, differs, taken or refused")
    licence_id: UUID | None
    has_scan: bool
    brought_at: datetime
    reason: str

    @classmethod
    def of(cls, row: StockEntry) -> "StockEntryOut":
        """From a row that carries its type."""
        return cls(
            id=row.pk,
            type_code=row.type.code,
            agency_id=row.agency_id,
            source=row.source,
            source_id=row.source_id,
            state=row.state,
            licence_id=row.licence_id,
            has_scan=row.scan_file_id is not None,
            brought_at=row.brought_at,
            reason=row.reason,
        )


class StockLongTableOut(Schema):
    """A long table: how far its job is, and what was found wrong (the first 500)."""

    id: UUID
    type_code: str
    agency_id: UUID
    file_name: str
    state: str = Field(description="checking, refused, taking, stopped, done or dropped")
    rows: int
    done: int
    wrong_rows: int
    problems: list["StockProblemOut"]
    problem: str = Field(description="Why it stopped")
    brought_at: datetime
    ended_by: str = Field(description="Who gave it up; the job, where it came to its end")
    ended_at: datetime | None

    @classmethod
    def of(cls, row: StockTable) -> "StockLongTableOut":
        """From a row that carries its type."""
        return cls(
            id=row.pk,
            type_code=row.type.code,
            agency_id=row.agency_id,
            file_name=row.file_name,
            state=row.state,
            rows=row.rows_count,
            done=row.done_count,
            wrong_rows=row.problems_count,
            problems=[StockProblemOut(**one) for one in row.problems],
            problem=row.problem,
            brought_at=row.brought_at,
            ended_by=row.ended_by,
            ended_at=row.ended_at,
        )


class StockProblemOut(Schema):
    """What is wrong with one row of a long table; row 0 is the file itself."""

    row: int
    field: str
    code: str
    message: str


class StockRowOut(Schema):
    """What is wrong with one row of a table."""

    number: int
    field: str
    code: str
    message: str


class StockTableOut(Schema):
    """The report of a table: with one problem nothing was taken."""

    rows: int
    entries: list[StockEntryOut]
    problems: list[StockRowOut]

    @classmethod
    def of(cls, rows: list[Row], made: list[StockEntry]) -> "StockTableOut":
        """From what the service said."""
        return cls(
            rows=len(rows),
            entries=[StockEntryOut.of(entry) for entry in made],
            problems=[
                StockRowOut(
                    number=row.number,
                    field=problem.field,
                    code=problem.code,
                    message=problem.message,
                )
                for row in rows
                for problem in row.problems
            ],
        )
