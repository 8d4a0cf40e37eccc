"""The administrators' pages: who works where, and with which roles."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.permissions import declared
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.standards.agencies import queries as agencies

from .. import queries, services
from ..forms import GrantForm, OfficerForm, OfficerPersonForm, show_refusal
from ..models import Officer
from ..queries.officers import in_reach, is_oneself, live_grants
from ..types import GRANT_ROLES, MANAGE_OFFICERS


@permitted(MANAGE_OFFICERS, GRANT_ROLES)
@require_http_methods(["GET", "HEAD"])
def officers(request: HttpRequest) -> HttpResponse:
    """Everyone in the administrator's reach."""
    text = request.GET.get("q", "").strip()[:100]
    page = queries.list_officers(
        actor_of(request), text=text, cursor=request.GET.get("cursor") or None
    )
    held: dict[UUID, list[str]] = {}
    for grant in live_grants([row.pk for row in page.items]):
        held.setdefault(grant.officer_id, []).append(localise(grant.role.name))
    rows = [{"officer": row, "roles": held.get(row.pk, [])} for row in page.items]
    context = {"rows": rows, "page": page, "q": text}
    return render(request, "identity/officers.html", context)


@permitted(MANAGE_OFFICERS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_officer(request: HttpRequest) -> HttpResponse:
    form = OfficerForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            agency = agencies.agency_by_uscc(data["agency"])
            made = services.create_officer(
                actor=actor_of(request),
                name=data["name"],
                username=data["username"],
                document_type=data["document_type"],
                document_number=data["document_number"],
                agency_id=agency.id,
                at=clock.now(),
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            context = {"made": made, "agency": agency}
            return render(request, "identity/officer_made.html", context)
    return render(request, "identity/officer_new.html", {"form": form}, status=status)


@permitted(MANAGE_OFFICERS, GRANT_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def officer(request: HttpRequest, officer_id: UUID) -> HttpResponse:
    """One officer; the security administrator grants roles here."""
    actor = actor_of(request)
    row = in_reach(actor).filter(pk=officer_id).first()
    if row is None:
        raise NotFound
    form = _grant_form(request, row)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            agency_code = form.cleaned_data["agency"]
            services.grant_role(
                actor=actor,
                officer_id=row.pk,
                role=form.cleaned_data["role"],
                agency_id=agencies.agency_by_uscc(agency_code).id if agency_code else None,
                region_code=form.cleaned_data["region_code"],
                at=clock.now(),
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("The role is granted and counts at once."))
            return HttpResponseRedirect(reverse("identity:officer", args=[row.pk]))
    context = {
        "officer": row,
        "grants": live_grants([row.pk]),
        "form": form,
        "has_person": row.person_id is not None or row.account.person_id is not None,
        "may_manage": _may(actor_of(request), MANAGE_OFFICERS, row),
        "may_grant": _may(actor_of(request), GRANT_ROLES, row),
    }
    return render(request, "identity/officer.html", context, status=status)


@permitted(MANAGE_OFFICERS)
@require_http_methods(["GET", "HEAD", "POST"])
def officer_person(request: HttpRequest, officer_id: UUID) -> HttpResponse:
    """Complete a record that does not say who the officer is."""
    actor = actor_of(request)
    row = in_reach(actor).filter(pk=officer_id).first()
    if row is None:
        raise NotFound
    form = OfficerPersonForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.record_officer_person(
                actor=actor, officer_id=row.pk, **form.cleaned_data, at=clock.now()
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("The record says who the officer is."))
            return HttpResponseRedirect(reverse("identity:officer", args=[row.pk]))
    context = {"officer": row, "form": form}
    return render(request, "identity/officer_person.html", context, status=status)


@permitted(MANAGE_OFFICERS)
@require_POST
def officer_leaves(request: HttpRequest, officer_id: UUID) -> HttpResponse:
    services.deactivate_officer(actor=actor_of(request), officer_id=officer_id, at=clock.now())
    messages.success(request, _("The officer has left: signed out everywhere, without roles."))
    return HttpResponseRedirect(reverse("identity:officer", args=[officer_id]))


@permitted(MANAGE_OFFICERS)
@require_POST
def reset_second_factor(request: HttpRequest, officer_id: UUID) -> HttpResponse:
    services.reset_second_factor(actor=actor_of(request), officer_id=officer_id, at=clock.now())
    messages.success(request, _("The officer sets up a new second factor at the next sign-in."))
    return HttpResponseRedirect(reverse("identity:officer", args=[officer_id]))


@permitted(GRANT_ROLES)
@require_POST
def withdraw_role(request: HttpRequest, officer_id: UUID, grant_id: UUID) -> HttpResponse:
    services.revoke_grant(actor=actor_of(request), grant_id=grant_id, at=clock.now())
    messages.success(request, _("The role is withdrawn."))
    return HttpResponseRedirect(reverse("identity:officer", args=[officer_id]))


@permitted(MANAGE_OFFICERS, GRANT_ROLES)
@require_http_methods(["GET", "HEAD"])
def roles(request: HttpRequest) -> HttpResponse:
    """What each role may do."""
    known = declared()
    rows = [
        {
            "role": role,
            "permissions": [
                (code, str(known[code].title) if code in known else code)
                for code in role.permissions
            ],
        }
        for role in queries.roles()
    ]
    return render(request, "identity/roles.html", {"rows": rows})


def _may(actor: Any, permission: str, row: Officer) -> bool:
    return bool(
        row.active
        and not is_oneself(actor, row)
        and actor.can(permission, agency_id=row.agency_id, region_path=row.agency.region_path)
    )


def _grant_form(request: HttpRequest, row: Officer) -> GrantForm:
    form = GrantForm(request.POST or None, initial={"agency": row.agency.uscc})
    choices = [(role.code, localise(role.name)) for role in queries.roles()]
    form.fields["role"].choices = choices  # type: ignore[attr-defined]
    return form
