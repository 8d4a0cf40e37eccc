"""Where clients send people: sign in if need be, agree if need be, and go back with a code."""

from typing import Any
from urllib.parse import urlencode

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError
from authlib.oidc.core.errors import ConsentRequiredError, LoginRequiredError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lingnan.kernel import clock
from lingnan.kernel.errors import SignInRequired
from lingnan.kernel.web.guard import actor_of, open_to_all
from lingnan.kernel.web.pages import render

from ...models import Authorisation, Session
from ..asking import (
    FRESH,
    Asked,
    fresh_mark,
    is_known_well_enough,
    is_someone_else,
    needs_sign_in,
    read_request,
)
from ..errors import AuthorisationRefused
from ..queries import consent_lines
from ..services import give_consent, is_covered
from ..services.consents import TERM
from ..services.provider import issuer, provider
from ..services.tokens import authorise, draft_authorisation, session_of
from ..types import SCOPES, claims_of, scope_title


class LevelUnmet(OAuth2Error):  # type: ignore[misc]
    """OpenID Connect Core, error code extension: the level asked for cannot be reached here."""

    error = "unmet_authentication_requirements"


@csrf_exempt
@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """The authorization endpoint. A POST of a client becomes a GET, so that it can be resumed."""
    if request.method == "POST":
        query = request.POST.urlencode()
        return HttpResponseRedirect(f"{request.path}?{query}", status=303)
    try:
        grant, asked = _read(request)
        return _decide(request, grant, asked)
    except OAuth2Error as error:
        return _refuse(request, error)


@open_to_all
@require_safe
def resume(request: HttpRequest) -> HttpResponse:
    """After signing in: on to the request. A page of its own, because the sign-in form may send its
    reader to this site only, and the next step leads to another."""
    onward = f"{reverse('identity:authorize')}?{request.GET.urlencode()}"
    return render(request, "identity/sso/onward.html", {"onward": onward, "name": ""})


@open_to_all
@require_POST
def consent(request: HttpRequest) -> HttpResponse:
    """The answer to the consent page: everything is judged anew from the same request."""
    try:
        grant, asked = _read(request)
        session = _session(request)
        if session is None or _must_ask_first(request, asked, session):
            return HttpResponseRedirect(f"{reverse('identity:authorize')}?{_query(request)}")
        if request.POST.get("decision") != "allow":
            raise AccessDeniedError(redirect_uri=grant.redirect_uri)
        give_consent(
            actor=actor_of(request),
            client=asked.client,
            scopes=asked.scopes,
            claims=asked.named_claims,
            at=clock.now(),
        )
        location = _issue(request, grant, asked, session)
    except OAuth2Error as error:
        answer = _refuse(request, error)
        if "Location" not in answer:
            return answer
        location, asked_name = answer["Location"], request.GET.get("client_id", "")
        return _leave(request, location, asked_name)
    return _leave(request, location, asked.client.name)


def _read(request: HttpRequest) -> tuple[Any, Asked]:
    """Raises: OAuth2Error, with an address to go back to once that is certain."""
    _check_characters(request)
    signed_in = _session(request)
    grant = provider.get_consent_grant(request, end_user=signed_in)
    try:
        asked = read_request(
            request.GET.dict(), grant.request.client.row, grant.request.scope or ""
        )
        if not asked.scopes:
            raise OAuth2Error(error="invalid_scope")
    except OAuth2Error as error:
        error.redirect_uri = grant.redirect_uri
        error.state = request.GET.get("state")
        raise
    return grant, asked


def _decide(request: HttpRequest, grant: Any, asked: Asked) -> HttpResponse:
    now = clock.now()
    session = _session(request)
    if session is None or needs_sign_in(asked, session, request, at=now):
        if asked.is_silent:
            raise LoginRequiredError(redirect_uri=grant.redirect_uri)
        return _to_sign_in(request, asked)
    if is_someone_else(asked, session):
        raise LoginRequiredError(redirect_uri=grant.redirect_uri)
    if not is_known_well_enough(asked, session):
        step_up = None if asked.is_silent else _step_up_url(request, asked)
        if step_up is not None:
            return HttpResponseRedirect(step_up)
        if asked.level_is_essential:
            raise LevelUnmet(redirect_uri=grant.redirect_uri)
    agreed = is_covered(
        account_id=session.account_id,
        client=asked.client,
        scopes=asked.scopes,
        claims=asked.named_claims,
        at=now,
    )
    if agreed and "consent" not in asked.prompts:
        answer = HttpResponse(status=302)
        answer["Location"] = _issue(request, grant, asked, session)
        return answer
    if asked.is_silent:
        raise ConsentRequiredError(redirect_uri=grant.redirect_uri)
    return consent_page(
        request,
        _draft(asked, session),
        action=f"{reverse('identity:consent')}?{_query(request)}",
    )


