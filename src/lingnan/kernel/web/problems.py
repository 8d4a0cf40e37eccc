"""One place turns what went wrong into an answer: problem+json for programs, a page for people."""

import json
import logging
import re
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja.errors import ValidationError

from ..errors import (
    FieldProblem,
    Forbidden,
    Malformed,
    NotFound,
    Refusal,
    SignInRequired,
    Unavailable,
)
from .field_messages import message_of
from .guard import actor_of

logger = logging.getLogger("lingnan.web")

TITLES = {
    400: "Bad request",
    401: "Sign-in required",
    403: "Not allowed",
    404: "Not found",
    409: "Refused by the rules",
    410: "Gone",
    413: "Too large",
    422: "Malformed",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable",
}
SIGN_IN_PATH = SignInRequired.page_path
_SECRET = re.compile(r"passw|secret|code|totp|token|number|key|present|new_|^next$|^principal$")


def problem(refusal: Refusal) -> dict[str, Any]:
    """The RFC 9457 body of a refusal."""
    return {
        "type": f"/developers/errors/#{refusal.code}",
        "title": TITLES.get(refusal.status, "Refused"),
        "status": refusal.status,
        "detail": refusal.text,
        "code": refusal.code,
        "facts": {key: _plain(value) for key, value in refusal.facts.items()},
        "fields": [
            {"path": field.path, "code": field.code, "message": str(field.message)}
            for field in refusal.fields
        ],
        "source": refusal.source,
        "remedy": str(refusal.remedy),
    }


def problem_response(refusal: Refusal) -> HttpResponse:
    response = _json(problem(refusal), refusal.status)
    if refusal.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="lingnan"'
    if "retry_after_s" in refusal.facts:
        response["Retry-After"] = str(refusal.facts["retry_after_s"])
    return response


def unavailable_response(error: Unavailable) -> HttpResponse:
    response = _json(_unavailable_body(error), 503)
    response["Retry-After"] = str(error.retry_after_s)
    return response


def _unavailable_body(error: Unavailable) -> dict[str, Any]:
    return {
        "type": f"/developers/errors/#{error.code}",
        "title": TITLES[503],
        "status": 503,
        "detail": str(error.message),
        "code": error.code,
        "facts": {"retry_after_s": error.retry_after_s},
        "fields": [],
        "source": "",
        "remedy": _("Try again in a moment."),
    }


def malformed_from(error: ValidationError) -> Malformed:
    """Ninja's input errors as our 422, in the reader's language."""
    fields = []
    for item in error.errors:
        place = [str(part) for part in item["loc"]]
        path = ".".join(place[2:] or place[-1:])
        message = message_of(item["type"], item.get("ctx", {}), str(item["msg"]))
        fields.append(FieldProblem(path, f"input.{item['type']}", message))
    return Malformed(fields=fields)


