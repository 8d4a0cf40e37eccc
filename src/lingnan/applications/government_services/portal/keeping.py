"""What someone typed while the session had ended, carried over the sign-in.

The request's fields go into cookies of that one page's path: encrypted, unreadable to scripts, for
half an hour. They come back only into the draft they were typed for.
"""

import json
import zlib
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.http import urlencode

from lingnan.kernel.web.problems import SIGN_IN_PATH
from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.errors import CiphertextInvalid, KeyUnknown, KeyUnusable

PURPOSE = "government_services.kept_page"
COOKIE = "lingnan_kept"
CHUNK_LENGTH = 3500
CHUNKS_MAX = 3
KEPT_FOR = timedelta(minutes=30)
_LEFT_OUT = frozenset({"csrfmiddlewaretoken", "_autosave"})


def keep_and_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back here, with what was typed in the luggage."""
    fields = [(name, values) for name, values in request.POST.lists() if name not in _LEFT_OUT]
    packed = zlib.compress(json.dumps(fields, ensure_ascii=False).encode(), 9)
    sealed = crypto.encrypt(packed, purpose=PURPOSE)
    chunks = [sealed[start : start + CHUNK_LENGTH] for start in range(0, len(sealed), CHUNK_LENGTH)]
    response = HttpResponseRedirect(f"{SIGN_IN_PATH}?{urlencode({'next': request.path})}")
    if len(chunks) <= CHUNKS_MAX:
        for number, chunk in enumerate(chunks):
            response.set_cookie(
                f"{COOKIE}_{number}",
                chunk,
                max_age=KEPT_FOR,
                path=request.path,
                samesite="Lax",
                httponly=True,
                secure=request.is_secure(),
            )
    return response


def kept(request: HttpRequest, *, draft_id: str) -> QueryDict | None:
    """What was typed here for this draft before the sign-in, if anything."""
    chunks = []
    for number in range(CHUNKS_MAX):
        chunk = request.COOKIES.get(f"{COOKIE}_{number}")
        if chunk is None:
            break
        chunks.append(chunk)
    if not chunks:
        return None
    try:
        packed = crypto.decrypt("".join(chunks), purpose=PURPOSE)
        fields = json.loads(zlib.decompress(packed))
    except (CiphertextInvalid, KeyUnknown, KeyUnusable, zlib.error, ValueError):
        return None
    post = QueryDict(mutable=True, encoding=settings.DEFAULT_CHARSET)
    for name, values in fields:
        post.setlist(name, values)
    return post if post.get("draft") == draft_id else None


def forget(request: HttpRequest, response: HttpResponse) -> None:
    for number in range(CHUNKS_MAX):
        if f"{COOKIE}_{number}" in request.COOKIES:
            response.delete_cookie(f"{COOKIE}_{number}", path=request.path, samesite="Lax")
