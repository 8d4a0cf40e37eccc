"""Pages for whoever writes programs against the platform; all open to all."""

import inspect
import re
from dataclasses import dataclass, fields
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from lingnan.kernel import clock, permissions
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.events import Event, event_classes
from lingnan.kernel.web.guard import actor_of, open_to_all
from lingnan.kernel.web.pages import render
from lingnan.kernel.web.problems import TITLES
from lingnan.platforms.identity import queries as identity

from .. import health
from ..openapi import refusals_by_code
from .first_request import FirstCase, blocks
from .reference import Group, groups

DEMO_APPLICANT = "huangbo"
DEMO_ANSWERS = {"bank": "icbc", "account_number": "6222000000000000000", "statement": True}


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """One refusal as the page shows it."""

    code: str
    status: int
    title: str
    message: str
    remedy: str
    source: str


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event; `facts` are (name, type)."""

    name: str
    about: str
    facts: tuple[tuple[str, str], ...]


@open_to_all
def show_start(request: HttpRequest) -> HttpResponse:
    base_url = request.build_absolute_uri("/").rstrip("/")
    demo = next(
        (
            account
            for account in (identity.demo_accounts() if settings.LINGNAN.demo else ())
            if account.username == DEMO_APPLICANT
        ),
        None,
    )
    sign_in, find, apply = blocks(
        FirstCase(
            base_url=base_url,
            username=demo.username if demo else "YOUR_NAME",
            password=demo.password if demo else "YOUR_PASSWORD",
            query="高龄津贴",
            region="440106000000",
            answers=DEMO_ANSWERS,
        )
    )
    context = {
        "base_url": base_url,
        "demo": demo,
        "sign_in": sign_in,
        "find": find,
        "apply": apply,
        "groups": groups(),
        "total": sum(len(group.operations) for group in groups()),
        "permissions": sorted(permissions.declared().values(), key=lambda found: found.code),
    }
    return render(request, "developers/start.html", context)


@open_to_all
def show_reference(request: HttpRequest) -> HttpResponse:
    """All operations in one list; `?q=` keeps those in which every word occurs."""
    text = request.GET.get("q", "")[:100].strip()
    words = text.lower().split()
    found = []
    for group in groups():
        kept = tuple(operation for operation in group.operations if operation.matches(words))
        if kept:
            found.append(Group(group.tag, group.slug, group.description, kept))
    context = {
        "text": text,
        "groups": found,
        "total": sum(len(group.operations) for group in found),
    }
    return render(request, "developers/reference.html", context)


@open_to_all
def show_group(request: HttpRequest, slug: str) -> HttpResponse:
    """Every operation of one tag in full. Raises: NotFound (404)."""
    group = next((group for group in groups() if group.slug == slug), None)
    if group is None:
        raise NotFound
    base_url = request.build_absolute_uri("/").rstrip("/")
    lines = _error_lines()
    titles = permissions.declared()
    context: dict[str, Any] = {
        "group": group,
        "groups": groups(),
        "operations": [
            {
                "operation": operation,
                "curl": operation.curl(base_url),
                "permissions": [titles[code] for code in operation.permissions],
                "refusals": [lines[code] for code in operation.refusals if code in lines],
            }
            for operation in group.operations
        ],
    }
    return render(request, "developers/group.html", context)


@open_to_all
def show_errors(request: HttpRequest) -> HttpResponse:
    """Every refusal; the `type` of a problem links to its line."""
    text = request.GET.get("q", "")[:100].strip()
    words = text.lower().split()
    lines = [
        line
        for code, line in sorted(_error_lines().items())
        if all(word in f"{code} {line.status} {line.message}".lower() for word in words)
    ]
    return render(request, "developers/errors.html", {"lines": lines, "text": text})


def _error_lines() -> dict[str, ErrorLine]:
    return {code: _error_line(cls) for code, cls in refusals_by_code().items()}


def _error_line(cls: type[Refusal]) -> ErrorLine:
    # Facts are shown by their names: "%(limit)s" reads {limit}.
    message = str(cls.message).replace("%(", "{").replace(")s", "}").replace(")d", "}")
    return ErrorLine(
        code=cls.code,
        status=cls.status,
        title=TITLES.get(cls.status, ""),
        message=message,
        remedy=str(cls.remedy),
        source=cls.source,
    )


@open_to_all
def show_events(request: HttpRequest) -> HttpResponse:
    lines = [
        EventLine(
            name=cls.name,
            about=_about(cls),
            facts=tuple((fact.name, _type_name(fact.type)) for fact in fields(cls)),
        )
        for cls in event_classes()
        if ".tests" not in cls.__module__
    ]
    return render(request, "developers/events.html", {"lines": lines})


def _about(cls: type[Event]) -> str:
    """The first paragraph of what its author wrote; a dataclass makes up the rest itself."""
    text = inspect.getdoc(cls) or ""
    return "" if text.startswith(f"{cls.__name__}(") else text.split("\n\n")[0]


def _type_name(kind: Any) -> str:
    return kind.__name__ if inspect.isclass(kind) else re.sub(r"\b(\w+\.)+", "", str(kind))


@open_to_all
def show_licences(request: HttpRequest) -> HttpResponse:
    """How another system verifies, reads and issues licences."""
    base_url = request.build_absolute_uri("/").rstrip("/")
    return render(request, "developers/licences.html", {"base_url": base_url})


@open_to_all
def show_health(request: HttpRequest) -> HttpResponse:
    """The word for all; the figures for administrators. Raises: DatabaseSilent (503)."""
    found = health.look(at=clock.now())
    shows_figures = health.may_see_figures(actor_of(request))
    return render(
        request, "developers/health.html", {"health": found, "shows_figures": shows_figures}
    )
