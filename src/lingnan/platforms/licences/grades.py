"""How far a licence may be trusted (可信等级), and what each grade allows, by the date of the use.

The rules are content (`content/grades.json`) with the days between which they hold. What the source
leaves open (showing and prefilling of C and D) is our default.
Source: 国办函〔2016〕108号; Plan 五（二）2（3）.
"""

import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from lingnan.kernel.text import LocalisedText, localise

from .errors import GradeTooLow, NotSealed
from .models import Licence

_RULES = Path(__file__).parent / "content" / "grades.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeRule:
    """What one grade allows between two days; the end is exclusive."""

    grade: str
    title: LocalisedText
    words: LocalisedText
    may_be_shown: bool
    may_be_material: bool
    may_be_prefilled: bool
    replaces_paper: bool
    original_each_time: bool
    source: str
    effective_from: date
    effective_until: date | None


@lru_cache(maxsize=1)
def rules() -> tuple[GradeRule, ...]:
    """Every rule of every grade."""
    entries: list[dict[str, Any]] = json.loads(_RULES.read_text())
    return tuple(
        GradeRule(
            **{
                **entry,
                "effective_from": date.fromisoformat(entry["effective_from"]),
                "effective_until": (
                    date.fromisoformat(entry["effective_until"])
                    if entry["effective_until"]
                    else None
                ),
            }
        )
        for entry in entries
    )


def rule_for(grade: str, *, on: date) -> GradeRule:
    """The rule of a grade on a day. Raises: LookupError where the content has none."""
    for rule in rules():
        begun = rule.effective_from <= on
        if (
            rule.grade == grade
            and begun
            and (not rule.effective_until or on < rule.effective_until)
        ):
            return rule
    raise LookupError(f"no rule for grade {grade} on {on}")


def prefilled_grades(*, on: date) -> list[str]:
    """Grades whose values may go into forms on a day."""
    return sorted({rule.grade for rule in rules() if rule_for(rule.grade, on=on).may_be_prefilled})


def shown_grades(*, on: date) -> list[str]:
    """Grades whose licences may be shown by a code on a day."""
    return sorted({rule.grade for rule in rules() if rule_for(rule.grade, on=on).may_be_shown})


def check_may_be_shown(licence: Licence, *, on: date) -> None:
    """Raises: GradeTooLow (409)."""
    rule = rule_for(licence.grade, on=on)
    if not rule.may_be_shown:
        raise GradeTooLow(grade=localise(rule.title))


def check_sealed(licence: Licence) -> None:
    """What bears no seal is not signed again for a wallet. Raises: NotSealed (409)."""
    if licence.seal_id is None:
        raise NotSealed


def check_may_be_material(licence: Licence, *, on: date) -> GradeRule:
    """The rule, where it lets a licence go to a case. Raises: GradeTooLow (409)."""
    rule = rule_for(licence.grade, on=on)
    if not rule.may_be_material:
        raise GradeTooLow(grade=localise(rule.title))
    return rule
