"""Whether the service is well: for load balancers a word, for administrators the figures.

The web server is well when the database answers; a worker that lags makes it "degraded", which is
no reason to take web servers away.
"""

import platform
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

import django
from django.db import DatabaseError, InterfaceError, connection, models
from django.http import HttpRequest
from ninja import Field, Router, Schema
from procrastinate.contrib.django.models import ProcrastinateJob

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.web.guard import actor_of, open_to_all
from lingnan.platforms.identity.types import MANAGE_OFFICERS
from lingnan.security.audit.types import READ_AUDIT

from .config import BASE_DIR
from .errors import DatabaseSilent

LAG_MAX = timedelta(minutes=5)  # our default; the plan gives no number


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the service is at one moment. The lag is in whole seconds."""

    status: Literal["ok", "degraded"]
    worker_lag_s: int
    pending_events: int
    failing_events: int
    pending_jobs: int
    failed_jobs: int
    versions: dict[str, str]


class HealthOut(Schema):
    status: Literal["ok", "degraded"] = Field(
        description="degraded: the database answers, but background work is late"
    )
    worker_lag_s: int | None = Field(None, description="Age of the oldest undelivered event")
    pending_events: int | None = None
    failing_events: int | None = Field(None, description="Events a subscriber failed on")
    pending_jobs: int | None = None
    failed_jobs: int | None = None
    versions: dict[str, str] | None = None


router = Router(tags=["health"])


@router.get("/health", response=HealthOut, summary="Whether the service is well")
@open_to_all
def check_health(request: HttpRequest) -> HealthOut:
    """The word for everyone; the figures for who may read the audit record or manage officers.

    Raises: DatabaseSilent (503).
    """
    found = look(at=clock.now())
    if not may_see_figures(actor_of(request)):
        return HealthOut.model_validate({"status": found.status})
    return HealthOut.from_orm(found)


def may_see_figures(actor: Actor) -> bool:
    return actor.is_officer and (actor.can(READ_AUDIT) or actor.can(MANAGE_OFFICERS))


def look(*, at: datetime) -> Health:
    """Ask the database; three queries. Raises: DatabaseSilent."""
    try:
        events = OutboxEvent.objects.filter(pending=True).aggregate(
            count=models.Count("pk"),
            failing=models.Count("pk", filter=models.Q(attempts__gt=0)),
            oldest=models.Min("occurred_at"),
        )
        is_due = models.Q(scheduled_at=None) | models.Q(scheduled_at__lte=at)
        jobs = ProcrastinateJob.objects.aggregate(
            pending=models.Count("pk", filter=models.Q(is_due, status="todo")),
            failed=models.Count("pk", filter=models.Q(status="failed")),
        )
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            server = str(cursor.fetchone()[0])
    except (DatabaseError, InterfaceError) as error:
        raise DatabaseSilent(str(error)) from error
    lag_s = int((at - (events["oldest"] or at)).total_seconds())
    return Health(
        status="degraded" if lag_s > LAG_MAX.total_seconds() else "ok",
        worker_lag_s=max(0, lag_s),
        pending_events=events["count"],
        failing_events=events["failing"],
        pending_jobs=jobs["pending"],
        failed_jobs=jobs["failed"],
        versions={
            "lingnan": product_version(),
            "python": platform.python_version(),
            "django": django.get_version(),
            "postgresql": server.split()[0],
        },
    )


@lru_cache(maxsize=1)
def product_version() -> str:
    """Of the installed package, or of the checkout it runs from."""
    try:
        return version("lingnan")
    except PackageNotFoundError:
        content = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
        return str(content["project"]["version"])
