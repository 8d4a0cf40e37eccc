"""The rules in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from lingnan.kernel.held import Held

from ..models import Rule
from ..rules import SHIPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInForce:
    """A rule's numbers on a day, and the version they come from (0: as shipped)."""

    code: str
    version: int
    effective_from: date | None
    parameters: Mapping[str, int]


_held: Held[tuple[str, date], RuleInForce] = Held("identity_rules")


def rule(code: str, *, on: date) -> RuleInForce:
    """The version in force on a day. One query. An unknown code is a bug: KeyError."""
    return _held.get((code, on), lambda: _in_force(code, on))


def _in_force(code: str, on: date) -> RuleInForce:
    shipped = SHIPPED[code]
    row = (
        Rule.objects.filter(code=code, effective_from__lte=on)
        .order_by("-effective_from", "-version")
        .first()
    )
    parameters = dict(shipped.parameters)
    if row is None:
        return RuleInForce(
            code=code, version=0, effective_from=None, parameters=MappingProxyType(parameters)
        )
    known = {key: value for key, value in row.parameters.items() if key in parameters}
    return RuleInForce(
        code=code,
        version=row.version,
        effective_from=row.effective_from,
        parameters=MappingProxyType(parameters | known),
    )


def rule_versions(code: str) -> list[Rule]:
    """Every version set after the shipped one, the newest first."""
    return list(Rule.objects.filter(code=code).order_by("-version")[:100])
