"""Guardians recorded at windows, as far as their agencies' officers may see them."""

from datetime import date

from django.db.models import QuerySet

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page

from ..models import Guardianship
from ..types import VERIFY_PERSONS, WITHDRAW_CHECKS

OF_AGE = 18


def comes_of_age_on(born_on: date) -> date:
    """The eighteenth birthday; who was born on 29 February comes of age on 1 March.

    Source: 民法典 17; 最高人民法院 on full years.
    """
    try:
        return born_on.replace(year=born_on.year + OF_AGE)
    except ValueError:
        return date(born_on.year + OF_AGE, 3, 1)


def guardianships_in_reach(actor: Actor) -> QuerySet[Guardianship]:
    """Those recorded by agencies in the reach of a clerk or supervisor."""
    reach = actor.reach(WITHDRAW_CHECKS).q("agency_id", "region_path") | actor.reach(
        VERIFY_PERSONS
    ).q("agency_id", "region_path")
    return Guardianship.objects.filter(reach, agency__isnull=False).select_related(
        "mandate__grantor_person", "mandate__agent", "officer", "agency"
    )


def list_guardianships(
    actor: Actor, *, cursor: str | None = None, limit: int = 20
) -> Page[Guardianship]:
    """The newest first. One query."""
    return keyset_page(guardianships_in_reach(actor), order=("-id",), cursor=cursor, limit=limit)
