"""One's own archive, or that of the firm one acts for: all that stands in it, and who looked."""

from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.web.guard import actor_of, person_only
from lingnan.kernel.web.pages import render

from .. import access, queries
from ..errors import SubjectNotFound
from ..types import Section

get_only = require_http_methods(["GET", "HEAD"])


@get_only
@person_only
def archive(request: HttpRequest) -> HttpResponse:
    """Every record, in full, newest fact first; an empty archive is good news."""
    complaints = queries.own_complaints(actor_of(request))
    try:
        subject = access.own_subject(actor_of(request))
    except SubjectNotFound:
        return render(request, "credit/mine.html", {"subject": None, "complaints": complaints})
    section = request.GET.get("section", "")
    page = queries.archive_page(
        subject,
        condition=Q(),
        section=section if section in Section.values else "",
        cursor=request.GET.get("cursor") or None,
    )
    context = {
        "subject": subject,
        "complaints": complaints,
        "page": page,
        "section": section,
        "counts": section_list(queries.section_counts(subject, condition=Q())),
        "entries": queries.own_entries(subject),
        "appeals": queries.appeals_of(subject),
    }
    return render(request, "credit/mine.html", context)


@get_only
@person_only
def record(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """One record with its history, and what can be done about it."""
    found = access.own_record(actor_of(request), record_id)
    return render(request, "credit/own_record.html", own_record_context(found))


@get_only
@person_only
def views(request: HttpRequest) -> HttpResponse:
    """Who looked into the archive, for what."""
    subject = access.own_subject(actor_of(request))
    page = queries.archive_views(subject, cursor=request.GET.get("cursor") or None)
    return render(request, "credit/own_views.html", {"subject": subject, "page": page})


@get_only
@person_only
def evaluation(request: HttpRequest) -> HttpResponse:
    """How the firm one acts for scores, line by line; natural persons are not scored."""
    subject = access.own_subject(actor_of(request))
    found = queries.latest_evaluation(subject)
    lines = queries.evaluation_lines(found) if found else []
    context = {"subject": subject, "found": found, "lines": lines}
    return render(request, "credit/own_evaluation.html", context)


def own_record_context(found: object) -> dict[str, object]:
    record_ = queries.shown_record(found, whole=True)  # type: ignore[arg-type]
    return {
        "shown": record_,
        "record": record_.record,
        "rule": queries.rule(record_.record.rule_code, record_.record.fact_on),
        "versions": queries.history(record_.record.series),
        "may_object": record_.record.in_use and not record_.record.under_objection,
        "may_repair": record_.record.in_use
        and record_.record.is_adverse
        and record_.record.repair_from is not None
        and not record_.record.is_over(clock.today()),
        "today": clock.today(),
    }


def section_list(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    """The sections that hold something, in the order of the archive."""
    return [(s.value, str(s.label), counts[s.value]) for s in Section if counts.get(s.value)]
