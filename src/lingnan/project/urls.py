"""Every address of the product: each module's own list, the API, and the shared pages."""

import importlib
import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.urls import URLPattern, URLResolver, include, path
from django.views.defaults import server_error

from lingnan.kernel.errors import NotFound
from lingnan.kernel.web.guard import open_to_all
from lingnan.kernel.web.problems import page_response, problem_response, unavailable_response

from .api import api, openapi
from .errors import DatabaseSilent


@open_to_all
def openapi_document(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document integrators and tools read."""
    return JsonResponse(openapi(api), json_dumps_params={"ensure_ascii": False})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem_response(NotFound(path=request.path))
    response = page_response(request, NotFound())
    assert response is not None
    return response


def failed(request: HttpRequest) -> HttpResponse:
    """A bug is 500. A database that went away is 503: ask again, with the same idempotency key."""
    error = sys.exc_info()[1]
    if not isinstance(error, OperationalError | InterfaceError):
        return server_error(request)
    silent = DatabaseSilent(str(error))
    if request.path.startswith("/api/"):
        return unavailable_response(silent)
    # Without the request: a page that knows it would ask the database who is signed in.
    response = HttpResponse(loader.render_to_string("503.html"), status=503)
    response["Retry-After"] = str(silent.retry_after_s)
    return response


def by_first_part(patterns: Iterable[URLPattern]) -> list[URLPattern | URLResolver]:
    """The same addresses, found in two short looks instead of one through all of them.

    An address whose first part is a parameter stays where it was, after the others.
    """
    groups: dict[str, list[URLPattern]] = defaultdict(list)
    short, open_ended = [], []
    for one in patterns:
        head, slash, rest = str(one.pattern).partition("/")
        if "<" in head:
            open_ended.append(one)
        elif not slash:
            short.append(one)
        else:
            groups[f"{head}/"].append(path(rest, one.callback, name=one.name))
    longer = [path(head, include(group)) for head, group in groups.items()]
    return [*short, *longer, *open_ended]


def _plain(operation: URLPattern | URLResolver) -> URLPattern:
    assert isinstance(operation, URLPattern)
    return operation


_operations, _app_name, _namespace = api.urls
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/openapi.json", openapi_document, name="openapi"),
    path("api/v1/", (by_first_part(map(_plain, _operations)), _app_name, _namespace)),
]
for module in ("kernel.web", "project.developers", *settings.MODULES):
    name = f"lingnan.{module}.urls"
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        found = None
    if found:
        urlpatterns.append(path("", include(name)))

handler404 = not_found
handler500 = failed
