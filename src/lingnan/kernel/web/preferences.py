"""Language and layout, kept in cookies so that they hold without an account."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from .guard import open_to_all
from .shell import LANGUAGES, LAYOUT_COOKIE

YEAR_S = 365 * 24 * 3600


@require_POST
@open_to_all
def keep_preferences(request: HttpRequest) -> HttpResponse:
    """Keep the posted language or layout and go back to where the reader was."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    response = HttpResponseRedirect(target)
    language = request.POST.get("language")
    if language in {code for code, _ in LANGUAGES}:
        _set_cookie(request, response, settings.LANGUAGE_COOKIE_NAME, language)
    layout = request.POST.get("layout")
    if layout in {"large", "regular"}:
        _set_cookie(request, response, LAYOUT_COOKIE, layout)
    return response


def _set_cookie(request: HttpRequest, response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=YEAR_S,
        samesite="Lax",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
    )
