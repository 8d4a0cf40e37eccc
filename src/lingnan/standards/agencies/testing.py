"""Builders for tests: agencies under their demo names, in their real places."""

from datetime import UTC, datetime

from lingnan.kernel.actors import SYSTEM
from lingnan.standards.regions.testing import make_region
from lingnan.standards.regions.types import RegionCard

from . import queries, services
from .demo_codes import demo_uscc
from .demo_set import demo_agency
from .models import Agency
from .types import AgencyCard, NewAgency

AT = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


def make_agency(
    kind: str = "market_supervision", region: RegionCard | str = "440106000000", name: str = ""
) -> AgencyCard:
    """The agency of a kind at a region, made once, without its posts' officers and its parents."""
    place = make_region(region) if isinstance(region, str) else region
    existing = Agency.objects.filter(kind=kind, region_id=place.id, closed_on=None).first()
    if existing is not None:
        return queries.agency(existing.id)
    city = make_region(place.codes[1]) if place.level > 1 else None
    known = demo_agency(kind, place, city) if kind != "other" else None
    new = NewAgency(
        uscc=known.uscc if known else _other_uscc(place),
        name=name or (known.name if known else f"{place.name}测试机关"),
        short_name=known.short_name if known else f"{place.name}测试机关",
        name_en=known.name_en if known else f"Test agency of {place.name_en or place.code}",
        kind=kind,
        region_code=place.code,
        is_demo=True,
        posts=known.posts if known else (),
    )
    return services.register_agency(actor=SYSTEM, new=new, at=AT)


def _other_uscc(place: RegionCard) -> str:
    """The next number for kinds without a demo name: 50 and up."""
    number = 50 + Agency.objects.filter(region_id=place.id).count()
    return demo_uscc(number=str(number), org_class="1", region_code=place.code)
