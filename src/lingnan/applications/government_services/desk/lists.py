"""The list of cases: narrowed, paged by key, exported."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import NotFound
from lingnan.kernel.text import localise
from lingnan.kernel.web.formats import format_instant
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.platforms.workflow.types import Light
from lingnan.security.audit import services as audit
from lingnan.security.masking import services as masking
from lingnan.security.masking.types import Kind, Purpose
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.matters import queries as matters
from lingnan.standards.regions import queries as regions
from lingnan.standards.regions.types import RegionCard

from .. import queries
from ..models import Case
from ..types import READ, CaseState, Channel
from .page import LIGHT_COLOURS

PAGE_ROWS = 20
EXPORT_ROWS_MAX = 10_000
EXPORT_PAGE_ROWS = 200
CHOICES_MAX = 10
STATE_COLOURS: Mapping[str, str] = {
    CaseState.SUBMITTED: "blue",
    CaseState.CORRECTION_NOTICED: "yellow",
    CaseState.SUSPENDED: "yellow",
    CaseState.EXTENDED: "yellow",
    CaseState.ACCEPTED: "blue",
    CaseState.REVIEW: "blue",
    CaseState.GRANTED: "green",
    CaseState.CERT_ISSUED: "green",
    CaseState.DELIVERED: "green",
    CaseState.DENIED: "red",
    CaseState.NOT_ACCEPTED: "red",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """The filters as the service takes them, and what still has to be chosen."""

    filters: queries.CaseFilters
    item_choices: tuple[tuple[str, str], ...] = ()
    agency_choices: tuple[tuple[str, str], ...] = ()
    finds_nothing: bool = False


@require_GET
@permitted(READ)
def list_cases(request: HttpRequest) -> HttpResponse:
    """The cases within reach, newest first."""
    actor = actor_of(request)
    narrowed = _narrow(request, actor)
    page = (
        None
        if narrowed.finds_nothing
        else queries.list_cases(
            actor, narrowed.filters, cursor=request.GET.get("cursor") or None, limit=PAGE_ROWS
        )
    )
    rows = page.items if page else []
    names = agencies.agencies(list({row.deciding_agency_id for row in rows}))
    context = {
        "page": page,
        "rows": [_row(actor, case, names) for case in rows],
        "given": request.GET,
        "narrowed": narrowed,
        "states": CaseState.choices,
        "lights": [(light.value, light.label) for light in Light if light != Light.NONE],
        "regions": _region_choices(actor, narrowed.filters.region_path),
        "is_narrowed": any(
            value for name, value in request.GET.items() if name not in ("cursor", "open")
        ),
        "export_query": _without_cursor(request),
    }
    return render(request, "government_services/desk/cases.html", context)


@require_GET
@permitted(READ)
def export_cases(request: HttpRequest) -> StreamingHttpResponse:
    """The same list as CSV, at most 10,000 rows; names as masked as on the page. Recorded."""
    actor = actor_of(request)
    narrowed = _narrow(request, actor)
    at = clock.now()
    audit.record(
        actor=actor,
        act="government_services.cases.export",
        object_kind="case_list",
        object_id="",
        facts={"filters": _without_cursor(request)[:300]},
        at=at,
    )
    response = StreamingHttpResponse(
        _csv_lines(actor, narrowed), content_type="text/csv; charset=utf-8"
    )
    name = f"cases-{local_date(at).isoformat()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _csv_lines(actor: Actor, narrowed: Narrowed) -> Iterator[str]:
    """A byte order mark for spreadsheets, the heading, one line for each case."""
    yield "\ufeff" + _line(
        [
            _("Case number"),
            _("Matter"),
            _("Applicant"),
            _("State"),
            _("Light"),
            _("Deciding agency"),
            _("Channel"),
            pgettext("desk", "Received"),
            _("Promised by"),
            _("By law at the latest"),
            _("Concluded"),
        ]
    )
    if narrowed.finds_nothing:
        return
    cursor, written = None, 0
    while written < EXPORT_ROWS_MAX:
        page = queries.list_cases(actor, narrowed.filters, cursor=cursor, limit=EXPORT_PAGE_ROWS)
        names = agencies.agencies(list({row.deciding_agency_id for row in page.items}))
        for case in page.items:
            row = _row(actor, case, names)
            yield _line(
                [
                    case.number,
                    localise(case.item_name),
                    row["applicant"],
                    row["state"],
                    row["light_word"],
                    row["agency"],
                    str(Channel(case.channel).label),
                    format_instant(case.submitted_at),
                    _iso(case.promised_due_on),
                    _iso(case.statutory_due_on),
                    format_instant(case.concluded_at),
                ]
            )
        written += len(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def _line(cells: list[str]) -> str:
    """One line; a cell that a spreadsheet would run as a formula is marked as text."""
    out = StringIO()
    csv.writer(out).writerow(
        [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in map(str, cells)]
    )
    return out.getvalue()


def _row(actor: Actor, case: Case, names: Mapping[UUID, Any]) -> dict[str, Any]:
    agency = names.get(case.deciding_agency_id)
    is_person = case.applicant_kind == "person"
    return {
        "case": case,
        "applicant": (
            masking.mask_for(actor, case.applicant_name, Kind.NAME, Purpose.LIST)
            if is_person
            else case.applicant_name
        ),
        "state": str(CaseState(case.state).label),
        "state_colour": STATE_COLOURS.get(case.state, "grey"),
        "colour": LIGHT_COLOURS.get(case.light, "") if case.concluded_at is None else "",
        "light_word": str(Light(case.light).label) if case.light else "",
        "agency": agency.name if agency else "",
    }


# --- filters -----------------------------------------------------------------------------------


def _narrow(request: HttpRequest, actor: Actor) -> Narrowed:
    given = request.GET
    is_open = {"open": True, "ended": False}.get(given.get("open", ""))
    region_path = given.get("region", "")[:120]
    item_code, item_choices, item_gone = _find_item(given.get("item", "").strip()[:80], actor)
    agency_id, agency_choices, agency_gone = _find_agency(
        given.get("agency", "").strip()[:80], actor
    )
    until = _day(given.get("until", ""))
    filters = queries.CaseFilters(
        state=given.get("state", "") if given.get("state") in CaseState.values else "",
        light=given.get("light", "")[:8],
        number=given.get("number", "").strip()[:43],
        item_code=item_code,
        agency_id=agency_id,
        region_path=region_path,
        is_open=is_open,
        submitted_from=_day(given.get("from", "")),
        submitted_until=until + timedelta(days=1) if until else None,
    )
    return Narrowed(
        filters=filters,
        item_choices=item_choices,
        agency_choices=agency_choices,
        finds_nothing=item_gone or agency_gone,
    )


def _find_item(text: str, actor: Actor) -> tuple[str, tuple[tuple[str, str], ...], bool]:
    """The code of a matter by code or words: (code, choices where several fit, nothing fits)."""
    if not text:
        return "", (), False
    if len(text) == 31 and text.isalnum():
        return text.upper(), (), False
    hits = matters.search_items(text, region_path=actor.region_path, limit=CHOICES_MAX).items
    if not hits:
        return "", (), True
    if len(hits) == 1 or localise(hits[0].name) == text:
        return hits[0].code31, (), False
    return "", tuple((hit.code31, localise(hit.name)) for hit in hits), False


def _find_agency(text: str, actor: Actor) -> tuple[UUID | None, tuple[tuple[str, str], ...], bool]:
    if not text:
        return None, (), False
    try:
        return UUID(text), (), False
    except ValueError:
        pass
    found = agencies.list_agencies(text=text, region_path=_root(actor), limit=CHOICES_MAX).items
    if not found:
        return None, (), True
    if len(found) == 1:
        return found[0].id, (), False
    return None, tuple((str(card.id), card.name) for card in found), False


def _root(actor: Actor) -> str:
    """The subtree an officer reads in: his region grant, else his agency's region."""
    paths = sorted(actor.reach(READ).region_paths, key=len)
    return paths[0] if paths else actor.region_path


def _region_choices(actor: Actor, chosen: str) -> list[tuple[str, str]]:
    """The officer's own division and those below it; below the chosen one too. Four queries."""
    root = _root(actor) or "440000000000/"
    choices: list[tuple[str, str]] = []
    try:
        own = regions.region(root.rstrip("/").split("/")[-1])
        choices.append((own.path, own.name))
        below = regions.children(own.code)
        picked = next((card for card in below if card.path == chosen), None)
        for card in below:
            choices.append((card.path, f"　{card.name}"))
            if picked is not None and card.code == picked.code:
                choices += [(c.path, f"　　{c.name}") for c in _children(picked)]
        known = {path for path, _name in choices}
        if chosen and chosen not in known:
            card = regions.region(chosen.rstrip("/").split("/")[-1])
            choices.append((card.path, card.name))
    except NotFound:
        return choices
    return choices


def _children(card: RegionCard) -> list[RegionCard]:
    return regions.children(card.code)


def _without_cursor(request: HttpRequest) -> str:
    given = request.GET.copy()
    given.pop("cursor", None)
    return given.urlencode()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
