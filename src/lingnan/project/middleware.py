"""Headers every answer carries."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils import translation

from lingnan.kernel.errors import Forbidden, NotFound, Refusal
from lingnan.kernel.web.problems import problem_response

from .errors import InternalError, MethodNotAllowed, TooLarge, Unreadable

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
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


class PlainWords:
    """Middleware: control characters, which no person types and no database keeps, are left out of
    what pages are sent; an address that holds them leads nowhere. The rest of the words stays.

    Callbacks of other systems (exempt from the check of the form's origin) are left as they came.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        _args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> None:
        """Raises: Http404."""
        if any(isinstance(value, str) and _CONTROL.search(value) for value in kwargs.values()):
            raise Http404
        if request.path.startswith("/api/") or getattr(view, "csrf_exempt", False):
            return
        request.GET = _plain(request.GET)  # type: ignore[assignment]
        if request.method == "POST":
            request.POST = _plain(request.POST)  # type: ignore[assignment]


def _plain(sent: QueryDict) -> QueryDict:
    """The same, without control characters; itself where there are none."""
    if not any(_CONTROL.search(text) for texts in sent.lists() for text in (texts[0], *texts[1])):
        return sent
    clean = QueryDict(mutable=True)
    for name, texts in sent.lists():
        clean.setlist(_CONTROL.sub("", name), [_CONTROL.sub("", text) for text in texts])
    clean._mutable = False
    return clean


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
