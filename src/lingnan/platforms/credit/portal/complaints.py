"""Choosing a record to object to or repair; complaining, and reading what became of it."""

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, NotFound, Refusal
from lingnan.kernel.web.formats import format_date
from lingnan.kernel.web.guard import actor_of, person_only
from lingnan.kernel.web.pages import render
from lingnan.platforms.documents import queries as documents
from lingnan.platforms.workflow import queries as workflow

from .. import access, queries, services
from ..errors import SubjectNotFound, TooEarlyToRepair
from ..models import Complaint, Objection, Repair
from ..types import COMPLAINT_SUBJECT, AppealState
from .appeals import evidence_of, problems_of

page = require_http_methods(["GET", "HEAD", "POST"])
APPEALS: dict[str, tuple[type[Objection] | type[Repair], str, str]] = {
    "objections": (Objection, "objection_id", "credit:own_objection"),
    "repairs": (Repair, "repair_id", "credit:own_repair"),
}


@require_http_methods(["GET", "HEAD"])
@person_only
def choose(request: HttpRequest) -> HttpResponse:
    """Every record and entry of one's archive: what can be objected to or repaired, and why not."""
    actor, at = actor_of(request), clock.now()
    is_repair = request.GET.get("for") == "repair"
    try:
        subject = access.own_subject(actor)
    except SubjectNotFound:
        return render(request, "credit/own_choose.html", {"is_repair": is_repair})
    found = queries.archive_page(
        subject,
        condition=Q(is_adverse=True) if is_repair else Q(),
        cursor=request.GET.get("cursor") or None,
    )
    check: Any = services.check_objectable
    if is_repair:
        check = partial(services.check_repairable, under_repair=queries.under_repair(subject))
    first = not request.GET.get("cursor")
    entries = [row for row in queries.own_entries(subject) if row.decided_at] if first else []
    context = {
        "is_repair": is_repair,
        "subject": subject,
        "page": found,
        "records": [(row, _why_not(check, row, None, at)) for row in found.items],
        "entries": [(row, _why_not(check, None, row, at)) for row in entries],
    }
    return render(request, "credit/own_choose.html", context)


def _why_not(check: Any, record: Any, entry: Any, at: Any) -> str:
    """Why it cannot be done today; empty where it can."""
    try:
        check(record=record, entry=entry, at=at)
    except TooEarlyToRepair as early:
        day = date.fromisoformat(str(early.facts["repair_from"]))
        return _("Repair may be applied for from %(day)s on.") % {"day": format_date(day)}
    except Refusal as refusal:
        return refusal.text
    return ""


@page
@person_only
def about_conduct(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Complain about what a firm did."""
    subject = access.subject_to_complain_of(actor_of(request), subject_id)
    return _form(
        request,
        given={"subject_id": subject.pk},
        title=subject.name,
        back=reverse("credit:subject", args=[subject.pk]),
    )


@page
@person_only
def about_handling(request: HttpRequest, thing: str, appeal_id: UUID) -> HttpResponse:
    """Complain about how one's objection or repair was handled."""
    if thing not in APPEALS:
        raise NotFound
    model, name, address = APPEALS[thing]
    row = access.own_appeal(actor_of(request), model, appeal_id)
    return _form(
        request,
        given={name: row.pk},
        title=row.number,
        back=reverse(address, args=[row.pk]),
    )


def _form(request: HttpRequest, *, given: dict[str, UUID], title: str, back: str) -> HttpResponse:
    problems: list[FieldProblem] = []
    status = 200
    at = clock.now()
    if request.method == "POST":
        try:
            made = services.make_complaint(
                actor=actor_of(request),
                subject_id=given.get("subject_id"),
                objection_id=given.get("objection_id"),
                repair_id=given.get("repair_id"),
                text=request.POST.get("text", ""),
                files=evidence_of(request),
                at=at,
            )
            messages.success(request, _("Your complaint is on its way to the credit office."))
            return HttpResponseRedirect(reverse("credit:own_complaint", args=[made.pk]))
        except Refusal as refusal:
            problems, status = problems_of(refusal), refusal.status
    context = {
        "title": title,
        "is_conduct": "subject_id" in given,
        "back": back,
        "problems": problems,
        "posted": request.POST,
        "periods": queries.rule("complaint", clock.local_date(at)).parameters,
    }
    return render(request, "credit/own_complaint_form.html", context, status=status)


@page
@person_only
def complaint(request: HttpRequest, complaint_id: UUID) -> HttpResponse:
    """One complaint: where it stands, until when it is promised, the answer."""
    actor, at = actor_of(request), clock.now()
    row = access.own_complaint(actor, complaint_id)
    if request.method == "POST":
        services.withdraw_complaint(actor=actor, complaint_id=complaint_id, at=at)
        messages.success(request, _("It is taken back."))
        return HttpResponseRedirect(request.path)
    return render(request, "credit/own_complaint.html", complaint_context(row, "citizen"))


def complaint_context(row: Complaint, audience: Any) -> dict[str, Any]:
    """What both sides read of a complaint."""
    at = clock.now()
    return {
        "row": row,
        "is_open": row.state == AppealState.OPEN,
        "clock": workflow.clock(row.instance_id, at=at) if row.instance_id else None,
        "steps": workflow.current_steps(row.instance_id) if row.instance_id else [],
        "timeline": workflow.timeline(COMPLAINT_SUBJECT, row.pk, audience=audience),
        "files": documents.files_of(COMPLAINT_SUBJECT, row.pk),
    }
