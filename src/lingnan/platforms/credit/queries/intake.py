"""Sources and deliveries."""

from datetime import datetime, timedelta

from django.db.models import Q

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page

from ..models import CreditSource, IntakeBatch
from ..types import CYCLE_DAYS, MANAGE, REPORT


def reporting_q(actor: Actor) -> Q:
    """Sources and deliveries of agencies the actor reports for, or watches over."""
    return actor.reach(REPORT).q() | actor.reach(MANAGE).q()


def sources(actor: Actor) -> list[CreditSource]:
    """The sources an officer reports to or watches over, by code."""
    return list(
        CreditSource.objects.filter(reporting_q(actor)).select_related("agency").order_by("code")
    )


def batches(actor: Actor, *, cursor: str | None = None, limit: int = 20) -> Page[IntakeBatch]:
    """Deliveries within reach, newest first. One query."""
    rows = IntakeBatch.objects.filter(reporting_q(actor)).select_related("source", "agency")
    return keyset_page(rows, order=("-received_at", "-id"), cursor=cursor, limit=limit)


def stale_sources(at: datetime) -> list[CreditSource]:
    """Sources from which nothing came within their cycle."""
    found = []
    rows = CreditSource.objects.filter(cycle__in=list(CYCLE_DAYS))
    for row in rows.select_related("agency").order_by("code"):
        limit = timedelta(days=CYCLE_DAYS[row.cycle])
        if row.last_received_at is None or at - row.last_received_at > limit:
            found.append(row)
    return found
