"""How SCIM is spoken: bodies, errors, tags, and who may speak at all."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic import ValidationError
from scim2_models import Error, SCIMException

from lingnan.kernel import clock
from lingnan.kernel.errors import Refusal

from ..models import Client
from ..sso.services import client_token
from ..sso.services.provider import address
from ..sso.types import SCIM

MEDIA_TYPE = "application/scim+json"
BASE = "/scim/v2"
BODY_MAX_BYTES = 1_000_000
_TYPES = {409: "uniqueness", 422: "invalidValue"}

View = Callable[..., HttpResponse]


def base_url() -> str:
    return address(BASE)


def spoken(view: View) -> View:
    """A live token with the scope first; then the view; every refusal as a SCIM error."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        client = _client(request)
        if client is None:
            response = error(401, "A bearer token of a client with the scope scim is needed.")
            response["WWW-Authenticate"] = 'Bearer realm="lingnan", scope="scim"'
            return response
        try:
            return view(request, client, *args, **kwargs)
        except SCIMException as wrong:
            return _dumped(wrong.to_error())
        except ValidationError as wrong:
            return _dumped(Error.from_validation_error(dict(wrong.errors()[0])))
        except Refusal as refusal:
            return refused(refusal)

    return answer


def _client(request: HttpRequest) -> Client | None:
    scheme, _space, shown = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    found = client_token(token=shown.strip(), at=clock.now())
    if found is None or SCIM not in found.scopes or found.client.owner_agency_id is None:
        return None
    return found.client


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was sent. Raises: SCIMException."""
    raw = request.body
    if len(raw) > BODY_MAX_BYTES:
        raise TooLarge
    return parsed(raw)


def parsed(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as wrong:
        raise Unreadable from wrong
    if not isinstance(value, dict) or "\\u0000" in json.dumps(value):
        raise Unreadable
    return value


class Unreadable(SCIMException):
    status = 400
    scim_type = "invalidSyntax"
    _default_detail = "The body is not a JSON object."


class TooLarge(SCIMException):
    status = 413
    _default_detail = "The body is larger than maxPayloadSize."


def refused(refusal: Refusal) -> HttpResponse:
    """One of our refusals in SCIM's words."""
    status = 400 if refusal.status == 422 else refusal.status
    detail = " ".join([refusal.text, *(str(problem.message) for problem in refusal.fields)])
    return error(status, detail, _TYPES.get(refusal.status))


def error(status: int, detail: str, scim_type: str | None = None) -> HttpResponse:
    return _dumped(Error(status=status, detail=detail, scim_type=scim_type))


def answered(
    body: Mapping[str, Any] | None, *, status: int = 200, version: str = "", location: str = ""
) -> HttpResponse:
    content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    response = HttpResponse(content, status=status, content_type=MEDIA_TYPE)
    if version:
        response["ETag"] = version
    if location:
        response["Location"] = location
    return response


def _dumped(found: Error) -> HttpResponse:
    body = found.model_dump()
    return answered(body, status=int(found.status or 500))


def wanted_version(request: HttpRequest) -> int | None:
    """The version If-Match asks for; None where any will do, -1 where none can."""
    text = request.headers.get("If-Match", "").strip()
    if not text or text == "*":
        return None
    digits = text.removeprefix("W/").strip('"')
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1
