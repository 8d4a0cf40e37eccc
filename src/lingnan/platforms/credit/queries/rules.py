"""Which rule held on a day."""

from datetime import date

from django.db.models import Q

from ..errors import RuleMissing
from ..models import PolicyDocument, RuleSet
from ..types import Rule


def rule(code: str, on: date) -> Rule:
    """The version in force on a day. One query. Raises: RuleMissing (409)."""
    row = (
        RuleSet.objects.filter(
            Q(effective_until__isnull=True) | Q(effective_until__gt=on),
            code=code,
            effective_from__lte=on,
        )
        .order_by("-effective_from")
        .first()
    )
    if row is None:
        raise RuleMissing(rule=code, on=on.isoformat())
    return as_rule(row)


def as_rule(row: RuleSet) -> Rule:
    return Rule(
        code=row.code,
        version=row.version,
        title=row.title,
        source=row.source,
        effective_from=row.effective_from,
        parameters=row.parameters,
    )


class RuleBook:
    """Rules looked up again and again while a batch is read; each version asked for once."""

    def __init__(self) -> None:
        self._known: dict[str, list[RuleSet]] = {}

    def rule(self, code: str, on: date) -> Rule:
        """As `rule`. Raises: RuleMissing (409)."""
        if code not in self._known:
            self._known[code] = list(RuleSet.objects.filter(code=code).order_by("-effective_from"))
        for row in self._known[code]:
            if row.effective_from <= on and (
                row.effective_until is None or on < row.effective_until
            ):
                return as_rule(row)
        raise RuleMissing(rule=code, on=on.isoformat())


def rules_in_force(on: date) -> list[RuleSet]:
    """Every rule that holds on a day, by code."""
    held = Q(effective_until__isnull=True) | Q(effective_until__gt=on)
    return list(RuleSet.objects.filter(held, effective_from__lte=on).order_by("code"))


def policies() -> list[PolicyDocument]:
    """Laws and regulations for the public, the newest first."""
    return list(PolicyDocument.objects.order_by("-effective_from", "code"))
