"""Headers every answer carries."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from lingnan.kernel.errors import Forbidden, NotFound, Refusal
from lingnan.kernel.web.problems import problem_response

from .errors import InternalError, MethodNotAllowed, TooLarge, Unreadable

_OUTSIDE = " ".join(
    f"{parts.scheme}://{parts.netloc}"
    for parts in map(urlsplit, (settings.LINGNAN.bank_url, settings.LINGNAN.identity_url))
    if parts.netloc
)
POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        f"form-action 'self' {_OUTSIDE}",
    )
)


class Headers:
    """Middleware: a strict content security policy, and no caching of what is personal."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), usb=()")
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class ApiProblems:
    """Middleware: below /api/ every error is a problem document, also those Django answers itself
    before or after our code (another method, another host, a bug)."""

    REFUSALS: Mapping[int, type[Refusal]] = {
        403: Forbidden,
        404: NotFound,
        405: MethodNotAllowed,
        413: TooLarge,
    }

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            response.status_code < 400
            or not request.path.startswith("/api/")
            or response.get("Content-Type", "").startswith("application/problem+json")
        ):
            return response
        is_bug = response.status_code >= 500
        refusal = self.REFUSALS.get(response.status_code, InternalError if is_bug else Unreadable)
        with translation.override(translation.get_language_from_request(request)):
            problem = problem_response(refusal())
        if "Allow" in response:
            problem["Allow"] = response["Allow"]
        return problem
