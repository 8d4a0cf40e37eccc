"""What views share: rendering, and the middleware that makes refusals into pages."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as django_render

from .guard import actor_of
from .problems import method_page, page_response


def render(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """A page; `actor` is always in its context."""
    values = {"actor": actor_of(request), **(context or {})}
    return django_render(request, template, values, status=status)


class RefusalPages:
    """Middleware: what a view refuses becomes a clear page; so does a wrong method."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_bare = not response.streaming and not response.content
        if response.status_code == 405 and is_bare and not request.path.startswith("/api/"):
            return method_page(request, response.get("Allow", ""))
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return page_response(request, error)
