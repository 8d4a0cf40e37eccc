"""Archives at work: search, open for a purpose, read."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render

from .. import access, queries, services
from ..portal.own import section_list
from ..queries.archives import visible_records
from ..types import LIST, READ, REPORT, Section

get_only = require_http_methods(["GET", "HEAD"])


@get_only
@permitted(READ)
def search(request: HttpRequest) -> HttpResponse:
    """Find an archive by name, credit code or the number of a decision."""
    text = request.GET.get("q", "").strip()[:100]
    page = None
    if text:
        cursor = request.GET.get("cursor") or None
        page = queries.search_subjects(text, on=clock.today(), cursor=cursor)
    context = {
        "text": text,
        "page": page,
        "rows": [(row, queries.masked_name(row)) for row in page.items] if page else [],
    }
    return render(request, "credit/desk_search.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(READ)
def archive(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """An archive, opened with a purpose that is recorded and shown to the subject."""
    actor, at = actor_of(request), clock.now()
    subject = access.access_archive(actor, subject_id)
    purpose = request.POST.get("purpose", "") or request.GET.get("purpose", "")
    problems: list[FieldProblem] = []
    context: dict[str, object] = {"subject": subject, "name": queries.masked_name(subject)}
    if request.method == "POST":
        try:
            services.record_view(actor=actor, subject=subject, purpose=purpose, at=at)
        except Refusal as refusal:
            problems = [FieldProblem("purpose", refusal.code, refusal.text)]
        else:
            condition = visible_records(actor)
            section = request.POST.get("section", "")
            cursor = request.POST.get("cursor") or None
            page = queries.archive_page(
                subject,
                condition=condition,
                section=section if section in Section.values else "",
                cursor=cursor,
            )
            context |= {
                "opened": True,
                "name": subject.name,
                "page": page,
                "section": section,
                "counts": section_list(queries.section_counts(subject, condition=condition)),
            }
    context |= {"problems": problems, "purpose": purpose, "may_list": actor.can(LIST)}
    status = 422 if problems else 200
    return render(request, "credit/desk_subject.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(READ, REPORT)
def record(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """One record with every version; the agency that reported it may withdraw it."""
    actor, at = actor_of(request), clock.now()
    if actor.can(READ):
        found = access.officer_record(actor, record_id)
    else:
        found = access.reporting_record(actor, record_id)
    problems: list[FieldProblem] = []
    if request.method == "POST":
        try:
            services.withdraw_record(
                actor=actor, record_id=record_id, reason=request.POST.get("reason", ""), at=at
            )
            found = access.officer_record(actor, record_id)
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            problems = [FieldProblem("reason", refusal.code, refusal.text)]
    elif found.is_person or not found.is_published(clock.local_date(at)):
        services.record_view(
            actor=actor, subject=found.subject, purpose=f"查阅 {found.number}", at=at
        )
    context = {
        "shown": queries.shown_record(found, whole=True),
        "record": found,
        "rule": queries.rule(found.rule_code, found.fact_on),
        "versions": queries.history(found.series),
        "may_withdraw": found.is_current
        and found.in_use
        and actor.can(REPORT, agency_id=found.agency_id, region_path=found.region_path),
        "problems": problems,
        "posted": request.POST,
    }
    return render(request, "credit/desk_record.html", context, status=422 if problems else 200)
