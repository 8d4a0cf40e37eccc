"""Another name or document of a person: the clerk's proposal, the supervisor's decision."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.standards.codes.types import DocumentType

from .. import queries, services
from ..forms import show_refusal
from ..models import DetailsChange
from ..types import VERIFY_PERSONS, WITHDRAW_CHECKS
from ..window_forms import DecideDetailsForm, DetailsForm


@permitted(VERIFY_PERSONS, WITHDRAW_CHECKS)
@require_http_methods(["GET", "HEAD"])
def changes(request: HttpRequest) -> HttpResponse:
    """What waits, and what was decided, at the windows in reach."""
    page = queries.list_changes(actor_of(request), cursor=request.GET.get("cursor") or None)
    rows = [_shown(row) for row in page.items]
    return render(request, "identity/details_changes.html", {"rows": rows, "page": page})


@permitted(VERIFY_PERSONS)
@sensitive_post_parameters("document_number", "name")
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """The clerk enters what the new papers of whoever he just checked say."""
    actor = actor_of(request)
    check = queries.checks_in_reach(actor).filter(pk=check_id).first()
    if check is None or check.officer_id != actor.officer_id:
        raise NotFound
    form = DetailsForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            values = {**form.cleaned_data, "replaces": form.cleaned_data["replaces"] == "yes"}
            try:
                made = services.propose_details(
                    actor=actor, check_id=check_id, **values, at=clock.now()
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                messages.success(request, _("Proposed. A supervisor decides; the person is told."))
                return HttpResponseRedirect(reverse("identity:details_change", args=[made.pk]))
    card = queries.person(check.evidence.person_id)
    context = {
        "form": form,
        "check": check,
        "card": card,
        "document": DocumentType(card.document_type).label,
    }
    return render(request, "identity/details_new.html", context, status=status)


@permitted(VERIFY_PERSONS, WITHDRAW_CHECKS)
@sensitive_post_parameters("document_number")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """One change; a supervisor who did not propose it decides."""
    actor = actor_of(request)
    row = queries.changes_in_reach(actor).filter(pk=change_id).first()
    if row is None:
        raise NotFound
    form = DecideDetailsForm(bool(row.document_type), request.POST or None)
    status = 200
    if request.method == "POST":
        actor.check(WITHDRAW_CHECKS)
        status = 422
        if form.is_valid():
            confirms = request.POST.get("act") == "confirm"
            try:
                services.decide_details(
                    actor=actor,
                    change_id=change_id,
                    confirms=confirms,
                    **form.cleaned_data,
                    at=clock.now(),
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                said = _("Confirmed. The person is told.") if confirms else _("Refused.")
                messages.success(request, said)
                return HttpResponseRedirect(reverse("identity:details_change", args=[row.pk]))
    check = row.check_made
    context = {
        **_shown(row),
        "form": form,
        "may_decide": row.state == DetailsChange.State.WAITING
        and check.officer_id != actor.officer_id
        and actor.can(WITHDRAW_CHECKS, agency_id=check.agency_id, region_path=check.region_path),
    }
    return render(request, "identity/details_change.html", context, status=status)


def _shown(row: DetailsChange) -> dict[str, Any]:
    return {
        "row": row,
        "document": DocumentType(row.document_type).label if row.document_type else "",
        "number": queries.proposed_number(row),
    }
