"""The site of a city or county: chosen once, kept in a cookie, named on every list."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.web.guard import actor_of
from lingnan.standards.regions import queries as regions
from lingnan.standards.regions.types import PROVINCE_CODE, RegionCard

COOKIE = "lingnan_region"
CITY_DEPTH, COUNTY_DEPTH = 2, 3
YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the reader looks for services. Without loaded divisions there is one site for all."""

    code: str
    name: str
    full_name: str
    name_en: str
    path: str

    @property
    def is_province(self) -> bool:
        return self.code == PROVINCE_CODE


def here(request: HttpRequest) -> Place:
    """The place asked for in the address, else the one chosen before, else the county a resident
    lives in, else the province.

    At most two queries.
    """
    code = request.GET.get("region", "") or request.COOKIES.get(COOKIE, "")
    for candidate in (code or _own_county(actor_of(request)), PROVINCE_CODE):
        found = find(candidate)
        if found is not None:
            return found
    return Place(code=PROVINCE_CODE, name="", full_name="", name_en="", path="")


def _own_county(actor: Actor) -> str:
    """The county (or the city without counties) of a resident's address, as a code."""
    codes = [code for code in actor.region_path.split("/") if code] if actor.is_person else []
    return codes[min(len(codes), COUNTY_DEPTH) - 1] if codes else ""


def city_code(place: Place) -> str:
    """The city a place lies in or is; empty for the province."""
    codes = [code for code in place.path.split("/") if code]
    return codes[CITY_DEPTH - 1] if len(codes) >= CITY_DEPTH else ""


def find(code: str) -> Place | None:
    """The present division with this code. One query, none for what is no code."""
    if not (len(code) == 12 and code.isascii() and code.isdigit()):
        return None
    try:
        return of_card(regions.region(code))
    except NotFound:
        return None


def of_card(card: RegionCard) -> Place | None:
    if not card.is_current:
        return None
    return Place(
        code=card.code,
        name=card.name,
        full_name=card.full_name,
        name_en=card.name_en,
        path=card.path,
    )


def remember(request: HttpRequest, response: HttpResponse, code: str) -> None:
    response.set_cookie(
        COOKIE,
        code,
        max_age=YEAR_S,
        samesite="Lax",
        httponly=True,
        secure=request.is_secure(),
    )
