"""What wallets and verifiers call: OpenID4VCI, OpenID4VP, status lists, metadata. Protocol, not
pages: errors are those of the protocols, which wallets know, and not problem+json.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import Refusal
from lingnan.kernel.web.addresses import client_address
from lingnan.kernel.web.guard import open_to_all

from ..credentials import answers, description, issuing, nonces, offers, requests, status
from ..credentials.types import ANSWER_BYTES_MAX, STATUS_TTL_S, ProtocolError

View = Callable[..., HttpResponse]
readable = require_http_methods(["GET", "HEAD", "OPTIONS"])
postable = require_http_methods(["POST", "OPTIONS"])


def protocol(view: View) -> View:
    """Callable from any site (nothing goes by the cookie); refusals in the protocol's words."""

    @wraps(view)
    def answer(request: HttpRequest, **path: Any) -> HttpResponse:
        try:
            made = (
                HttpResponse(status=204) if request.method == "OPTIONS" else view(request, **path)
            )
        except ProtocolError as wrong:
            made = _refused(wrong)
        except Refusal as refusal:
            made = JsonResponse({"error": "invalid_request"}, status=refusal.status)
        made["Access-Control-Allow-Origin"] = "*"
        made["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        made["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        if "Cache-Control" not in made:
            made["Cache-Control"] = "no-store"
        return made

    return answer


def _refused(wrong: ProtocolError) -> HttpResponse:
    body = {"error": wrong.code}
    if wrong.description:
        body["error_description"] = wrong.description
    made = JsonResponse(body, status=wrong.status)
    if wrong.status in (401, 403):
        made["WWW-Authenticate"] = f'Bearer realm="lingnan", error="{wrong.code}"'
    return made


def _bearer(request: HttpRequest) -> str:
    scheme, _space, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def _object(request: HttpRequest, code: str) -> dict[str, Any]:
    """The JSON object a wallet sent. Raises: ProtocolError."""
    try:
        body = json.loads(request.body) if len(request.body) <= ANSWER_BYTES_MAX else None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise ProtocolError(code, "the body is not a JSON object")
    return body


def _cached(body: dict[str, Any]) -> HttpResponse:
    made = JsonResponse(body, json_dumps_params={"ensure_ascii": False})
    made["Cache-Control"] = "public, max-age=300"
    return made


@csrf_exempt
@open_to_all
@readable
@protocol
def issuer_metadata(request: HttpRequest) -> HttpResponse:
    """/.well-known/openid-credential-issuer"""
    return _cached(description.issuer_metadata(at=clock.now()))


@csrf_exempt
@open_to_all
@readable
@protocol
def issuer_keys(request: HttpRequest) -> HttpResponse:
    """/.well-known/jwt-vc-issuer"""
    return _cached(description.issuer_keys(at=clock.now()))


@csrf_exempt
@open_to_all
@readable
@protocol
def type_metadata(request: HttpRequest, type_code: str) -> HttpResponse:
    """What a type of credential is, at the address that is its name."""
    return _cached(description.type_metadata(type_code, at=clock.now()))


@csrf_exempt
@open_to_all
@readable
@protocol
def status_list(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """A signed status list."""
    token = status.status_list_token(list_id, at=clock.now())
    made = HttpResponse(token, content_type=status.MEDIA_TYPE)
    made["Cache-Control"] = f"public, max-age={STATUS_TTL_S // 5}"
    return made


@csrf_exempt
@open_to_all
@readable
@protocol
def offer(request: HttpRequest, address: str) -> HttpResponse:
    """A credential offer by reference."""
    return JsonResponse(offers.read_offer(address, at=clock.now()))


@csrf_exempt
@open_to_all
@postable
@protocol
def nonce(request: HttpRequest) -> HttpResponse:
    """A nonce for one proof."""
    return JsonResponse({"c_nonce": nonces.make_nonce(at=clock.now())})


@csrf_exempt
@open_to_all
@postable
@protocol
def credential(request: HttpRequest) -> HttpResponse:
    """The credential endpoint."""
    made = issuing.issue_credential(
        token=_bearer(request),
        request=_object(request, "invalid_credential_request"),
        address=client_address(request),
        at=clock.now(),
    )
    return JsonResponse(made)


@csrf_exempt
@open_to_all
@postable
@protocol
def notification(request: HttpRequest) -> HttpResponse:
    """A wallet tells what became of a credential."""
    issuing.note_notification(
        token=_bearer(request),
        request=_object(request, "invalid_notification_request"),
        address=client_address(request),
        at=clock.now(),
    )
    return HttpResponse(status=204)


@csrf_exempt
@open_to_all
@require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])
@protocol
def request_object(request: HttpRequest, address: str) -> HttpResponse:
    """The signed request an officer's square code leads to."""
    wallet_nonce = request.POST.get("wallet_nonce", "")[:200] if request.method == "POST" else ""
    token = requests.request_object(address, wallet_nonce=wallet_nonce, at=clock.now())
    return HttpResponse(token, content_type="application/oauth-authz-req+jwt")


@csrf_exempt
@open_to_all
@postable
@protocol
def presentation(request: HttpRequest) -> HttpResponse:
    """A wallet's answer to a request."""
    if len(request.body) > ANSWER_BYTES_MAX:
        raise ProtocolError("invalid_request", "the answer is too large")
    answers.take_answer(request.POST.dict(), at=clock.now())
    return JsonResponse({})
