"""Every address of the product: each module's own list, the API, and the shared pages."""

import importlib
import importlib.util

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, include, path

from lingnan.kernel.errors import NotFound
from lingnan.kernel.web.guard import open_to_all
from lingnan.kernel.web.problems import page_response, problem_response

from .api import api, openapi


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
