"""Questions about the catalogue. Reads only; searching is in `search.py`."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet, TextField
from django.db.models.functions import Cast

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.held import Held
from lingnan.kernel.pagination import Page, keyset_page
from lingnan.kernel.text import LocalisedText, localise

from .checks import DEFAULT_ELEMENTS, Element
from .content import CONTENT_FIELDS, build_item
from .models import (
    BasicItem,
    Duty,
    ImportRun,
    ItemStep,
    ItemVersion,
    SearchDocument,
    ServiceItem,
    ServiceOption,
    UnifiedElement,
)
from .search import search_items
from .types import READ, FilledForm, Item, ItemState, Theme, ThemeCard, VersionState

__all__ = [
    "ancestors_of_path",
    "basic_items",
    "due_to_end",
    "duties",
    "forms_filled_from",
    "has_others_below",
    "import_run",
    "import_runs",
    "item_version",
    "list_above",
    "list_items",
    "matters_with_licence",
    "names_of",
    "published_for",
    "published_item",
    "published_items",
    "search_items",
    "steps_of",
    "themes",
    "unified_elements",
    "version_changes",
    "versions_of",
    "visible",
    "waiting_versions",
]

_held: Held[tuple[str, str], Item] = Held("matters", "agencies", limit=2_000)

IN_FORCE = (VersionState.PUBLISHED, VersionState.SUSPENDED)


def _versions() -> QuerySet[ItemVersion]:
    options = Prefetch("options", queryset=ServiceOption.objects.order_by("code33"))
    return ItemVersion.objects.select_related(
        "service_item__basic_item", "service_item__agency"
    ).prefetch_related(options)


def published_item(code31: str) -> Item:
    """The published version of a list; held (`kernel.held`). Raises: NotFound (404)."""

    def load() -> Item:
        found = _versions().filter(service_item__code31=code31, state=VersionState.PUBLISHED)
        version = found.first()
        if version is None:
            raise NotFound(item_code=code31)
        return build_item(version)

    return _held.get(("published", code31), load)


def published_items(codes31: Iterable[str]) -> dict[str, Item]:
    """Published lists by code; unknown codes are left out. Two queries."""
    found = _versions().filter(service_item__code31__in=list(codes31), state=VersionState.PUBLISHED)
    items = [build_item(version) for version in found]
    return {item.code31: item for item in items}


def names_of(codes: Iterable[str]) -> dict[str, LocalisedText]:
    """Names by code of 12 or 31 characters; unknown codes are left out. One query."""
    wanted = {code: code[-12:] for code in codes}
    rows = BasicItem.objects.filter(code12__in=wanted.values()).values_list("code12", "name")
    names = dict(rows)
    return {code: names[code12] for code, code12 in wanted.items() if code12 in names}


def item_version(version_id: UUID) -> Item:
    """One version, in whatever state: what a case is held to; held here. Raises: NotFound."""

    def load() -> Item:
        version = _versions().filter(pk=version_id).first()
        if version is None:
            raise NotFound(item_version_id=version_id)
        return build_item(version)

    return _held.get(("version", str(version_id)), load)


def published_for(basic_code: str, *, region_path: str) -> Item | None:
    """The published list of a basic item nearest to a region: its own, else the closest above."""
    version = (
        _versions()
        .filter(
            service_item__basic_item__code12=basic_code,
            service_item__region_path__in=ancestors_of_path(region_path),
            state=VersionState.PUBLISHED,
        )
        .order_by("-service_item__region_path")
        .first()
    )
    return build_item(version) if version else None


def has_others_below(item: Item, *, region_path: str) -> bool:
    """Whether other bodies at and below a region have published lists of the same basic item."""
    return (
        ServiceItem.objects.filter(
            basic_item_id=item.basic_item_id,
            region_path__startswith=region_path,
            state=ItemState.PUBLISHED,
        )
        .exclude(pk=item.service_item_id)
        .exists()
    )


def versions_of(service_item_id: UUID) -> list[ItemVersion]:
    """All versions of a list, newest first. Two queries."""
    return list(_versions().filter(service_item_id=service_item_id).order_by("-number"))


def steps_of(service_item_id: UUID) -> list[ItemStep]:
    return list(ItemStep.objects.filter(service_item_id=service_item_id).order_by("-at", "-id"))


def ancestors_of_path(path: str) -> list[str]:
    """The path and those of all divisions it lies in: "44/4401/" -> ["44/", "44/4401/"]."""
    parts = [part for part in path.split("/") if part]
    return ["/".join(parts[: count + 1]) + "/" for count in range(len(parts))]


def list_above(item: ServiceItem) -> ItemVersion | None:
    """The version in force of the same basic item at the nearest level above. Two queries."""
    above = ancestors_of_path(item.region_path)[:-1]
    if not above:
        return None
    return (
        _versions()
        .filter(
            service_item__basic_item_id=item.basic_item_id,
            service_item__region_path__in=above,
            service_item__exercise_level__lt=item.exercise_level,
            state__in=IN_FORCE,
        )
        .order_by("-service_item__exercise_level")
        .first()
    )


def unified_elements() -> list[Element]:
    """The elements in force: the defaults, each overridden by its row. One query."""
    rows = {row.key: row for row in UnifiedElement.objects.all()}
    return [
        Element(
            key=default.key,
            name=localise(rows[default.key].name) or default.name,
            owner_level=rows[default.key].owner_level,
            rule=rows[default.key].rule,
            is_active=rows[default.key].is_active,
        )
        if default.key in rows
        else default
        for default in DEFAULT_ELEMENTS
    ]


def visible(actor: Actor) -> Q:
    """The lists an officer may see with their drafts: his agencies' and his regions'."""
    return actor.reach(READ).q(agency="keeper_id", region="region_path")


def list_items(
    actor: Actor,
    *,
    text: str = "",
    state: str = "",
    item_type: str = "",
    scheme: str | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[ServiceItem]:
    """The steward's lists, newest first, within his reach. One query.

    `text` is the beginning of a code or a part of the name.
    """
    rows = ServiceItem.objects.filter(visible(actor)).select_related("basic_item", "agency")
    if state:
        rows = rows.filter(state=state)
    if item_type:
        rows = rows.filter(basic_item__item_type=item_type)
    if scheme is not None:
        rows = rows.filter(local_scheme=scheme)
    if text:
        rows = rows.filter(
            Q(code31__startswith=text)
            | Q(local_code__startswith=text)
            | Q(basic_item__code12=text)
            | Q(**{"basic_item__name__zh-hans__contains": text})
        )
    return keyset_page(rows, order=("-created_at", "-id"), cursor=cursor, limit=limit)


def waiting_versions(
    actor: Actor, *, cursor: str | None = None, limit: int = 20
) -> Page[ItemVersion]:
    """Versions submitted for review within the actor's reach, the longest waiting first."""
    rows = ItemVersion.objects.filter(
        actor.reach(READ).q(agency="service_item__keeper_id", region="service_item__region_path"),
        state=VersionState.IN_REVIEW,
    ).select_related("service_item__basic_item", "service_item__agency")
    return keyset_page(rows, order=("submitted_at", "id"), cursor=cursor, limit=limit)


