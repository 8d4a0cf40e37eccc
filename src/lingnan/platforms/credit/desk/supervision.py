"""Commitments to check, alerts to look at, evaluations taken apart, reports for a purpose."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, Malformed, Refusal
from lingnan.kernel.web.guard import actor_of, officer_only, permitted
from lingnan.kernel.web.pages import render
from lingnan.platforms.documents import queries as documents

from .. import access, queries, services
from ..portal.appeals import evidence_of
from ..types import COMMITMENT_SUBJECT, MANAGE, READ, REPORT, CommitmentState, WarningState
from .work import work_on

page = require_http_methods(["GET", "HEAD", "POST"])
get_only = require_http_methods(["GET", "HEAD"])


@get_only
@permitted(REPORT, READ)
def commitments(request: HttpRequest) -> HttpResponse:
    """Commitments in one's reach; those due for their check first on request."""
    due = request.GET.get("due") == "1"
    context = {
        "page": queries.commitments(
            actor_of(request),
            due_by=clock.today() if due else None,
            cursor=request.GET.get("cursor") or None,
        ),
        "due": due,
        "today": clock.today(),
    }
    return render(request, "credit/desk_commitments.html", context)


@page
@officer_only
def commitment(request: HttpRequest, commitment_id: UUID) -> HttpResponse:
    """One commitment: its words, its check, and the confirmation of a breach."""
    actor, at = actor_of(request), clock.now()
    row = access.access_commitment(actor, commitment_id)
    problems: list[FieldProblem] = []
    if request.method == "POST" and request.POST.get("act") == "check":
        try:
            services.check_commitment(
                actor=actor,
                commitment_id=commitment_id,
                kept=request.POST.get("kept") == "yes",
                finding=request.POST.get("finding", ""),
                files=evidence_of(request),
                at=at,
            )
            return HttpResponseRedirect(request.path)
        except Refusal as refusal:
            problems = [
                FieldProblem("finding", refusal.code, f"{refusal.text} {refusal.remedy}".strip())
            ]
            request.method = "GET"
    context = {
        "files": documents.files_of(COMMITMENT_SUBJECT, row.pk),
        "check_problems": problems,
        "may_check": row.state == CommitmentState.OPEN
        and actor.can(REPORT, agency_id=row.agency_id, region_path=row.region_path),
    }
    response = work_on(
        request,
        kind=COMMITMENT_SUBJECT,
        row=row,
        template="credit/desk_commitment.html",
        context=context,
    )
    if problems:
        response.status_code = 422
    return response


@page
@permitted(MANAGE)
def alerts(request: HttpRequest) -> HttpResponse:
    """What the rules of monitoring found; a person says what was done."""
    actor, at = actor_of(request), clock.now()
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        try:
            services.handle_alert(
                actor=actor,
                alert_id=UUID(request.POST.get("alert", "")),
                note=request.POST.get("note", ""),
                at=at,
            )
            messages.success(request, _("Noted."))
            return HttpResponseRedirect(reverse("credit:desk_alerts"))
        except ValueError as error:
            raise Malformed from error
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            problems = [FieldProblem("note", refusal.code, refusal.text)]
            status = refusal.status
    state = request.GET.get("state", WarningState.OPEN)
    context = {
        "page": queries.alerts(actor, state=state, cursor=request.GET.get("cursor") or None),
        "state": state,
        "states": WarningState.choices,
        "problems": problems,
    }
    return render(request, "credit/desk_alerts.html", context, status=status)


@get_only
@permitted(READ)
def evaluation(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """How a subject scores, line by line, each with its records. Opening it leaves a trace."""
    actor = actor_of(request)
    subject = access.access_archive(actor, subject_id)
    services.record_view(
        actor=actor, subject=subject, purpose=services.EVALUATION_OPENED, at=clock.now()
    )
    found = queries.latest_evaluation(subject)
    lines = queries.evaluation_lines(found) if found else []
    context = {"subject": subject, "found": found, "lines": lines}
    return render(request, "credit/desk_evaluation.html", context)


@page
@permitted(READ)
def report(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Ask for a report on a subject, for a purpose; on a person only with his consent."""
    actor, at = actor_of(request), clock.now()
    subject = access.subject_to_report_on(actor, subject_id)
    problems: list[FieldProblem] = []
    status = 200
    made = None
    if request.method == "POST":
        try:
            made = services.make_report(
                actor=actor,
                subject_id=subject_id,
                purpose=request.POST.get("purpose", ""),
                at=at,
            )
        except Refusal as refusal:
            problems = [
                FieldProblem("purpose", refusal.code, f"{refusal.text} {refusal.remedy}".strip())
            ]
            status = refusal.status
    context = {
        "subject": subject,
        "name": queries.masked_name(subject),
        "made": made,
        "problems": problems,
        "posted": request.POST,
    }
    return render(request, "credit/desk_report.html", context, status=status)
