"""Posts offered to people who have an account: on the desk, and on their own pages."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.web.guard import actor_of, permitted, signed_in
from lingnan.kernel.web.pages import render
from lingnan.standards.agencies import queries as agencies

from .. import queries, services
from ..forms import PostOfferForm, show_refusal
from ..types import MANAGE_OFFICERS

STATES = ("open", "accepted", "declined", "withdrawn", "expired", "lapsed")


@permitted(MANAGE_OFFICERS)
@require_safe
def offers(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "open")
    if state not in STATES:
        raise NotFound
    page = queries.list_offers(
        actor_of(request), at=clock.now(), state=state, cursor=request.GET.get("cursor") or None
    )
    context = {"page": page, "state": state}
    return render(request, "identity/post_offers.html", context)


@permitted(MANAGE_OFFICERS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_offer(request: HttpRequest) -> HttpResponse:
    form = PostOfferForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            agency = agencies.agency_by_uscc(values.pop("agency"))
            services.offer_post(
                actor=actor_of(request), agency_id=agency.id, **values, at=clock.now()
            )
        except Refusal as refusal:
            show_refusal(form, refusal, agency_id="agency")
            status = refusal.status
        else:
            messages.success(request, _("Offered. It counts once the owner has accepted."))
            return HttpResponseRedirect(reverse("identity:post_offers"))
    return render(request, "identity/post_offer_new.html", {"form": form}, status=status)


@permitted(MANAGE_OFFICERS)
@require_POST
def withdraw(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    services.withdraw_post(actor=actor_of(request), offer_id=offer_id, at=clock.now())
    messages.success(request, _("The offer is taken back."))
    return HttpResponseRedirect(reverse("identity:post_offers"))


@signed_in
@require_safe
def own_posts(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), clock.now()
    assert actor.account_id is not None, "someone signed in has an account"
    context = {"rows": queries.own_offers(actor.account_id, at=at)}
    return render(request, "identity/own_posts.html", context)


@signed_in
@require_POST
def answer(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), clock.now()
    if request.POST.get("act") == "accept":
        services.accept_post(actor=actor, offer_id=offer_id, at=at)
        messages.success(
            request, _("You work there now. Set up a second factor if you have none yet.")
        )
    else:
        services.decline_post(actor=actor, offer_id=offer_id, at=at)
        messages.success(request, _("You declined."))
    return HttpResponseRedirect(reverse("identity:own_posts"))
