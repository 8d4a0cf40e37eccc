"""What every act on an instance shares: its lock, whether it is being moved, dates and lights."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from uuid import UUID

from lingnan.kernel.clock import SHANGHAI, local_date
from lingnan.kernel.errors import NotFound
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar.types import Workdays

from ..clocks import light_for
from ..models import ProcessInstance
from ..types import NO_DUE, Light

_moving: ContextVar[frozenset[UUID]] = ContextVar("workflow_moving", default=frozenset())


@contextmanager
def moving(instance_id: UUID) -> Iterator[None]:
    """Marks the instance as being moved: an action may set its clocks, but not move it again."""
    if instance_id in _moving.get():
        raise RuntimeError(f"an action of {instance_id} tried to move its own process")
    mark = _moving.set(_moving.get() | {instance_id})
    try:
        yield
    finally:
        _moving.reset(mark)


def is_moving(instance_id: UUID) -> bool:
    return instance_id in _moving.get()


def locked_instance(instance_id: UUID) -> ProcessInstance:
    """The instance's row, locked. Raises: NotFound (404)."""
    instance = ProcessInstance.objects.select_for_update().filter(pk=instance_id).first()
    if instance is None:
        raise NotFound
    return instance


def day_after(on: date) -> datetime:
    """The first instant after a day in China: a period ends when its last day is over."""
    return datetime.combine(on + timedelta(days=1), time(), SHANGHAI)


def limit_end(limit: int | None, opened_at: datetime, region_code: str) -> date | None:
    if limit is None:
        return None
    opened_on = local_date(opened_at)
    return calendar.add_workdays(opened_on, Workdays(limit), region_code=region_code).on


def task_light(instance: ProcessInstance, due_on: date, total: int | None, today: date) -> str:
    if instance.stopped_since is not None:
        return Light.STOPPED
    if due_on == NO_DUE:
        return Light.NONE
    return light_for(due_on, total=total, on=today, region=instance.region_code)
