"""Dynamic registration (RFC 7591) by whoever holds a token of ours; the review still decides."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import Refusal
from lingnan.kernel.web.guard import actor_of, open_to_all

from ...models import Client
from ..services import ClientDetails, register_client
from ..services.clients import DEVICE_GRANT
from ..types import level_of

LENGTH_MAX = 50_000


@csrf_exempt
@open_to_all
@require_POST
def register(request: HttpRequest) -> HttpResponse:
    """201 with client_id and secret; `lingnan_state` says that the review is still to come.

    Beside the standard names it reads `purposes`: per scope, the sentence people read.
    """
    if getattr(request, "auth_via", None) != "token" or actor_of(request).is_anonymous:
        response = JsonResponse({"error": "invalid_token"}, status=401)
        response["WWW-Authenticate"] = 'Bearer realm="lingnan"'
        return response
    scopes = actor_of(request).scopes
    if scopes is not None and "identity" not in scopes:
        response = JsonResponse({"error": "insufficient_scope"}, status=403)
        response["WWW-Authenticate"] = 'Bearer realm="lingnan", scope="identity"'
        return response
    try:
        body = json.loads(request.body) if len(request.body) <= LENGTH_MAX else None
        details = _details(body)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _refused("invalid_client_metadata", "The body is no client metadata.", 400)
    try:
        made = register_client(actor=actor_of(request), details=details, at=clock.now())
    except Refusal as refusal:
        paths = [problem.path for problem in refusal.fields]
        code = "invalid_client_metadata"
        if paths and all(path.startswith("redirect_uris") for path in paths):
            code = "invalid_redirect_uri"
        status = 400 if refusal.status == 422 else refusal.status
        return _refused(code, f"{refusal.code}: {', '.join(paths)}", status)
    answer: dict[str, Any] = {
        "client_id": made.client_id,
        "client_id_issued_at": int(clock.now().timestamp()),
        "client_name": details.name,
        "redirect_uris": list(details.redirect_uris),
        "grant_types": list(details.grant_types),
        "response_types": ["code"] if "authorization_code" in details.grant_types else [],
        "token_endpoint_auth_method": details.auth_method,
        "scope": " ".join(details.scopes),
        "subject_type": details.subject_type,
        "id_token_signed_response_alg": details.id_token_algorithm,
        "lingnan_state": "submitted",
    }
    if made.secret:
        answer |= {"client_secret": made.secret, "client_secret_expires_at": 0}
    response = JsonResponse(answer, status=201)
    response["Cache-Control"] = "no-store"
    return response


def _details(body: Any) -> ClientDetails:
    """Raises: TypeError, ValueError, AttributeError for what is not the right shape."""
    grants = _texts(body.get("grant_types", ["authorization_code"]))
    kind = Client.Kind.WEB
    if DEVICE_GRANT in grants:
        kind = Client.Kind.DEVICE
    elif grants == ["client_credentials"]:
        kind = Client.Kind.SERVICE
    elif body.get("application_type") == "native":
        kind = Client.Kind.NATIVE
    levels = [level_of(value) for value in _texts(body.get("default_acr_values", []))]
    purposes = body.get("purposes", {})
    return ClientDetails(
        name=_text(body.get("client_name", "")),
        kind=kind,
        auth_method=_text(body.get("token_endpoint_auth_method", "client_secret_basic")),
        scopes=_text(body.get("scope", "openid")).split(),
        purposes={_text(key): _text(value) for key, value in purposes.items()},
        redirect_uris=_texts(body.get("redirect_uris", [])),
        post_logout_redirect_uris=_texts(body.get("post_logout_redirect_uris", [])),
        backchannel_logout_uri=_text(body.get("backchannel_logout_uri", "")),
        grant_types=grants,
        jwks=_object(body.get("jwks", {})),
        subject_type=_text(body.get("subject_type", "pairwise")),
        id_token_algorithm=_text(body.get("id_token_signed_response_alg", "RS256")),
        userinfo_algorithm=_text(body.get("userinfo_signed_response_alg", "")),
        default_level=min((level for level in levels if level), default=1),
        website=_text(body.get("client_uri", "")),
        policy_url=_text(body.get("policy_uri", "")),
        contact=", ".join(_texts(body.get("contacts", [])))[:200],
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise TypeError("a text is needed")
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("a list of texts is needed")
    return [_text(item) for item in value]


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("an object is needed")
    return value


def _refused(code: str, description: str, status: int) -> HttpResponse:
    return JsonResponse({"error": code, "error_description": description}, status=status)
