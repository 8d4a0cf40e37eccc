"""The one API: every module's router under /api/v1, one problem format, one OpenAPI document."""

import importlib
import importlib.util
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema

from lingnan.kernel.errors import Refusal, Unavailable
from lingnan.kernel.schemas import Problem
from lingnan.kernel.web.guard import access_of
from lingnan.kernel.web.problems import malformed_from, problem_response, unavailable_response

DESCRIPTION = """
Everything a page does, this API does. Errors are problem+json (RFC 9457) with a stable `code`,
the facts, the rule's source and a remedy. Lists are paged by `cursor`. Writing operations honour
`Idempotency-Key`. Sign in with `POST /api/v1/sessions` and send the token as
`Authorization: Bearer`.
"""
PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}


def build() -> NinjaAPI:
    api = NinjaAPI(
        title="Lingnan",
        version="1",
        description=DESCRIPTION.strip(),
        urls_namespace="api",
        docs_url=None,
        openapi_url=None,
    )
    api.exception_handler(Refusal)(_refused)
    api.exception_handler(Unavailable)(_unavailable)
    api.exception_handler(ValidationError)(_malformed)
    for module in settings.MODULES:
        name = f"lingnan.{module}.api"
        if importlib.util.find_spec(name):
            api.add_router("", importlib.import_module(name).router)
    _decorate(api)
    return api


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    return problem_response(error)


def _unavailable(request: HttpRequest, error: Any) -> HttpResponse:
    return unavailable_response(error)


def _malformed(request: HttpRequest, error: Any) -> HttpResponse:
    return problem_response(malformed_from(error))


def _decorate(api: NinjaAPI) -> None:
    """Write each operation's guard and its possible problems into the OpenAPI document."""
    problem = {"content": {"application/problem+json": {"schema": PROBLEM_REF}}}
    for _prefix, router in api._routers:
        for view in router.path_operations.values():
            for operation in view.operations:
                access = access_of(operation.view_func)
                extra = dict(operation.openapi_extra or {})
                responses = dict(extra.get("responses", {}))
                statuses = [404, 409, 422, 429]
                if access is not None and access.rule != "open":
                    extra["security"] = [{"bearer": []}, {"session": []}]
                    statuses += [401, 403]
                    if access.permissions:
                        extra["x-permissions"] = list(access.permissions)
                for status in sorted(statuses):
                    responses.setdefault(status, {"description": "Problem", **problem})
                extra["responses"] = responses
                operation.openapi_extra = extra


def openapi(api: NinjaAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document, complete and without remote references."""
    document: dict[str, Any] = dict(OpenAPISchema(api, path_prefix="/api/v1/"))
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    own = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(own.pop("$defs", {}))
    schemas["Problem"] = own
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "lingnan_session"},
    }
    return document


api = build()
