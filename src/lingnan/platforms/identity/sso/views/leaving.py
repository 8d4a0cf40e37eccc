"""Signing out at the request of a program (OpenID Connect RP-Initiated Logout 1.0)."""

from typing import Any

from authlib.oauth2 import OAuth2Error
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.web.guard import actor_of, open_to_all
from lingnan.kernel.web.pages import render

from ...asking import clear_session_cookie
from ...models import Authorisation
from ...services import end_session
from ..errors import AuthorisationRefused
from ..services.provider import provider
from ..services.tokens import session_of


@csrf_exempt
@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """At once where the program shows an ID token of this very session; else the person is asked,
    so that no other site can sign people out."""
    asked = _read(request)
    actor = actor_of(request)
    in_browser = getattr(request, "auth_via", None) == "session" and not actor.is_anonymous
    if in_browser and not _is_of_this_session(request, asked):
        query = _query(request)
        context = {
            "client": asked.client.row if asked.client else None,
            "action": f"{reverse('identity:confirm_sign_out')}?{query}",
        }
        return render(request, "identity/sso/sign_out.html", context)
    return _finish(request, asked, end=in_browser)


@open_to_all
@require_POST
def confirm_sign_out(request: HttpRequest) -> HttpResponse:
    """The person agreed to sign out."""
    asked = _read(request)
    in_browser = getattr(request, "auth_via", None) == "session"
    return _finish(request, asked, end=in_browser and not actor_of(request).is_anonymous)


def _read(request: HttpRequest) -> Any:
    """Raises: AuthorisationRefused (400) for an ID token that is not ours, or another client's."""
    values = [request.GET.get("post_logout_redirect_uri"), request.POST.get("client_id")]
    if any(value and not value.isprintable() for value in values):
        raise AuthorisationRefused(reason="post_logout_redirect_uri")
    try:
        return provider.validate_endpoint_request("end_session", request)
    except (OAuth2Error, ValueError) as wrong:
        raise AuthorisationRefused(reason="id_token_hint") from wrong


def _is_of_this_session(request: HttpRequest, asked: Any) -> bool:
    claims = asked.id_token_claims or {}
    session_id = actor_of(request).session_id
    if session_id is None:
        return False
    return Authorisation.objects.filter(
        sid=str(claims.get("sid", "")),
        client__client_id=str(claims.get("aud", "")),
        session_id=session_id,
    ).exists()


def _finish(request: HttpRequest, asked: Any, *, end: bool) -> HttpResponse:
    if end:
        actor = actor_of(request)
        session = session_of(actor)
        end_session(actor=actor, session_id=session.pk, at=clock.now())
    if asked.redirect_uri:
        name = asked.client.row.name if asked.client else ""
        context = {"onward": asked.redirect_uri, "name": name}
        response = render(request, "identity/sso/onward.html", context)
        if request.method != "POST":
            response = HttpResponse(status=302)
            response["Location"] = asked.redirect_uri
    else:
        response = HttpResponse(status=302)
        response["Location"] = "/"
    if end:
        clear_session_cookie(response)
    return response


def _query(request: HttpRequest) -> str:
    """The request's parameters wherever they stood, without a token form's own."""
    merged = request.GET.copy()
    for name in ("id_token_hint", "client_id", "post_logout_redirect_uri", "state"):
        if name in request.POST:
            merged[name] = request.POST[name]
    return merged.urlencode()
