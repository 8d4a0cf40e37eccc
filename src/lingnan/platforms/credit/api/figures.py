"""The figures of credit for programs."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Schema
from ninja.params.functions import Query

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound
from lingnan.kernel.pagination import Page
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted

from .. import queries
from ..types import FIGURES
from .router import router

MONTH = r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$"


class FigureOut(Schema):
    code: str
    group: str
    title: str
    meaning: str
    count: int
    of: int | None = Field(description="What it is a part of, where it is one")
    percent: float | None
    amount_fen: int | None


class FigureRowOut(Schema):
    """A row a figure counts; natural persons masked."""

    id: UUID
    number: str
    subject_name: str
    agency_name: str


@router.get("/credit/figures", response=list[FigureOut], summary="Figures of a month")
@permitted(FIGURES)
def list_figures(
    request: HttpRequest, month: str = Query("", pattern=f"^$|{MONTH}", description="2026-11")
) -> object:
    """In one's reach; this month without `month`."""
    found = queries.figures(
        actor_of(request), month=queries.month_from(month, today=clock.today()), at=clock.now()
    )
    return [
        FigureOut(
            code=figure.kind.code,
            group=str(figure.kind.group),
            title=str(figure.kind.title),
            meaning=str(figure.kind.meaning),
            count=figure.count,
            of=figure.of,
            percent=figure.percent,
            amount_fen=figure.amount_fen,
        )
        for figure in found
    ]


@router.get("/credit/figures/{code}", response=paged(FigureRowOut), summary="What one counts")
@permitted(FIGURES)
def list_figure_rows(
    request: HttpRequest,
    code: str,
    month: str = Query("", pattern=f"^$|{MONTH}"),
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=100),
) -> object:
    """The very rows, newest first. Raises: NotFound (404) for a code there is not."""
    kind = queries.figure_kind(code)
    if kind is None:
        raise NotFound
    page = queries.figure_rows(
        kind,
        actor_of(request),
        month=queries.month_from(month, today=clock.today()),
        at=clock.now(),
        cursor=cursor,
        limit=limit,
    )
    return Page([_row(row) for row in page.items], page.next_cursor)


def _row(row: Any) -> FigureRowOut:
    number = row.number if hasattr(row, "number") else row.entry.decision_number
    return FigureRowOut(
        id=row.pk,
        number=number,
        subject_name=queries.masked_name(row.subject),
        agency_name=row.agency_name,
    )
