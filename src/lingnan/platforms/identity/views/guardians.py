"""Guardians on pages: a parent names his child; a clerk records what papers show."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.web.guard import actor_of, permitted, person_only
from lingnan.kernel.web.pages import render

from .. import queries, services
from ..errors import StepUpRequired
from ..forms import ChildForm, GuardianClaimEndForm, GuardianEndForm, GuardianForm, show_refusal
from ..models import Mandate
from ..types import VERIFY_PERSONS, WITHDRAW_CHECKS


@person_only
@sensitive_post_parameters("document_number")
@require_http_methods(["GET", "HEAD", "POST"])
def claim_child(request: HttpRequest) -> HttpResponse:
    """Before he types anything: whoever acts for another is asked to switch to himself, and whoever
    is not surely known yet to show who he is."""
    actor = actor_of(request)
    if not services.is_for_oneself(actor):
        own = {"own": f"person:{actor.person_id}"}
        status = 403 if request.method == "POST" else 200
        return render(request, "identity/child.html", own, status=status)
    form, first = ChildForm(request.POST or None), ""
    status = 200
    if request.method != "POST":
        try:
            services.check_surely_known(actor=actor, at=clock.now())
        except StepUpRequired as unsure:
            first = unsure.onward
    if request.method == "POST" and form.is_valid():
        try:
            services.claim_child(actor=actor, **form.cleaned_data, at=clock.now())
        except Refusal as refusal:
            if refusal.onward:
                raise
            show_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("You may act for your child now: choose for whom you act."))
            return HttpResponseRedirect(reverse("identity:mandates"))
    context = {"form": form, "first": first}
    return render(request, "identity/child.html", context, status=status)


@permitted(VERIFY_PERSONS, WITHDRAW_CHECKS)
@require_safe
def guardianships(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    page = queries.list_guardianships(actor, cursor=request.GET.get("cursor") or None)
    context = {"page": page, "may_record": actor.can(VERIFY_PERSONS)}
    return render(request, "identity/guardianships.html", context)


@permitted(VERIFY_PERSONS)
@sensitive_post_parameters("ward_document_number", "guardian_document_number")
@require_http_methods(["GET", "HEAD", "POST"])
def new_guardianship(request: HttpRequest) -> HttpResponse:
    form = GuardianForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        values: dict[str, Any] = dict(form.cleaned_data)
        ward, guardian = _pair(values)
        try:
            made = services.record_guardianship(
                actor=actor_of(request), ward=ward, guardian=guardian, **values, at=clock.now()
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("Recorded. It counts once the guardian has accepted it."))
            return HttpResponseRedirect(reverse("identity:guardianship", args=[made.pk]))
    return render(request, "identity/guardianship_new.html", {"form": form}, status=status)


def _pair(values: dict[str, Any]) -> tuple[services.Named, services.Named]:
    """Ward and guardian, taken out of what a form holds."""
    ward, guardian = (
        services.Named(
            name=values.pop(f"{who}_name"),
            document_type=values.pop(f"{who}_document_type"),
            document_number=values.pop(f"{who}_document_number"),
        )
        for who in ("ward", "guardian")
    )
    return ward, guardian


@permitted(VERIFY_PERSONS)
@sensitive_post_parameters("ward_document_number", "guardian_document_number")
@require_http_methods(["GET", "HEAD", "POST"])
def end_claim(request: HttpRequest) -> HttpResponse:
    """What a parent showed by a certificate ends by the decision a clerk has seen."""
    form = GuardianClaimEndForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        values: dict[str, Any] = dict(form.cleaned_data)
        ward, guardian = _pair(values)
        try:
            services.end_claim(
                actor=actor_of(request), ward=ward, guardian=guardian, **values, at=clock.now()
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("The guardianship is ended and both are told."))
            return HttpResponseRedirect(reverse("identity:guardianships"))
    return render(request, "identity/guardianship_claim_end.html", {"form": form}, status=status)


@permitted(VERIFY_PERSONS, WITHDRAW_CHECKS)
@require_http_methods(["GET", "HEAD", "POST"])
def guardianship(request: HttpRequest, mandate_id: UUID) -> HttpResponse:
    """One guardianship; a clerk ends it here."""
    actor = actor_of(request)
    row = queries.guardianships_in_reach(actor).filter(mandate_id=mandate_id).first()
    if row is None:
        raise NotFound
    form = GuardianEndForm(request.POST or None)
    status = 200
    if request.method == "POST":
        actor.check(VERIFY_PERSONS)
        status = 422
        if form.is_valid():
            try:
                services.end_guardianship(
                    actor=actor, mandate_id=mandate_id, at=clock.now(), **form.cleaned_data
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                messages.success(request, _("The guardianship is ended and both are told."))
                return HttpResponseRedirect(request.path)
    live = row.mandate.state in {Mandate.State.OFFERED, Mandate.State.ACCEPTED}
    context = {"row": row, "form": form, "may_end": live and actor.can(VERIFY_PERSONS)}
    return render(request, "identity/guardianship.html", context, status=status)
