"""The verb of agencies: enter them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel import events, locks
from lingnan.kernel.actors import Actor
from lingnan.standards.codes.types import uscc
from lingnan.standards.regions import queries as regions
from lingnan.standards.regions.errors import NoSuchRegion
from lingnan.standards.regions.types import RegionCard

from . import queries
from .errors import AgencyMalformed, KindTaken, NoSuchAgency, UsccTaken
from .events import AgenciesRegistered
from .models import Agency, Post
from .types import MANAGE_AGENCIES, AgencyCard, AgencyKind, NewAgency

IDS_IN_EVENT_MAX = 100


@transaction.atomic
def register_agency(*, actor: Actor, new: NewAgency, at: datetime) -> AgencyCard:
    """Enter one agency with its posts. Raises: as `register_agencies`."""
    made = register_agencies(actor=actor, new=[new], at=at)
    return queries.agency(made[0])


@transaction.atomic
def register_agencies(*, actor: Actor, new: Sequence[NewAgency], at: datetime) -> list[UUID]:
    """Enter several agencies with their posts: all of them or none. Returns their ids in order.

    Six queries and one per thousand rows. Locks the directory.
    Raises: Forbidden (403); AgencyMalformed, CodeMalformed (422); NoSuchRegion, NoSuchAgency (404);
    UsccTaken, KindTaken (409).
    """
    if not new:
        return []
    locks.hold("agencies", "register")
    places = regions.regions(sorted({one.region_code for one in new}))
    taken = set(Agency.objects.values_list("uscc", flat=True))
    held = set(
        Agency.objects.filter(closed_on=None)
        .exclude(kind=AgencyKind.OTHER)
        .values_list("kind", "region_id")
    )
    for one in new:
        place = _check(actor, one, places)
        if one.uscc in taken:
            raise UsccTaken(uscc=one.uscc)
        if (one.kind, place.id) in held:
            raise KindTaken(kind=one.kind, region=place.name)
        taken.add(one.uscc)
        if one.kind != AgencyKind.OTHER:
            held.add((one.kind, place.id))

    rows = [_row(one, places[one.region_code]) for one in new]
    _hang(new, rows)
    Agency.objects.bulk_create(rows, batch_size=1000)
    posts = [
        Post(agency=row, code=post.code, title=post.title, title_en=post.title_en)
        for one, row in zip(new, rows, strict=True)
        for post in one.posts
    ]
    Post.objects.bulk_create(posts, batch_size=5000)
    ids = [row.id for row in rows]
    events.publish(
        AgenciesRegistered(
            count=len(ids),
            agency_ids=ids if len(ids) <= IDS_IN_EVENT_MAX else [],
            actor_id=actor.officer_id,
            actor_name=actor.name,
        ),
        at=at,
    )
    return ids


def _check(actor: Actor, one: NewAgency, places: dict[str, RegionCard]) -> RegionCard:
    place = places.get(one.region_code)
    if place is None:
        raise NoSuchRegion(region_code=one.region_code)
    actor.check(MANAGE_AGENCIES, region_path=place.path)
    uscc.check(one.uscc)
    named = all(text.strip() for text in (one.name, one.short_name, one.name_en))
    if not named or one.kind not in AgencyKind.values:
        raise AgencyMalformed(name=one.name, kind=one.kind)
    return place


def _row(one: NewAgency, place: RegionCard) -> Agency:
    return Agency(
        uscc=one.uscc,
        name=one.name.strip(),
        short_name=one.short_name.strip(),
        name_en=one.name_en.strip(),
        kind=one.kind,
        level=place.level,
        region_id=place.id,
        region_path=place.path,
        grams=regions.name_grams(one.name.strip()),
        is_demo=one.is_demo,
    )


def _hang(new: Sequence[NewAgency], rows: Sequence[Agency]) -> None:
    """Set the parents: from among the new ones, else from the tables."""
    by_uscc = {row.uscc: row.id for row in rows}
    wanted = {one.parent_uscc for one in new if one.parent_uscc} - set(by_uscc)
    by_uscc |= dict(Agency.objects.filter(uscc__in=wanted).values_list("uscc", "id"))
    for one, row in zip(new, rows, strict=True):
        if one.parent_uscc:
            if one.parent_uscc not in by_uscc or one.parent_uscc == one.uscc:
                raise NoSuchAgency(uscc=one.parent_uscc)
            row.parent_id = by_uscc[one.parent_uscc]
