"""What a request says of whoever asks: the identification, the session cookie."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from lingnan.kernel.errors import NotFound

from .types import Identification

COOKIE = "lingnan_session"


def identification_of(request: HttpRequest) -> Identification | None:
    """What the token of this request said; also for a session that is not open yet."""
    found = getattr(request, "identification", None)
    return found if isinstance(found, Identification) else None


def set_session_cookie(response: HttpResponse, token: str, *, request: HttpRequest) -> None:
    """Ends with the browser; not readable by scripts, not sent from other sites' forms."""
    response.set_cookie(
        COOKIE,
        token,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
        samesite="Lax",
        path="/",
    )


def clear_session_cookie(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, path="/", samesite="Lax")


def parse_uuid(text: str) -> UUID:
    """An id from a form. Raises: NotFound (404)."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error
