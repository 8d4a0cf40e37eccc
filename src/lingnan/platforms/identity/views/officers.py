"""The administrators' pages: who works where, and with which roles."""

from typing import Any
from uuid import UUID

from django import forms
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
from ..forms import GrantForm, OfficerForm, OfficerPersonForm, ProposalForm, show_refusal
from ..models import Officer
from ..queries.officers import in_reach, is_oneself
from ..types import GRANT_ROLES, MANAGE_OFFICERS, UNLOCK_ACCOUNTS


@permitted(MANAGE_OFFICERS, GRANT_ROLES)
@require_http_methods(["GET", "HEAD"])
def officers(request: HttpRequest) -> HttpResponse:
    """Everyone in the administrator's reach."""
    text = request.GET.get("q", "").strip()[:100]
    page = queries.list_officers(
        actor_of(request), text=text, cursor=request.GET.get("cursor") or None
    )
    held: dict[UUID, list[str]] = {}
    today = clock.local_date(clock.now())
    for grant in queries.live_grants([row.pk for row in page.items], on=today):
        held.setdefault(grant.officer_id, []).append(localise(grant.role.name))
    rows = [{"officer": row, "roles": held.get(row.pk, [])} for row in page.items]
    actor = actor_of(request)
    context = {
        "rows": rows,
        "page": page,
        "q": text,
        "may_manage": actor.can(MANAGE_OFFICERS),
    }
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
            show_refusal(form, refusal, agency_id="agency")
            status = refusal.status
        else:
            context = {"made": made, "agency": agency}
            return render(request, "identity/officer_made.html", context)
    return render(request, "identity/officer_new.html", {"form": form}, status=status)


@permitted(MANAGE_OFFICERS, GRANT_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def officer(request: HttpRequest, officer_id: UUID) -> HttpResponse:
    """One officer: the security administrator grants roles here, the system administrator asks."""
    actor = actor_of(request)
    row = in_reach(actor).filter(pk=officer_id).first()
    if row is None:
        raise NotFound
    at = clock.now()
    may_grant = _may(actor, GRANT_ROLES, row)
    form = _role_form(request, row, may_grant=may_grant)
    status = 200
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        agency_code = values.pop("agency")
        try:
            values["agency_id"] = agencies.agency_by_uscc(agency_code).id if agency_code else None
            if may_grant:
                values["entrusted"] = values["entrusted"] or None
                services.grant_role(actor=actor, officer_id=row.pk, **values, at=at)
                done = _("The role is granted and counts at once.")
            else:
                services.propose_role(actor=actor, officer_id=row.pk, **values, at=at)
                done = _("The role is proposed; the security administrator decides.")
        except Refusal as refusal:
            show_refusal(form, refusal, agency_id="agency")
            status = refusal.status
        else:
            messages.success(request, done)
            return HttpResponseRedirect(reverse("identity:officer", args=[row.pk]))
    may_unlock = _may(actor, UNLOCK_ACCOUNTS, row)
    context = {
        "officer": row,
        "grants": queries.live_grants([row.pk], on=clock.local_date(at)),
        "proposals": queries.list_proposals(actor, officer_id=row.pk).items,
        "form": form,
        "has_person": row.person_id is not None or row.account.person_id is not None,
        "may_manage": _may(actor, MANAGE_OFFICERS, row),
        "may_grant": may_grant,
        "posts": agencies.posts(row.agency_id),
        "locked_until": services.locked_until(row.account_id, at=at) if may_unlock else None,
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


def _role_form(request: HttpRequest, row: Officer, *, may_grant: bool) -> forms.Form:
    """The roles offered are those the administrator could give; the system's asks for any."""
    initial = {"agency": row.agency.uscc}
    form: forms.Form
    if may_grant:
        form = GrantForm(request.POST or None, initial=initial)
        on = clock.local_date(clock.now())
        offered = queries.grantable_roles(actor_of(request), on=on)
    else:
        form = ProposalForm(request.POST or None, initial=initial)
        offered = queries.roles()
    choices = [(role.code, localise(role.name)) for role in offered]
    form.fields["role"].choices = choices  # type: ignore[attr-defined]
    if may_grant:
        form.fields["entrusted"].choices = choices  # type: ignore[attr-defined]
    return form
