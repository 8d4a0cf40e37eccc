"""Accounts elsewhere on pages: WeChat and Alipay linked, unlinked, and the way back from there;
those at providers of identity unlinked."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lingnan.kernel import clock
from lingnan.kernel.errors import Refusal
from lingnan.kernel.web.addresses import client_address
from lingnan.kernel.web.guard import actor_of, open_to_all, signed_in
from lingnan.kernel.web.pages import render

from .. import queries, services
from ..asking import device_of
from ..errors import OnlyWayIn, ProofOver, ProofUnavailable
from ..queries.accounts import upstream_providers
from ..services import SentOutside
from .signing_in import end_present, go_on, next_of

COOKIE = "lingnan_outside"
COOKIE_PATH = "/account/"


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def linked(request: HttpRequest) -> HttpResponse:
    """What is linked, and what may be; POST `provider` leads there."""
    actor = actor_of(request)
    assert actor.account_id is not None, "someone signed in has an account"
    problem, status = "", 200
    if request.method == "POST":
        try:
            sent = services.begin_link(
                actor=actor, provider=request.POST.get("provider", ""), at=clock.now()
            )
        except Refusal as refusal:
            problem, status = f"{refusal.text} {refusal.remedy}", refusal.status
        else:
            return _go(request, sent, "")
    held = {row.provider: row for row in queries.linked_accounts(actor.account_id)}
    context: dict[str, Any] = {
        "ways": [
            {"provider": provider, "link": held.get(provider.code)}
            for provider in services.outside_providers()
        ],
        "upstreams": _upstreams(actor.account_id),
        "fresh": services.is_fresh(actor=actor, at=clock.now()),
        "problem": problem,
    }
    return render(request, "identity/linked.html", context, status=status)


def _upstreams(account_id: UUID) -> list[dict[str, Any]]:
    """Each provider of identity that is in use or linked, with the link."""
    held = {link.provider_id: link for link in queries.upstream_links(account_id)}
    providers = {provider.pk: provider for provider in upstream_providers()}
    providers |= {link.provider_id: link.provider for link in held.values()}
    return [
        {"provider": provider, "link": held.get(provider.pk)} for provider in providers.values()
    ]


@signed_in
@require_POST
def unlink_upstream(request: HttpRequest, link_id: UUID) -> HttpResponse:
    return _unlinked(request, services.unlink_upstream, link_id)


@signed_in
@require_POST
def unlink(request: HttpRequest, link_id: UUID) -> HttpResponse:
    return _unlinked(request, services.unlink, link_id)


def _unlinked(request: HttpRequest, end: Callable[..., None], link_id: UUID) -> HttpResponse:
    try:
        end(actor=actor_of(request), link_id=link_id, at=clock.now())
    except OnlyWayIn as refusal:
        messages.error(request, _words(refusal))
    else:
        messages.success(request, _("The account there opens nothing here any more."))
    return HttpResponseRedirect(reverse("identity:linked"))


@open_to_all
@require_POST
def leave(request: HttpRequest, provider: str) -> HttpResponse:
    """Off to a provider to come in with."""
    try:
        sent = services.begin_outside_sign_in(
            provider=provider, address=client_address(request), at=clock.now()
        )
    except Refusal as refusal:
        messages.error(request, f"{refusal.text} {refusal.remedy}")
        return HttpResponseRedirect(reverse("identity:sign_in"))
    return _go(request, sent, next_of(request))


@open_to_all
@require_safe
def callback(request: HttpRequest, provider: str) -> HttpResponse:
    """Back from a provider: the state says whether to link or to come in."""
    state = request.GET.get("state", "")
    kept, _bar, onward = request.COOKIES.get(COOKIE, "").partition("|")
    links = services.outside_purpose(state) == "link"
    back = reverse("identity:linked" if links else "identity:sign_in")
    try:
        if not state or state != kept:
            raise ProofOver
        chosen = services.outside_provider(provider)
        code = request.GET.get(chosen.code_name, "")
        if links:
            services.finish_link(
                actor=actor_of(request), provider=provider, state=state, code=code, at=clock.now()
            )
            messages.success(request, _("Linked. You can sign in with it from now on."))
            response: HttpResponse = HttpResponseRedirect(back)
        else:
            opened = services.finish_outside_sign_in(
                provider=provider,
                state=state,
                code=code,
                device=device_of(request),
                address=client_address(request),
                at=clock.now(),
            )
            end_present(request)
            response = go_on(request, opened, onward if services.is_inside(onward) else "")
    except (Refusal, ProofUnavailable) as refusal:
        messages.error(request, _words(refusal))
        query = f"?{urlencode({'next': onward})}" if services.is_inside(onward) else ""
        response = HttpResponseRedirect(back + ("" if links else query))
    response.delete_cookie(COOKIE, path=COOKIE_PATH, samesite="Lax")
    return response


def _words(problem: Refusal | ProofUnavailable) -> str:
    if isinstance(problem, Refusal):
        return f"{problem.text} {problem.remedy}"
    return str(problem.message)


def _go(request: HttpRequest, sent: SentOutside, onward: str) -> HttpResponse:
    """By a page of our own: forms may lead to this site only."""
    response = render(request, "identity/sso/onward.html", {"onward": sent.url, "name": ""})
    response.set_cookie(
        COOKIE,
        f"{sent.state}|{onward}",
        max_age=600,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
        samesite="Lax",
        path=COOKIE_PATH,
    )
    return response
