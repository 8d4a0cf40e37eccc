"""What an indicator is, and a figure with everything needed to believe it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lingnan.kernel import permissions

READ = permissions.declare("performance.read", _("Read indicators"))


class Code(StrEnum):
    """The six indicators of the plan, and the parts two of them are made of."""

    COVERAGE = "coverage"
    CONSOLIDATION = "consolidation"
    ONLINE = "online"
    COMPRESSION = "compression"
    SHARING = "sharing"
    LICENCES = "licences"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """What is counted, what stands below the line, and what is left out. Source: reference 15."""

    code: Code
    name: str | Promise
    numerator: str | Promise
    denominator: str | Promise
    excluded: str | Promise
    source: str | Promise
    target_percent: int | None = None
    missing: str | Promise = ""


INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        code=Code.COVERAGE,
        name=_("Business coverage"),
        numerator=_("matters with at least one case in the period"),
        denominator=_("published matters of the agency"),
        excluded=_("suspended and cancelled matters"),
        source=_("Plan 七（三）2"),
    ),
    Indicator(
        code=Code.CONSOLIDATION,
        name=_("Consolidation"),
        numerator=_("systems on both the government cloud and the unified network"),
        denominator=_("registered systems"),
        excluded=_("systems retired in the period"),
        source=_("Plan 七（三）2"),
        missing=_("No register of systems is installed, so there is nothing to divide by."),
    ),
    Indicator(
        code=Code.ONLINE,
        name=_("Concluded online"),
        numerator=_("cases applied for online, without a visit, delivered without a visit"),
        denominator=_("cases concluded in the period, online and at windows"),
        excluded=_("cases void or entered by mistake"),
        source=_("Plan 七（三）2"),
        target_percent=80,
    ),
    Indicator(
        code=Code.COMPRESSION,
        name=_("Time saved against the law"),
        numerator=_("statutory working days minus promised working days, summed over matters"),
        denominator=_("statutory working days, summed over matters"),
        excluded=_("matters without a statutory limit"),
        source=_("Plan 七（三）2"),
        target_percent=50,
    ),
    Indicator(
        code=Code.SHARING,
        name=_("Data shared"),
        numerator=_("information resources provided and fresh"),
        denominator=_("information resources that should be provided"),
        excluded=_("resources on the negative list"),
        source=_("Plan 七（三）2"),
        missing=_("No catalogue of information resources is installed."),
    ),
    Indicator(
        code=Code.LICENCES,
        name=_("Electronic licences"),
        numerator=_("matters whose licence was issued electronically or used as a material"),
        denominator=_("matters that end in a licence, with a case granted in the period"),
        excluded=_("matters without a licence"),
        source=_("Plan 七（三）2"),
    ),
)


PART_NAMES: dict[str, Promise] = {
    "mean": _("mean of the matters' own ratios"),
    "actual": _("working days really taken, against the law"),
    "issued": _("issued electronically"),
    "used": _("used as a material"),
}


def indicator(code: str) -> Indicator | None:
    return next((entry for entry in INDICATORS if entry.code == code), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a figure is about: a region's subtree, perhaps one agency, perhaps one item."""

    region_path: str = ""
    agency_id: str = ""
    item_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole days, `until` exclusive."""

    since: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A second way to read the same indicator, beside its main value."""

    name: str | Promise
    numerator: float
    denominator: float

    @property
    def value(self) -> float | None:
        return ratio(self.numerator, self.denominator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A value with its numerator, denominator and what was left out. None where nothing divides."""

    code: Code
    numerator: float
    denominator: float
    excluded: int
    parts: tuple[Part, ...] = ()

    @property
    def value(self) -> float | None:
        """Percent, or None on a zero denominator."""
        return ratio(self.numerator, self.denominator)


def ratio(numerator: float, denominator: float) -> float | None:
    """In percent; None when there is nothing to divide by."""
    return 100 * numerator / denominator if denominator else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts a leader asks for first."""

    submitted: int
    concluded: int
    open: int
    overdue: int
    granted: int
    denied: int
    rated: int
    satisfied: int
    reused_materials: int
    prefilled_fields: int

    @property
    def satisfaction(self) -> float | None:
        return ratio(self.satisfied, self.rated)
