"""The publicity site: search, subjects, decisions, policies. No account is needed."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.web.guard import open_to_all
from lingnan.kernel.web.pages import render
from lingnan.standards.agencies.types import AgencyKind

from .. import access, queries
from ..types import CommitmentState, RecordKind, Section

KINDS = (RecordKind.LICENCE, RecordKind.PENALTY)
FOUND = (CommitmentState.KEPT, CommitmentState.BREACHED)
get_only = require_http_methods(["GET", "HEAD"])


@get_only
@open_to_all
def home(request: HttpRequest) -> HttpResponse:
    """Search, and the doors to everything that is public."""
    text = request.GET.get("q", "").strip()[:100]
    on = clock.today()
    page = None
    if text:
        cursor = request.GET.get("cursor") or None
        page = queries.search_subjects(text, on=on, cursor=cursor)
    rows = [(row, queries.masked_name(row)) for row in page.items] if page else []
    context = {"text": text, "page": page, "rows": rows}
    response = render(request, "credit/home.html", context)
    return unlisted(response) if any(row.is_person for row, _name in rows) else response


@get_only
@open_to_all
def subject(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """One subject: every section of what is public today."""
    on = clock.today()
    found = access.access_public_subject(subject_id, on=on)
    sections = queries.published_sections(found, on=on)
    context = {
        "subject": found,
        "name": queries.masked_name(found),
        "sections": [
            (section.label, [queries.shown_record(row) for row in sections.get(section.value, [])])
            for section in Section
        ],
        "today": on,
        "entries": queries.entries_of(found, on=on),
    }
    response = render(request, "credit/subject.html", context)
    return unlisted(response) if found.is_person else response


@get_only
@open_to_all
def supervision(request: HttpRequest) -> HttpResponse:
    """What became of the commitments of firms."""
    state = request.GET.get("state", "")
    state = state if state in FOUND else ""
    cursor = request.GET.get("cursor") or None
    page = queries.supervision_results(on=clock.today(), state=state, cursor=cursor)
    context = {"page": page, "state": state, "days": queries.SHOWN_DAYS}
    return render(request, "credit/supervision.html", context)


@get_only
@open_to_all
def decisions(request: HttpRequest) -> HttpResponse:
    """Licences and penalties, the newest decision first."""
    kind = request.GET.get("kind", "")
    number = request.GET.get("number", "").strip()[:128]
    page = queries.decisions(
        on=clock.today(),
        kind=kind if kind in KINDS else "",
        number=number,
        cursor=request.GET.get("cursor") or None,
    )
    context = {
        "page": page,
        "rows": [queries.shown_record(row) for row in page.items],
        "kind": kind,
        "number": number,
        "kinds": [(item.value, item.label) for item in KINDS],
    }
    return render(request, "credit/decisions.html", context)


@get_only
@open_to_all
def decision(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """One published record."""
    record = access.access_public_record(record_id, on=clock.today())
    context = {
        "shown": queries.shown_record(record),
        "record": record,
        "rule": queries.rule(record.rule_code, record.fact_on),
    }
    response = render(request, "credit/decision.html", context)
    return unlisted(response) if record.is_person else response


@get_only
@open_to_all
def policies(request: HttpRequest) -> HttpResponse:
    """Laws and policies, and the rules of publicity in force."""
    context = {"policies": queries.policies(), "rules": queries.rules_in_force(clock.today())}
    return render(request, "credit/policies.html", context)


@get_only
@open_to_all
def rosters(request: HttpRequest) -> HttpResponse:
    """Every roster the law provides for: conduct, term, exit, measures."""
    return render(request, "credit/rosters.html", {"kinds": queries.roster_kinds()})


@get_only
@open_to_all
def roster(request: HttpRequest, roster: str) -> HttpResponse:
    """Who stands on a roster today; natural persons masked."""
    kind = access.access_roster(roster)
    page = queries.listed_entries(
        on=clock.today(), roster=kind.code, cursor=request.GET.get("cursor") or None
    )
    rows = [(row, queries.masked_name(row.subject)) for row in page.items]
    context = {"kind": kind, "page": page, "rows": rows}
    response = render(request, "credit/roster.html", context)
    return unlisted(response) if any(row.subject.is_person for row, _n in rows) else response


@get_only
@open_to_all
def measures(request: HttpRequest) -> HttpResponse:
    """The catalogue of joint measures: basis, for whom, by whom."""
    rows = [
        (kind, [AgencyKind(code).label for code in kind.executor_kinds])
        for kind in queries.measure_kinds()
    ]
    return render(request, "credit/measures.html", {"rows": rows})


def unlisted(response: HttpResponse) -> HttpResponse:
    """Pages about natural persons are not for search engines. Source: 个人信息保护法 6."""
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
