"""The two clocks of an instance, computed by replaying its clock events. Pure; no database.

due = start + base + extensions + days the clock stood still, all in working days; the day
something happens is not counted, the last day is (行政许可法 82, 民法典 201). While the
clock stands still the date is a projection that takes the notified length for granted. A clock that
has run out does not stand still: what is overdue stays so, whatever procedure begins after it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import ceil
from typing import Any, Protocol

from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar.types import CalendarDays, DueDate, Workdays

from .types import ClockEventKind, Light

YELLOW_SHARE = 0.2
YELLOW_WORKDAYS = 2
"""Yellow begins with the last fifth of the period, at least two working days. Our default, the plan
gives no number."""


class Moved(Protocol):
    """A clock event as the replay needs it."""

    @property
    def kind(self) -> str: ...
    @property
    def on(self) -> date: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An extension of `workdays`, or that many on which the clock stood still since a day."""

    workdays: int
    still_since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """The sum of the clock events so far."""

    started_on: date | None = None
    statutory: int | None = None
    promised: int = 0
    extended: int = 0
    stood_still: int = 0
    changes: tuple[Change, ...] = ()
    stopped_since: date | None = None
    stopped_until: date | None = None
    stopped_reason: str = ""
    ended_on: date | None = None
    region: str = ""

    @property
    def is_running(self) -> bool:
        return self.started_on is not None and self.ended_on is None

    def after(self, event: Moved) -> "ClockState":
        """The state after one more event."""
        facts = event.facts
        if event.kind == ClockEventKind.STARTED:
            return ClockState(
                started_on=event.on,
                statutory=facts.get("statutory"),
                promised=facts["promised"],
                region=self.region,
            )
        if self.started_on is None or self.ended_on is not None:
            return self
        if event.kind == ClockEventKind.STOPPED and self.stopped_since is None:
            return replace(
                self,
                stopped_since=max(event.on, self.started_on),
                stopped_until=date.fromisoformat(facts["until"]),
                stopped_reason=facts["reason"],
            )
        if event.kind == ClockEventKind.RESUMED and self.stopped_since is not None:
            return self._go_on(event.on)
        if event.kind == ClockEventKind.EXTENDED:
            longer = Change(workdays=facts["workdays"])
            return replace(
                self,
                extended=self.extended + longer.workdays,
                changes=(*self.changes, longer),
            )
        if event.kind == ClockEventKind.ENDED:
            going = self._go_on(event.on) if self.stopped_since is not None else self
            return replace(going, ended_on=max(event.on, self.started_on))
        return self

    def _go_on(self, on: date) -> "ClockState":
        still = Change(workdays=self._still_until(on), still_since=self.stopped_since)
        return replace(
            self,
            stood_still=self.stood_still + still.workdays,
            changes=(*self.changes, still),
            stopped_since=None,
            stopped_until=None,
            stopped_reason="",
        )

    def _still_until(self, on: date) -> int:
        if self.stopped_since is None or on <= self.stopped_since:
            return 0
        return calendar.workdays_between(self.stopped_since, on, region_code=self.region)

    def _due(self, base: int) -> tuple[date, bool]:
        changes = self.changes
        if self.stopped_until is not None:
            still = self._still_until(self.stopped_until)
            changes = (*changes, Change(workdays=still, still_since=self.stopped_since))
        total, found = base, self._end_of(base)
        for change in changes:
            if change.still_since is None or change.still_since < found.on:
                total += change.workdays
                found = self._end_of(total)
        return found.on, found.provisional

    def _end_of(self, workdays: int) -> DueDate:
        assert self.started_on is not None, "a due date needs a start"
        return calendar.add_workdays(self.started_on, Workdays(workdays), region_code=self.region)

    def statutory_due(self) -> tuple[date, bool] | None:
        if self.started_on is None or self.statutory is None:
            return None
        return self._due(self.statutory)

    def promised_due(self) -> tuple[date, bool] | None:
        return None if self.started_on is None else self._due(self.promised)

    def used(self, on: date) -> int:
        """Working days actually consumed up to and including `on`."""
        if self.started_on is None:
            return 0
        until = min(on, self.ended_on) if self.ended_on else on
        if until <= self.started_on:
            return 0
        passed = calendar.workdays_between(self.started_on, until, region_code=self.region)
        return max(0, passed - self.stood_still - self._still_until(until))

    def light(self, on: date) -> str:
        due = self.promised_due()
        if due is None or self.ended_on is not None:
            return Light.NONE
        if self.stopped_since is not None:
            overrun = self.stopped_until is not None and on > self.stopped_until
            return Light.YELLOW if overrun else Light.STOPPED
        return light_for(due[0], total=self.promised + self.extended, on=on, region=self.region)


def replay(events: Iterable[Moved], *, region: str = "") -> ClockState:
    """The state after all events, in their order."""
    state = ClockState(region=region)
    for event in events:
        state = state.after(event)
    return state


def stop_end(on: date, days: Workdays | CalendarDays, *, region: str = "") -> date:
    """The notified end of a special procedure."""
    if isinstance(days, Workdays):
        return calendar.add_workdays(on, days, region_code=region).on
    return calendar.add_calendar_days(on, days, region_code=region).on


def light_for(due: date, *, total: int | None, on: date, region: str = "") -> str:
    """The light of a deadline: red past it, yellow near it."""
    if on > due:
        return Light.RED
    left = calendar.workdays_between(on, due, region_code=region)
    period = total or YELLOW_WORKDAYS + 1
    yellow = min(max(ceil(period * YELLOW_SHARE), YELLOW_WORKDAYS), period - 1)
    return Light.YELLOW if left <= yellow else Light.GREEN
