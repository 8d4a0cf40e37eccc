"""One's own archive, or that of the firm one acts for."""

from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from ninja.params.functions import Query

from lingnan.kernel.pagination import Page
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, person_only

from .. import access, queries
from ..errors import ReportNotFound
from ..extracts import EvaluationOut
from ..schemas import RecordOut, ViewOut
from .router import router


@router.get("/credit/mine/records", response=paged(RecordOut), summary="One's own records")
@person_only
def list_own_records(
    request: HttpRequest, cursor: str | None = None, limit: int = Query(20, ge=1, le=100)
) -> object:
    """All that stands in one's archive, in full, newest fact first. Raises: SubjectNotFound."""
    subject = access.own_subject(actor_of(request))
    page = queries.archive_page(subject, condition=Q(), cursor=cursor, limit=limit)
    return Page([_whole(row) for row in page.items], page.next_cursor)


@router.get("/credit/mine/records/{record_id}", response=RecordOut, summary="One of them")
@person_only
def show_own_record(request: HttpRequest, record_id: UUID) -> object:
    """Raises: RecordNotFound (404)."""
    return _whole(access.own_record(actor_of(request), record_id))


@router.get("/credit/mine/views", response=paged(ViewOut), summary="Who looked")
@person_only
def list_own_views(
    request: HttpRequest, cursor: str | None = None, limit: int = Query(20, ge=1, le=100)
) -> object:
    """Who looked into one's archive, for what, newest first. Raises: SubjectNotFound."""
    subject = access.own_subject(actor_of(request))
    return queries.archive_views(subject, cursor=cursor, limit=limit)


@router.get("/credit/mine/evaluation", response=EvaluationOut, summary="One's firm's evaluation")
@person_only
def show_own_evaluation(request: HttpRequest) -> object:
    """The newest, line by line. Raises: SubjectNotFound, ReportNotFound (404)."""
    found = queries.latest_evaluation(access.own_subject(actor_of(request)))
    if found is None:
        raise ReportNotFound
    return EvaluationOut.of(found)


def _whole(row: object) -> RecordOut:
    return RecordOut.of_shown(queries.shown_record(row, whole=True))  # type: ignore[arg-type]
