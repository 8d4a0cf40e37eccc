"""What programs call: tokens, userinfo, introspection, revocation, metadata. Protocol, not pages.

Errors here are those of RFC 6749 and 6750, which clients' libraries know, and not problem+json.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import segno
from authlib.oauth2 import OAuth2Error
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from joserfc import jwt

from lingnan.kernel import clock
from lingnan.kernel.web.guard import open_to_all

from ...models import Authorisation, OAuthToken
from ...services.grants import grant_of
from ..metadata import metadata
from ..queries import released, subject_for
from ..services import devices, keys
from ..services.provider import AUTH_METHODS, address, issuer, provider
from ..services.registered import for_people
from ..services.tokens import find_token

View = Callable[[HttpRequest], HttpResponse]


def _cross_origin(view: View) -> View:
    """Programs in a browser may call it from their own site: nothing here goes by the cookie."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        response = HttpResponse(status=204) if request.method == "OPTIONS" else view(request)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        return response

    return answer


def _protocol(view: View) -> View:
    """One transaction; what Authlib cannot read is the protocol's own invalid_request."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        texts = [text for values in request.POST.lists() for text in values[1]]
        if any("\x00" in text for text in texts):
            return _error("invalid_request", 400)
        try:
            with transaction.atomic():
                return view(request)
        except (UnicodeError, ValueError):
            # A Basic header that is not UTF-8, a description no header may hold.
            return _error("invalid_request", 400)

    return answer


@csrf_exempt
@_cross_origin
@open_to_all
@require_http_methods(["POST", "OPTIONS"])
@_protocol
def token(request: HttpRequest) -> HttpResponse:
    more = grant_of(request.POST.get("grant_type", ""))
    if more is not None:
        status, body = more.answer(request.POST.dict(), clock.now())
        return _json(JsonResponse(body, status=status))
    return _json(provider.create_token_response(request))


@csrf_exempt
@_cross_origin
@open_to_all
@require_http_methods(["POST", "OPTIONS"])
@_protocol
def revoke(request: HttpRequest) -> HttpResponse:
    return _json(provider.create_endpoint_response("revocation", request))


@csrf_exempt
@open_to_all
@require_POST
@_protocol
def introspect(request: HttpRequest) -> HttpResponse:
    return _json(provider.create_endpoint_response("introspection", request))


@csrf_exempt
@_cross_origin
@open_to_all
@require_http_methods(["POST", "OPTIONS"])
@_protocol
def device_authorization(request: HttpRequest) -> HttpResponse:
    """A device begins (RFC 8628 3.1); also a picture to scan, for screens that cannot draw one."""
    asked = provider.create_oauth2_request(request)
    try:
        client = provider.authenticate_client(asked, AUTH_METHODS, "device_authorization")
    except OAuth2Error as error:
        return _json(provider.handle_error_response(asked, error))
    if not client.check_grant_type(devices.GRANT):
        return _error("unauthorized_client", 400)
    scope = for_people(client.get_allowed_scope(asked.payload.scope) or "")
    if not scope:
        return _error("invalid_scope", 400)
    codes = devices.open_request(client=client.row, scopes=scope.split(), at=clock.now())
    page = address(reverse("identity:device"))
    complete = f"{page}?user_code={codes.user_code}"
    picture = segno.make(complete, error="m").svg_data_uri(scale=6, border=2, light="#fff")
    return _json(
        JsonResponse(
            {
                "device_code": codes.device_code,
                "user_code": codes.user_code,
                "verification_uri": page,
                "verification_uri_complete": complete,
                "verification_qr": picture,
                "expires_in": int(devices.TERM.total_seconds()),
                "interval": devices.INTERVAL_S,
            }
        )
    )


@csrf_exempt
@_cross_origin
@open_to_all
@require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])
@_protocol
def userinfo(request: HttpRequest) -> HttpResponse:
    """The claims of the token's scopes (OpenID Connect Core 5.3), signed where so registered."""
    scheme, _space, shown = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        shown = request.POST.get("access_token", "") if request.method == "POST" else ""
    if not shown.strip():
        return _challenge(401, "")
    found = find_token(shown.strip(), at=clock.now())
    if found is None or not found.is_live or not isinstance(found.token, OAuthToken):
        return _challenge(401, "invalid_token")
    if "openid" not in found.scopes:
        return _challenge(403, "insufficient_scope")
    row = found.authorisation
    assert row is not None, "a token in a person's name has an authorisation"
    row.scopes = list(found.scopes)
    return _said(row)


def _said(row: Authorisation) -> HttpResponse:
    client = row.client
    claims: dict[str, Any] = {
        "sub": subject_for(client, row.account_id),
        **released(row, "userinfo"),
    }
    if not client.userinfo_algorithm:
        return _json(JsonResponse(claims, json_dumps_params={"ensure_ascii": False}))
    algorithm = client.userinfo_algorithm
    key = keys.signing_key(algorithm, at=clock.now())
    signed = jwt.encode(
        {"alg": algorithm, "kid": key.kid},
        {"iss": issuer(), "aud": client.client_id, **claims},
        key,
        [algorithm],
    )
    return HttpResponse(signed, content_type="application/jwt")


@csrf_exempt
@_cross_origin
@open_to_all
@require_http_methods(["GET", "HEAD", "OPTIONS"])
def openid_configuration(request: HttpRequest) -> HttpResponse:
    return JsonResponse(metadata())


@csrf_exempt
@_cross_origin
@open_to_all
@require_http_methods(["GET", "HEAD", "OPTIONS"])
def jwks(request: HttpRequest) -> HttpResponse:
    """Our public keys, also those that will sign tomorrow."""
    response = JsonResponse(keys.public_keys(at=clock.now()))
    response["Cache-Control"] = "public, max-age=3600"
    return response


def _challenge(status: int, error: str) -> HttpResponse:
    """RFC 6750 3."""
    response = HttpResponse(status=status)
    detail = f', error="{error}"' if error else ""
    response["WWW-Authenticate"] = f'Bearer realm="lingnan"{detail}'
    return response


def _error(code: str, status: int) -> HttpResponse:
    return _json(JsonResponse({"error": code}, status=status))


def _json(response: HttpResponse) -> HttpResponse:
    response["Content-Type"] = "application/json"
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    return response
