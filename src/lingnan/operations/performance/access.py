"""Whose figures: within the reach of `performance.read`; outside it a place is not found."""

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.standards.regions import queries as regions
from lingnan.standards.regions.types import PROVINCE_CODE, RegionCard

from .types import READ


def access_region(actor: Actor, code: str | None) -> RegionCard:
    """The region asked for, or the highest one within reach.

    Raises: NotFound (404), also for a place beyond the actor's reach.
    """
    reach = actor.reach(READ)
    if code:
        place = regions.region(code)
        if not reach.covers(region_path=place.path):
            raise NotFound(region=code)
        return place
    if "" in reach.region_paths:
        return regions.province()
    if reach.region_paths:
        shortest = min(reach.region_paths, key=lambda path: (len(path), path))
        return regions.region(shortest.strip("/").split("/")[-1])
    raise NotFound(region=PROVINCE_CODE)