def page_response(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """A page for what went wrong in a view; None leaves a bug to Django's own 500."""
    if isinstance(error, Http404):
        error = NotFound()
    elif isinstance(error, PermissionDenied):
        error = Forbidden()
    if isinstance(error, SignInRequired):
        if request.method == "POST" and error.page_path != SIGN_IN_PATH:
            onward = f"{error.page_path}?{urlencode({'next': request.path})}"
            typed = _typed(request)
            return _problem_page(request, problem(error), onward=onward, typed=typed)
        target = request.get_full_path() if request.method in {"GET", "HEAD"} else request.path
        return HttpResponseRedirect(f"{error.page_path}?{urlencode({'next': target})}")
    if isinstance(error, Refusal):
        if error.onward:
            return HttpResponseRedirect(error.onward)
        response = _problem_page(request, problem(error))
        if error.status == 429 and "retry_after_s" in error.facts:
            response["Retry-After"] = str(error.facts["retry_after_s"])
        return response
    if isinstance(error, Unavailable):
        logger.warning("unavailable: %s %s", error.code, error.reason)
        response = _problem_page(request, _unavailable_body(error))
        response["Retry-After"] = str(error.retry_after_s)
        return response
    return None


def _typed(request: HttpRequest) -> str:
    """What was written in words, to be copied: no secrets, no numbers of documents, no choices.

    A choice and a hidden value are one word of Latin letters; so they are left out by their shape.
    """
    texts = (
        text.strip()
        for name, values in request.POST.lists()
        if not _SECRET.search(name)
        for text in values
    )
    return "\n".join(text for text in texts if " " in text or not text.isascii())


def method_page(request: HttpRequest, allowed: str) -> HttpResponse:
    """The page for an address that is only for sending forms (or only for looking)."""
    body = {
        "detail": _("This page cannot be opened like this."),
        "status": 405,
        "code": "method_not_allowed",
        "facts": {"allowed": allowed},
        "fields": [],
        "source": "",
        "why": _("The address only takes what a form sends."),
        "remedy": _("Go back and use the button on the page."),
    }
    response = _problem_page(request, body)
    response["Allow"] = allowed
    return response


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form whose token is not this browser's: what was typed can be copied.

    Only a page of ours has it shown: another site could put words of its own into ours.
    """
    is_ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    context = {
        "frame": "web/base.html",
        "code": "form_too_old",
        "typed": _typed(request) if is_ours else "",
    }
    return render(request, "403_csrf.html", context, status=403)


def basis_of(source: str) -> str:
    """The rule behind a refusal as people cite it; empty for what only programs' authors read.

    `行政许可法 32, 38` is "《行政许可法》第32、38条".
    """
    parts = [part.strip() for part in re.split("[;；]", source)]
    kept = [part for part in parts if part and not _FOR_AUTHORS.match(part)]
    if (get_language() or "").startswith("en"):
        return "; ".join(kept)
    return "；".join(_cited(part) for part in kept)


def _cited(part: str) -> str:
    found = _ARTICLES.fullmatch(part)
    if found is None:
        return part
    law, articles = found["law"], found["articles"]
    named = law if law.endswith("号") else f"《{law}》"
    if articles.startswith("第"):
        return f"{named}{articles}"
    return f"{named}第{articles.replace(', ', '、')}条"


# What only the authors of programs, or of this one, look up.
_FOR_AUTHORS = re.compile(
    r"RFC |W3C |docs/|draft-|CF_|OpenID|JSON Schema|Guangdong case|Plan "
    r"|规划|平台默认|天数上限|办件状态规则"
)
_ARTICLES = re.compile(
    r"(?P<law>[\u4e00-\u9fff\d]+[法定典例号]) (?P<articles>\d[\d, -]*|第[\u4e00-\u9fff、（）]+)"
)
_FRAMES = {
    "/desk/": "web/desk.html",
    "/admin/": "web/desk.html",
    "/cockpit/": "web/cockpit.html",
    "/developers/": "web/developers.html",
}


def _frame(request: HttpRequest) -> str:
    """The face in which something went wrong: its navigation leads out again."""
    if actor_of(request).is_officer or request.path.startswith("/developers/"):
        for prefix, frame in _FRAMES.items():
            if request.path.startswith(prefix):
                return frame
    return "web/base.html"


def _problem_page(
    request: HttpRequest, body: dict[str, Any], *, onward: str = "", typed: str = ""
) -> HttpResponse:
    context = {
        "frame": _frame(request),
        "status": body["status"],
        "happened": body["detail"],
        "remedy": body["remedy"],
        "why": body.get("why", ""),
        "basis": basis_of(body["source"]),
        "code": body["code"],
        "facts": body["facts"],
        "fields": body["fields"],
        "problem": body,
        "onward": onward,
        "typed": typed,
        "actor": actor_of(request),
    }
    return render(request, "web/problem.html", context, status=body["status"])


def _json(body: dict[str, Any], status: int) -> HttpResponse:
    content = json.dumps(body, ensure_ascii=False)
    return HttpResponse(content, status=status, content_type="application/problem+json")


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)
