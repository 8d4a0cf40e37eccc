"""The first page, search, themes, and the choice of a place."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.text import LocalisedText
from lingnan.kernel.web.guard import actor_of, open_to_all
from lingnan.kernel.web.pages import render
from lingnan.standards.matters import queries as matters
from lingnan.standards.matters.types import ItemHit
from lingnan.standards.regions import queries as regions
from lingnan.standards.regions.types import PROVINCE_CODE

from ... import queries
from .. import places

show = require_http_methods(["GET", "HEAD"])
MOST_USED = 6
RECENT_CASES = 1000
REGIONS_FOUND_MAX = 30
QUERY_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A draft as a list shows it."""

    name: LocalisedText
    url: str
    changed_at: datetime
    expires_at: datetime


@show
@open_to_all
def home(request: HttpRequest) -> HttpResponse:
    """Search first, then life events, one-thing themes, what many apply for, and one's own."""
    actor, place = actor_of(request), places.here(request)
    themes = [theme for theme in matters.themes() if theme.items]
    context: dict[str, Any] = {
        "place": place,
        "person_themes": [theme for theme in themes if theme.audience == "person"],
        "business_themes": [theme for theme in themes if theme.audience == "business"],
        "joint_themes": queries.joint_themes(),
        "most_used": most_used(place.path),
    }
    if actor.is_person:
        context["drafts"] = drafts_of(actor)[:3]
        context["open_cases"] = queries.my_cases(actor, is_open=True, limit=3).items
    response = render(request, "government_services/portal/home.html", context)
    if request.GET.get("region") == place.code:
        places.remember(request, response, place.code)
    return response


@show
@open_to_all
def search(request: HttpRequest) -> HttpResponse:
    """Everyday words to matters; the nearest office first."""
    place = places.here(request)
    text = request.GET.get("q", "").strip()[:QUERY_LENGTH_MAX]
    page = matters.search_items(
        text, region_path=place.path, cursor=request.GET.get("cursor") or None
    )
    context = {"place": place, "text": text, "page": page}
    if not page.items:
        context["themes"] = [theme for theme in matters.themes() if theme.items][:8]
    return render(request, "government_services/portal/search.html", context)


@show
@open_to_all
def theme(request: HttpRequest, code: str) -> HttpResponse:
    """The matters of a life event. Refusals: not_found."""
    place = places.here(request)
    found = next((card for card in matters.themes() if card.code == code), None)
    if found is None:
        raise NotFound(theme=code)
    page = matters.search_items(
        region_path=place.path, theme=code, cursor=request.GET.get("cursor") or None
    )
    joint = [row for row in queries.joint_themes() if row.code == code]
    return render(
        request,
        "government_services/portal/theme.html",
        {"place": place, "theme": found, "page": page, "joint_themes": joint},
    )


@show
@open_to_all
def region(request: HttpRequest) -> HttpResponse:
    """Choose a city or county: by search, or by the list of cities and what lies in them.

    With `item` it chooses the place of a guide, with `next` it goes back there.
    """
    carried = {
        name: value for name in ("item", "next") if (value := request.GET.get(name, "")[:200])
    }
    chosen = places.find(request.GET.get("choose", ""))
    if chosen is not None:
        response = HttpResponseRedirect(_after_choice(request, chosen))
        places.remember(request, response, chosen.code)
        return response
    text = request.GET.get("q", "").strip()[:QUERY_LENGTH_MAX]
    place = places.here(request)
    # Without being asked, the city of where one is: its neighbours are one press away.
    city = places.find(request.GET.get("city", "") or places.city_code(place))
    province = places.find(PROVINCE_CODE)
    context = {
        "place": place,
        "text": text,
        "found": [card for card in regions.search(text, REGIONS_FOUND_MAX) if card.level <= 4]
        if text
        else [],
        "city": city,
        "divisions": regions.children(city.code) if city else [],
        "cities": regions.children(PROVINCE_CODE) if province else [],
        "carried": carried,
        "suffix": f"&{urlencode(carried)}" if carried else "",
    }
    return render(request, "government_services/portal/region.html", context)


def drafts_of(actor: Actor) -> list[Begun]:
    """What someone has begun, single matters and one thing alike. Three queries at most."""
    at = clock.now()
    drafts = queries.my_drafts(actor, at=at)
    items = matters.published_items({draft.item_code for draft in drafts}) if drafts else {}
    begun = [
        Begun(
            name=items[draft.item_code].name,
            url=reverse("government_services:apply", args=[draft.item_code]),
            changed_at=draft.changed_at,
            expires_at=draft.expires_at,
        )
        for draft in drafts
        if draft.item_code in items
    ]
    joint = queries.my_joint_drafts(actor, at=at)
    themes = {theme.code: theme for theme in queries.joint_themes()} if joint else {}
    begun += [
        Begun(
            name=themes[draft.theme_code].title,
            url=reverse("government_services:joint_resume", args=[draft.pk]),
            changed_at=draft.changed_at,
            expires_at=draft.expires_at,
        )
        for draft in joint
        if draft.theme_code in themes
    ]
    return sorted(begun, key=lambda row: row.changed_at, reverse=True)


def most_used(region_path: str) -> list[ItemHit]:
    """What people applied for lately, nearest office; filled up with what can be had here.

    The last thousand cases decide. One query and one for each matter shown.
    """
    recent = queries.recent_item_codes(limit=RECENT_CASES)
    basic_codes = Counter(code[-12:] for code in recent)
    hits: dict[Any, ItemHit] = {}
    for code, _number in basic_codes.most_common(MOST_USED):
        for hit in matters.search_items(code, region_path=region_path, limit=1).items:
            hits.setdefault(hit.basic_item_id, hit)
    if len(hits) < MOST_USED:
        here = matters.search_items(region_path=region_path, limit=MOST_USED * 2).items
        for hit in sorted(here, key=lambda hit: not hit.is_online):
            hits.setdefault(hit.basic_item_id, hit)
    return list(hits.values())[:MOST_USED]


def _after_choice(request: HttpRequest, place: places.Place) -> str:
    code31 = request.GET.get("item", "")
    if code31:
        nearest = matters.published_for(code31[-12:], region_path=place.path)
        if nearest is not None:
            return reverse("government_services:item", args=[nearest.code31])
        if regions.children(place.code):
            address = reverse("government_services:region")
            return f"{address}?{urlencode({'item': code31, 'city': place.code})}"
        home_address = reverse("government_services:search")
        return f"{home_address}?{urlencode({'q': code31[-12:]})}"
    target = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        return target
    return reverse("government_services:home")


__all__ = ("drafts_of", "home", "most_used", "region", "search", "theme")
