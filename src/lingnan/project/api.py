"""The one API: every module's router under /api/v1, one problem format, one OpenAPI document.

What every operation shares happens here, before any module's code runs: the guard (so that a
stranger learns nothing from our input checks), the kind of body, and text no database can hold.
"""

import importlib
import importlib.util
import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.utils.datastructures import MultiValueDict
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation
from ninja.parser import Parser

from lingnan.kernel.errors import Forbidden, Malformed, NotFound, Refusal, Unavailable
from lingnan.kernel.web.guard import Access, access_of, actor_of, enforce
from lingnan.kernel.web.problems import malformed_from, problem_response, unavailable_response

from . import health
from .errors import TooLarge, Unreadable, WrongMediaType
from .openapi import body_kind, document

logger = logging.getLogger("lingnan.api")

DESCRIPTION = """
Everything a page does, this API does. Errors are problem+json (RFC 9457) with a stable `code`,
the facts, the rule's source and a remedy. Lists are paged by `cursor`. Writing operations honour
`Idempotency-Key`. Sign in with `POST /api/v1/sessions` and send the token as
`Authorization: Bearer`.
"""
DEPTH_MAX = 64
MEDIA_TYPES = {
    "json": ("application/json",),
    "form": ("multipart/form-data", "application/x-www-form-urlencoded"),
}

Run = Callable[..., HttpResponseBase]


class StrictParser(Parser):
    """Refuses what Python's JSON lets pass but text columns and other readers do not."""

    def parse_body(self, request: HttpRequest) -> Any:
        value = json.loads(request.body.decode("utf-8"), parse_constant=_not_json)
        # Every body is an object; Pydantic would read a list as an object without its fields.
        if not isinstance(value, dict):
            raise Unreadable
        _check_text(value)
        return value

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        for key, values in data.lists():
            check_characters([key, *(value for value in values if isinstance(value, str))])
        return super().parse_querydict(data, list_fields, request)


def _not_json(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check_text(value: object, depth: int = 0) -> None:
    """Raises: Unreadable for a null character, half a character, or JSON nested too deeply."""
    if depth > DEPTH_MAX:
        raise Unreadable(depth_max=DEPTH_MAX)
    if isinstance(value, str):
        check_characters([value])
    elif isinstance(value, dict):
        check_characters(value)
        for item in value.values():
            _check_text(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_text(item, depth + 1)


def check_characters(texts: Iterable[str]) -> None:
    """Raises: Unreadable for a null character or half a character (a lone surrogate)."""
    for text in texts:
        if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise Unreadable


def build() -> NinjaAPI:
    api = NinjaAPI(
        title="Lingnan",
        version="1",
        description=DESCRIPTION.strip(),
        urls_namespace="api",
        docs_url=None,
        openapi_url=None,
        parser=StrictParser(),
    )
    handlers: dict[Any, Callable[[HttpRequest, Any], HttpResponse]] = {
        Refusal: _refused,
        Unavailable: _unavailable,
        ValidationError: _malformed,
        HttpError: _unreadable,
        MultiPartParserError: _unreadable,
        SuspiciousOperation: _suspicious,
        Http404: _not_found,
        DataError: _does_not_fit,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)
    api.add_router("", health.router)
    for module in settings.MODULES:
        name = f"lingnan.{module}.api"
        if importlib.util.find_spec(name):
            api.add_router("", importlib.import_module(name).router)
    for operation in operations(api):
        _guard_first(api, operation)
    return api


def operations(api: NinjaAPI) -> Iterable[Operation]:
    """Every operation of every module."""
    for _prefix, router in api._routers:
        for view in router.path_operations.values():
            yield from view.operations


def _guard_first(api: NinjaAPI, operation: Operation) -> None:
    """Who may ask is settled before anything that was sent is read."""
    access = access_of(operation.view_func)
    kind = body_kind(operation)
    module = _module_of(operation)

    def decorate(run: Run) -> Run:
        def guarded(request: HttpRequest, **path: Any) -> HttpResponseBase:
            try:
                if access is not None:
                    enforce(request, access)
                    _check_scope(request, module, access)
                check_characters(str(value) for value in path.values())
                _check_media_type(request, kind)
            except (Refusal, SuspiciousOperation, MultiPartParserError) as error:
                return api.on_exception(request, error)
            return run(request, **path)

        return guarded

    # Kept in the list that Ninja applies again when it copies the operation into the API.
    decorators = getattr(operation, "_run_decorators", None)
    if decorators is None:
        decorators = operation._run_decorators = []  # type: ignore[attr-defined]
    decorators.append(decorate)
    operation.run = decorate(operation.run)  # type: ignore[method-assign]


def _module_of(operation: Operation) -> str:
    """The module an operation belongs to, as scopes name it: "licences", "government_services"."""
    parts = operation.view_func.__module__.split(".")
    return parts[2] if len(parts) > 2 else ""


def _check_scope(request: HttpRequest, module: str, access: Access) -> None:
    """A token made for some modules opens no other; who one is may always be asked.

    Raises: Forbidden (403).
    """
    scopes = actor_of(request).scopes
    if scopes is None or access.rule == "open":
        return
    # A registered program is told by its ID token; more it may ask only where its scopes say so.
    if module == "identity" and getattr(request, "auth_via", None) != "oauth":
        return
    if module not in scopes and not scopes.intersection(access.permissions):
        raise Forbidden(scope=module)


def _check_media_type(request: HttpRequest, kind: str | None) -> None:
    """Raises: WrongMediaType (415) for a body announced as something else than what is read."""
    announced = request.content_type or ""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if kind is None or not announced or length == "0":
        return
    accepted = MEDIA_TYPES[kind]
    if announced.lower() not in accepted:
        raise WrongMediaType(accepted=accepted[0], announced=announced[:100])


def _refused(request: HttpRequest, error: Refusal) -> HttpResponse:
    return problem_response(error)


def _unavailable(request: HttpRequest, error: Unavailable) -> HttpResponse:
    return unavailable_response(error)


def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem_response(malformed_from(error))


def _unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem_response(Unreadable())


def _suspicious(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    if isinstance(error, RequestDataTooBig):
        return problem_response(TooLarge())
    return problem_response(Unreadable())


def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem_response(NotFound())


def _does_not_fit(request: HttpRequest, error: DataError) -> HttpResponse:
    """A value the schema let pass and its column does not hold: refused, and ours to mend."""
    logger.error("%s %s: %s", request.method, request.path, error)
    return problem_response(Malformed())


def openapi(api: NinjaAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document, complete and without remote references."""
    return document(api)


api = build()
