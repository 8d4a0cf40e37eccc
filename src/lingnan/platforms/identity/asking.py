"""What a request says of whoever asks: the identification, the session cookie, the device."""

import secrets
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from lingnan.kernel.errors import NotFound

from .types import Device, Identification

COOKIE = "lingnan_session"
DEVICE_COOKIE = "lingnan_device"
DEVICE_AGE_S = 400 * 86_400  # the longest that browsers keep a cookie
DEVICE_SALT = "identity.device"


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
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps(_device_key(request), salt=DEVICE_SALT),
        max_age=DEVICE_AGE_S,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
        samesite="Lax",
        path="/account/",
    )


def device_of(request: HttpRequest) -> Device:
    """The browser that asks: known by its cookie, given a new key where it has none.

    The key opens nothing; it says only that this browser was here before.
    """
    return Device(agent=agent_of(request), key=_device_key(request))


def program_of(request: HttpRequest) -> Device:
    """The program that asks over the API, known by what it calls itself."""
    return Device(agent=agent_of(request))


def agent_of(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")[:200]


def _device_key(request: HttpRequest) -> str:
    key: str = getattr(request, "device_key", "")
    if not key:
        try:
            shown = signing.loads(
                request.COOKIES.get(DEVICE_COOKIE, ""), salt=DEVICE_SALT, max_age=DEVICE_AGE_S
            )
        except signing.BadSignature:
            shown = ""
        key = str(shown) or secrets.token_urlsafe(32)
        request.device_key = key  # type: ignore[attr-defined]
    return key


def clear_session_cookie(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, path="/", samesite="Lax")


def parse_uuid(text: str) -> UUID:
    """An id from a form. Raises: NotFound (404)."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error
