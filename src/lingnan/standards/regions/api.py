"""The tree of divisions for programs, open to all."""

from datetime import date
from typing import Annotated

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query

from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import open_to_all

from . import queries
from .schemas import ChildOut, RegionLineOut, RegionOut, RegionsOut, ResolutionOut
from .types import PROVINCE_CODE

router = Router(tags=["regions"])
ChildPage = paged(ChildOut)


@router.get("/regions", response=ChildPage, summary="List divisions below one")
@open_to_all
def list_regions(
    request: HttpRequest,
    parent: str = Query(PROVINCE_CODE, max_length=12, description="Code; the province if absent"),
    cursor: str | None = None,
    limit: int = Query(50, ge=1, le=200),
) -> object:
    """The present divisions directly below one, by code. The towns of Dongguan and Zhongshan stand
    directly below the city.
    """
    return queries.children_page(parent, cursor=cursor, limit=limit)


@router.get("/regions/search", response=RegionsOut, summary="Search divisions")
@open_to_all
def search_regions(
    request: HttpRequest,
    q: str = Query(..., max_length=60, description="Name or part of it, pinyin, initials, code"),
    within: str = Query("", max_length=80, description="Path: only at or below it"),
    level: int | None = Query(None, ge=1, le=5),
    limit: int = Query(20, ge=1, le=100),
) -> dict[str, object]:
    """ "天河", "tianhe", "th" or "广州 天河": the closest and highest first."""
    return {"items": queries.search(q, limit, path=within, level=level)}


@router.get("/regions/{code}", response=RegionLineOut, summary="One division and those above it")
@open_to_all
def one_region(
    request: HttpRequest,
    code: str,
    on: Annotated[date | None, Query(description="As it was on this day; today if absent")] = None,
) -> RegionLineOut:
    """A division by its code of 12 characters."""
    line = queries.ancestors(code, on)
    own = RegionOut.from_orm(line[-1]).dict()
    return RegionLineOut(**own, ancestors=[RegionOut.from_orm(card) for card in line[:-1]])


@router.get("/regions/{code}/resolution", response=ResolutionOut, summary="What became of a code")
@open_to_all
def resolve_region(
    request: HttpRequest,
    code: str,
    on: Annotated[date | None, Query(description="A day on which the code was used")] = None,
) -> object:
    """An address or a case of 2018 names a division of that year: this is what it is today."""
    return queries.resolve(code, on)