def basic_items(*, text: str = "", cursor: str | None = None, limit: int = 20) -> Page[BasicItem]:
    """The basic catalogue of our own scheme by code. One query."""
    rows = BasicItem.objects.filter(code12__isnull=False)
    if text:
        rows = rows.filter(Q(code12__startswith=text) | Q(**{"name__zh-hans__contains": text}))
    return keyset_page(rows, order=("code12",), cursor=cursor, limit=limit)


def duties(*, agency_id: UUID | None = None) -> QuerySet[Duty]:
    rows = Duty.objects.order_by("code")
    return rows.filter(agency_id=agency_id) if agency_id else rows


def import_runs(actor: Actor, *, cursor: str | None = None, limit: int = 20) -> Page[ImportRun]:
    rows = ImportRun.objects.filter(_own_runs(actor))
    return keyset_page(rows, order=("-at", "-id"), cursor=cursor, limit=limit)


def import_run(actor: Actor, run_id: UUID) -> ImportRun:
    """Raises: NotFound (404)."""
    run = ImportRun.objects.filter(_own_runs(actor), pk=run_id).first()
    if run is None:
        raise NotFound(run_id=run_id)
    return run


def _own_runs(actor: Actor) -> Q:
    reach = actor.reach(READ)
    if reach.covers(region_path=""):
        return Q()
    return Q(keeper_id__in=reach.agency_ids) | Q(actor_id=actor.officer_id or actor.account_id)


