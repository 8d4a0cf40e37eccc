"""Questions about agencies and posts: one query each. Single agencies are held (`kernel.held`)."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Length

from lingnan.kernel.held import Held
from lingnan.kernel.pagination import Page, keyset_page
from lingnan.standards.regions import queries as regions
from lingnan.standards.regions.types import RegionCard

from .errors import NoAgencyOfKind, NoSuchAgency
from .models import Agency, Post
from .types import AgencyCard, AgencyKind, PostCard

_held: Held[tuple[str, ...], AgencyCard] = Held("agencies", "regions")


def agency(agency_id: UUID) -> AgencyCard:
    """An agency, also one that was closed: decisions keep naming it. Raises: NoSuchAgency (404)."""
    return _held.get(("id", str(agency_id)), lambda: _one(Agency.objects.filter(pk=agency_id)))


def agency_by_uscc(uscc: str) -> AgencyCard:
    """Raises: NoSuchAgency (404)."""
    return _held.get(("uscc", uscc), lambda: _one(Agency.objects.filter(uscc=uscc)))


def agencies(agency_ids: list[UUID]) -> dict[UUID, AgencyCard]:
    """Several at once, for lists; unknown ids are left out."""
    rows = Agency.objects.filter(pk__in=agency_ids).select_related("region")
    return {row.id: card(row) for row in rows}


def agencies_by_uscc(codes: Iterable[str]) -> dict[str, AgencyCard]:
    """Several by credit code; unknown ones are left out."""
    rows = Agency.objects.filter(uscc__in=list(codes)).select_related("region")
    return {row.uscc: card(row) for row in rows}


def agency_of_kind(kind: AgencyKind | str, region: RegionCard | str) -> AgencyCard:
    """Who does this work here: the agency of the kind at the division, else the nearest above it.

    `region` is a card, a code or a path. Raises: NoAgencyOfKind (404).
    """
    place = region.path if isinstance(region, RegionCard) else region
    return _held.get(("kind", str(kind), place), lambda: _of_kind(str(kind), place))


def _of_kind(kind: str, place: str) -> AgencyCard:
    rows = Agency.objects.filter(kind=kind, closed_on=None)
    if "/" in place:
        codes = [code for code in place.split("/") if code]
        paths = ["".join(f"{code}/" for code in codes[: n + 1]) for n in range(len(codes))]
        rows = rows.filter(region_path__in=paths)
    else:
        path = regions.path_of(place)
        rows = rows.annotate(place=path).filter(place__startswith=F("region_path"))
    row = rows.select_related("region").order_by(Length("region_path").desc()).first()
    if row is None:
        raise NoAgencyOfKind(kind=kind, region=place)
    return card(row)


def list_agencies(
    *,
    text: str = "",
    region_path: str = "",
    kind: str = "",
    cursor: str | None = None,
    limit: int = 20,
) -> Page[AgencyCard]:
    """Open agencies at and below a path, by code; `text` is a part of the name, or the
    pinyin of the place.

    Raises: BadCursor (422).
    """
    rows = Agency.objects.filter(closed_on=None).select_related("region")
    if region_path:
        rows = rows.filter(region_path__startswith=region_path)
    if kind:
        rows = rows.filter(kind=kind)
    for word in regions.search_words(text):
        if word.isascii():
            lower = word.lower()
            place = Q(region__pinyin__startswith=lower) | Q(region__initials=lower)
            code = Q(uscc__startswith=word.upper())
            rows = rows.filter(Q(name_en__icontains=word) | code | place)
        else:
            rows = rows.filter(grams__contains=regions.search_grams(word), name__contains=word)
    page = keyset_page(rows, order=("level", "region_path", "uscc"), cursor=cursor, limit=limit)
    return Page([card(row) for row in page.items], page.next_cursor)


def posts(agency_id: UUID) -> list[PostCard]:
    """The posts of an agency, by code."""
    return [_post_card(row) for row in Post.objects.filter(agency_id=agency_id).order_by("code")]


def card(row: Agency) -> AgencyCard:
    """The value of a row whose region is loaded."""
    return AgencyCard(
        id=row.id,
        uscc=row.uscc,
        name=row.name,
        short_name=row.short_name,
        name_en=row.name_en,
        kind=row.kind,
        level=row.level,
        region_code=row.region.code,
        region_name=row.region.name,
        region_path=row.region_path,
        parent_id=row.parent_id,
        is_demo=row.is_demo,
    )


def _one(rows: QuerySet[Agency]) -> AgencyCard:
    row = rows.select_related("region").first()
    if row is None:
        raise NoSuchAgency
    return card(row)


def _post_card(row: Post) -> PostCard:
    return PostCard(
        id=row.id, agency_id=row.agency_id, code=row.code, title=row.title, title_en=row.title_en
    )
