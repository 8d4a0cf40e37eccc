"""The administrators among themselves: who administers where, what is proposed, who is locked."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.standards.regions import queries as regions

from .. import queries, services
from ..asking import parse_uuid
from ..queries.grants import KINDS
from ..types import GRANT_ROLES, MANAGE_OFFICERS, UNLOCK_ACCOUNTS


@permitted(MANAGE_OFFICERS, GRANT_ROLES)
@require_http_methods(["GET", "HEAD"])
def administrators(request: HttpRequest) -> HttpResponse:
    """Province, city, county, town, village: who administers each, and where someone is missing."""
    code = request.GET.get("region", "").strip()[:12]
    places = queries.administrators(
        actor_of(request), region_code=code, on=clock.local_date(clock.now())
    )
    above = regions.ancestors(code) if code else []
    context = {"places": places, "above": above, "region_code": code, "kinds": KINDS}
    return render(request, "identity/administrators.html", context)


@permitted(MANAGE_OFFICERS, GRANT_ROLES)
@require_http_methods(["GET", "HEAD"])
def proposals(request: HttpRequest) -> HttpResponse:
    return _proposals(request)


@permitted(GRANT_ROLES)
@require_POST
def answer_proposal(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), clock.now()
    try:
        if request.POST.get("act") == "confirm":
            services.confirm_proposal(actor=actor, proposal_id=proposal_id, at=at)
            messages.success(request, _("The role is granted and counts at once."))
        else:
            answer = request.POST.get("answer", "")[:300]
            services.decline_proposal(actor=actor, proposal_id=proposal_id, answer=answer, at=at)
            messages.success(request, _("The proposal is declined."))
    except Refusal as refusal:
        if refusal.status in {403, 404} and not refusal.code.startswith("identity."):
            raise
        return _proposals(request, refusal=refusal, about=proposal_id)
    return HttpResponseRedirect(reverse("identity:proposals"))


def _proposals(
    request: HttpRequest, *, refusal: Refusal | None = None, about: UUID | None = None
) -> HttpResponse:
    state = request.GET.get("state", "open")
    if state not in {"open", "confirmed", "declined"}:
        state = "open"
    actor = actor_of(request)
    context = {
        "page": queries.list_proposals(
            actor, state=state, cursor=request.GET.get("cursor") or None
        ),
        "state": state,
        "may_decide": actor.can(GRANT_ROLES),
        "refusal": refusal,
        "about": about,
        "typed": request.POST.get("answer", ""),
    }
    status = refusal.status if refusal else 200
    return render(request, "identity/proposals.html", context, status=status)


@permitted(UNLOCK_ACCOUNTS)
@require_POST
def unlock(request: HttpRequest, officer_id: UUID) -> HttpResponse:
    services.unlock_account(actor=actor_of(request), officer_id=officer_id, at=clock.now())
    messages.success(request, _("The officer can try again now."))
    return HttpResponseRedirect(reverse("identity:officer", args=[officer_id]))


@permitted(MANAGE_OFFICERS)
@require_POST
def change_post(request: HttpRequest, officer_id: UUID) -> HttpResponse:
    chosen = request.POST.get("post", "")
    services.change_post(
        actor=actor_of(request),
        officer_id=officer_id,
        post_id=parse_uuid(chosen) if chosen else None,
        at=clock.now(),
    )
    messages.success(request, _("The post is changed."))
    return HttpResponseRedirect(reverse("identity:officer", args=[officer_id]))