def themes() -> list[ThemeCard]:
    """Every theme with the number of basic items that can be had somewhere. One query."""
    rows = SearchDocument.objects.aggregate(
        **{theme: Count("pk", filter=Q(themes__contains=[theme])) for theme in Theme.values}
    )
    return [
        ThemeCard(
            code=theme.value,
            title=str(theme.label),
            audience="business" if theme in BUSINESS_THEMES else "person",
            items=rows[theme.value],
        )
        for theme in Theme
    ]


BUSINESS_THEMES = frozenset(
    {
        Theme.START_BUSINESS,
        Theme.RUN_BUSINESS,
        Theme.HIRE,
        Theme.BUILD,
        Theme.TAX,
        Theme.ENVIRONMENT,
        Theme.CLOSE_BUSINESS,
    }
)


def version_changes(older: ItemVersion, newer: ItemVersion) -> list[tuple[str, Any, Any]]:
    """Fields in which two versions differ: (field, before, after)."""
    return [
        (name, getattr(older, name), getattr(newer, name))
        for name in CONTENT_FIELDS
        if getattr(older, name) != getattr(newer, name)
    ]


def due_to_end(on: date) -> list[UUID]:
    """Lists in force whose last day has passed."""
    return list(
        ItemVersion.objects.filter(
            state__in=IN_FORCE,
            effective_until__lte=on,
            service_item__state__in=(ItemState.PUBLISHED, ItemState.SUSPENDED),
        ).values_list("service_item_id", flat=True)
    )


def forms_filled_from(prefix: str) -> list[FilledForm]:
    """Lists in force whose forms take values from paths that begin so, by matter. One query.

    Lists of one matter with the same form are counted together.
    """
    rows = (
        ItemVersion.objects.filter(state__in=IN_FORCE)
        .annotate(text=Cast("form_schema", TextField()))
        .filter(text__contains=f'"{prefix}')
        .values("text", "service_item__basic_item__name")
        .annotate(lists=Count("pk"))
        .order_by("service_item__basic_item__name", "text")
    )
    path = re.compile(rf'"x-prefill":\s*"({re.escape(prefix)}[^"]*)"')
    return [
        FilledForm(
            name=row["service_item__basic_item__name"],
            lists=row["lists"],
            paths=frozenset(path.findall(row["text"])),
        )
        for row in rows
    ]


def matters_with_licence(type_code: str) -> list[FilledForm]:
    """Lists in force that end in a type of licence, or take it as a material. One query."""
    named = [{"licence_type_code": type_code}]
    rows = (
        ItemVersion.objects.filter(
            Q(licence_type_code=type_code)
            | Q(materials__contains=named)
            | Q(results__contains=named),
            state__in=IN_FORCE,
        )
        .values("service_item__basic_item__name")
        .annotate(lists=Count("pk"))
        .order_by("service_item__basic_item__name")
    )
    return [
        FilledForm(
            name=row["service_item__basic_item__name"], lists=row["lists"], paths=frozenset()
        )
        for row in rows
    ]