def consent_page(
    request: HttpRequest, draft: Authorisation, *, action: str, user_code: str = ""
) -> HttpResponse:
    """Who asks for what, why and until when: each datum by name, its value masked."""
    named = {claim for names in draft.claims.values() for claim in names}
    claims = [*dict.fromkeys([*claims_of(draft.scopes), *sorted(named)])]
    powers = [
        {"title": scope_title(code), "purpose": draft.client.purposes.get(code, "")}
        for code in draft.scopes
        if code not in SCOPES or not (SCOPES[code].claims or code == "openid")
    ]
    context = {
        "client": draft.client,
        "data": consent_lines(draft, claims),
        "powers": powers,
        "until": clock.now() + TERM,
        "action": action,
        "user_code": user_code,
        "acting": _acting_as(draft),
    }
    return render(request, "identity/sso/consent.html", context)


def _acting_as(draft: Authorisation) -> str:
    """The name of the post, firm or grantor one acts as or for; empty for oneself."""
    if draft.officer is not None:
        return draft.officer.name
    if draft.mandate is not None:
        grantor = draft.mandate.grantor_organisation or draft.mandate.grantor_person
        return grantor.name if grantor else ""
    return draft.organisation.name if draft.organisation else ""


def _must_ask_first(request: HttpRequest, asked: Asked, session: Session) -> bool:
    """Whether something stands before the consent: a consent page kept open too long."""
    unmet = asked.level_is_essential and not is_known_well_enough(asked, session)
    return (
        unmet
        or is_someone_else(asked, session)
        or needs_sign_in(asked, session, request, at=clock.now())
    )


def _draft(asked: Asked, session: Session) -> Authorisation:
    return draft_authorisation(
        session=session, client=asked.client, scopes=asked.scopes, claims=asked.claims
    )


def _issue(request: HttpRequest, grant: Any, asked: Asked, session: Session) -> str:
    """Write the authorisation and its code; returns the address to send the browser to."""
    row = authorise(actor=actor_of(request), draft=_draft(asked, session), at=clock.now())
    _status, _body, headers = grant.create_authorization_response(grant.redirect_uri, row)
    return str(dict(headers)["Location"])


def _refuse(request: HttpRequest, error: OAuth2Error) -> HttpResponse:
    """Back to the client with the error; a page where it is not certain who that is.

    Raises: AuthorisationRefused (400).
    """
    if not error.redirect_uri:
        description = error.get_error_description()
        raise AuthorisationRefused(reason=_wrong_in(error), description=description)
    params = [("error", error.error)]
    if description := error.get_error_description():
        params.append(("error_description", description))
    if state := request.GET.get("state"):
        params.append(("state", state))
    params.append(("iss", issuer()))
    answer = HttpResponse(status=302)
    answer["Location"] = add_params_to_uri(error.redirect_uri, params)
    return answer


def _wrong_in(error: OAuth2Error) -> str:
    """The parameter an error is about; its code where that cannot be told."""
    if error.error == "invalid_client":
        return "client_id"
    description = (error.get_error_description() or "").lower().replace(" ", "_")
    return "redirect_uri" if "redirect_uri" in description else str(error.error)


def _leave(request: HttpRequest, location: str, name: str) -> HttpResponse:
    """Off to the client by a page of our own: the policy of forms lets none be sent elsewhere."""
    return render(request, "identity/sso/onward.html", {"onward": location, "name": name})


def _session(request: HttpRequest) -> Session | None:
    """The browser's session; a token in a header is no sign-in."""
    if getattr(request, "auth_via", None) != "session" or actor_of(request).is_anonymous:
        return None
    try:
        return session_of(actor_of(request))
    except SignInRequired:
        return None


def _to_sign_in(request: HttpRequest, asked: Asked) -> HttpResponse:
    query = request.GET.copy()
    query[FRESH] = fresh_mark(request, at=clock.now())
    onward = {"next": f"{reverse('identity:resume')}?{query.urlencode()}"}
    if asked.login_hint:
        onward["username"] = asked.login_hint
    if "officer" in asked.scopes:
        onward["officer"] = "1"
    return HttpResponseRedirect(f"{reverse('identity:sign_in')}?{urlencode(onward)}")


def _step_up_url(request: HttpRequest, asked: Asked) -> str | None:
    """The page that raises the level, if this installation has one."""
    try:
        page = reverse("identity:step_up")
    except NoReverseMatch:
        return None
    onward = f"{reverse('identity:resume')}?{_query(request)}"
    return f"{page}?{urlencode({'level': asked.level, 'next': onward})}"


def _query(request: HttpRequest) -> str:
    return request.GET.urlencode()


def _check_characters(request: HttpRequest) -> None:
    """Raises: AuthorisationRefused (400) for what no error answer could repeat."""
    for name in ("client_id", "redirect_uri", "response_type", "scope", "prompt"):
        for value in request.GET.getlist(name):
            if any(not " " <= character <= "~" or character in '"\\' for character in value):
                raise AuthorisationRefused(reason=name)
    if "\x00" in request.GET.get("state", ""):
        raise AuthorisationRefused(reason="state")
