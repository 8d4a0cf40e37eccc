"""Signing in with an account kept elsewhere: the way there and the way back."""

import logging
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal, Unavailable
from lingnan.kernel.web.addresses import client_address
from lingnan.kernel.web.guard import actor_of, open_to_all
from lingnan.kernel.web.pages import render
from lingnan.kernel.web.problems import basis_of, problem

from ...asking import device_of, set_session_cookie
from ...services import end_session
from ..services import saml, upstream

logger = logging.getLogger("lingnan.web")
COOKIE = "lingnan_upstream"
COOKIE_AGE_S = 600


@open_to_all
@require_POST
def leave(request: HttpRequest, code: str) -> HttpResponse:
    """Off to the provider, by a page of our own (forms may lead to this site only)."""
    onward = request.POST.get("next", "")
    if not onward.startswith("/") or not url_has_allowed_host_and_scheme(onward, None):
        onward = ""
    try:
        sent = upstream.begin(code=code, onward=onward, at=clock.now())
    except (Refusal, Unavailable) as error:
        return _not_signed_in(request, error, onward)
    response = render(request, "identity/sso/onward.html", {"onward": sent.url, "name": ""})
    response.set_cookie(
        COOKIE,
        sent.state,
        max_age=COOKIE_AGE_S,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
        samesite="Lax",
        path="/account/sign-in/",
    )
    return response


@open_to_all
@require_safe
def our_metadata(request: HttpRequest, code: str) -> HttpResponse:
    """Our description for a provider of SAML."""
    text = saml.our_metadata(upstream.saml_provider(code))
    return HttpResponse(text, content_type="application/samlmetadata+xml; charset=utf-8")


@csrf_exempt
@open_to_all
@require_POST
def assertion_consumer(request: HttpRequest, code: str) -> HttpResponse:
    """A provider of SAML posts its answer through the browser; judged at the next address, where
    the browser shows the cookie it left with."""
    state = request.POST.get("RelayState", "")[:200]
    response_text = request.POST.get("SAMLResponse", "")
    try:
        upstream.receive(code=code, response=response_text, relay_state=state, at=clock.now())
    except Refusal as error:
        return _not_signed_in(request, error, "")
    onward = reverse("identity:sign_in_with_callback", args=[code])
    response = HttpResponseRedirect(f"{onward}?{urlencode({'state': state})}")
    response.status_code = 303
    return response


@open_to_all
@require_safe
def arrive(request: HttpRequest, code: str) -> HttpResponse:
    """Back from the provider: whatever session this browser had ends, a new one begins."""
    kept = request.COOKIES.get(COOKIE, "")
    try:
        opened, onward = upstream.finish(
            code=code,
            answer=request.GET.dict(),
            cookie=kept,
            network_address=client_address(request),
            device=device_of(request),
            present=actor_of(request).account_id,
            at=clock.now(),
        )
    except (Refusal, Unavailable) as error:
        return _not_signed_in(request, error, upstream.onward_of(code=code, state=kept))
    actor = actor_of(request)
    if actor.session_id is not None and not actor.is_anonymous:
        end_session(actor=actor, session_id=actor.session_id, at=clock.now())
    target = onward or reverse("identity:welcome")
    if opened.stage == "code":
        target = f"{reverse('identity:sign_in_code')}?{urlencode({'next': onward})}"
    response = HttpResponseRedirect(target)
    set_session_cookie(response, opened.token, request=request)
    response.delete_cookie(COOKIE, path="/account/sign-in/", samesite="Lax")
    return response


def _not_signed_in(request: HttpRequest, error: Refusal | Unavailable, onward: str) -> HttpResponse:
    """What happened, and the way back to every other way in. Raises: NotFound (404) as it came."""
    if isinstance(error, NotFound):
        raise error
    if isinstance(error, Refusal):
        context: dict[str, Any] = {"problem": problem(error), "basis": basis_of(error.source)}
        status = error.status
    else:
        logger.warning("unavailable: %s %s", error.code, error.reason)
        remedy = _("Try again in a moment, or sign in another way.")
        context = {"happened": str(error.message), "remedy": remedy, "code": error.code}
        status = 503
    target = reverse("identity:sign_in")
    context["again"] = f"{target}?{urlencode({'next': onward})}" if onward else target
    response = render(request, "identity/sso/not_signed_in.html", context, status=status)
    if isinstance(error, Unavailable):
        response["Retry-After"] = str(error.retry_after_s)
    return response
