"""Every address of the product: each module's own list, the API, and the shared pages."""

import importlib
import importlib.util
import sys

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
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
    # A page of ours would ask the database who is signed in.
    response = HttpResponse(str(silent.message), status=503, content_type="text/plain")
    response["Retry-After"] = str(silent.retry_after_s)
    return response


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/openapi.json", openapi_document, name="openapi"),
    path("api/v1/", api.urls),
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
