"""Whether and how long a fact is public, by one version of a rule. Pure; reads no clock.

A term is counted from the date of the fact (our default where the rule is silent), its first day
not counted, and is never moved on by a rest day: the doubt goes in favour of the subject.
Source: 信用修复管理办法（2026年4月1日起施行）; 市场监督管理行政处罚信息公示规定; standards 6.2.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .types import Grade, Publicity, PublicityPlan, RecordKind, Rule

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicityFacts:
    """What a rule looks at. `valid_until` and `declared_end` are last days."""

    kind: str
    fact_on: date
    is_person: bool = False
    categories: tuple[str, ...] = ()
    fine_fen: int = 0
    confiscated_fen: int = 0
    is_summary: bool = False
    valid_until: date | None = None
    declared_end: date | None = None


def months_after(start: date, months: int) -> date:
    """The corresponding day of a later month, or that month's last day. Source: 民法典 202."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def compute_grade(facts: PublicityFacts, parameters: Mapping[str, Any]) -> str:
    """How grave a penalty is, by its kinds and amounts."""
    kinds = set(facts.categories)
    party = "person" if facts.is_person else "organisation"
    amount = facts.fine_fen + facts.confiscated_fen
    if kinds & set(parameters["serious_categories"]):
        return Grade.SERIOUS
    if amount >= parameters["serious_fine_fen"][party]:
        return Grade.SERIOUS
    if facts.is_summary or amount <= parameters["minor_fine_fen"][party]:
        lighter = set(parameters["minor_categories"])
        if amount:
            lighter.add(parameters["fine_category"])
        if kinds <= lighter and not facts.confiscated_fen:
            return Grade.MINOR
    return Grade.GENERAL


def compute_publicity(facts: PublicityFacts, rule: Rule) -> PublicityPlan:
    """What the rule says: shown or not, until when, and from when its repair may be asked for."""
    if facts.kind != RecordKind.PENALTY:
        return _by_validity(facts, rule)
    parameters = rule.parameters
    grade = compute_grade(facts, parameters)
    terms = parameters["grades"][grade]
    latest = months_after(facts.fact_on, terms["max_months"]) + ONE_DAY
    earliest = months_after(facts.fact_on, terms["min_months"]) + ONE_DAY
    until = latest
    if facts.declared_end is not None:
        until = max(earliest, min(latest, facts.declared_end + ONE_DAY))
    if parameters["follows_ban"] and facts.valid_until is not None:
        until = max(until, facts.valid_until + ONE_DAY)
    withheld = (
        (facts.is_summary and parameters["summary_withheld"])
        or (bool(facts.categories) and set(facts.categories) <= set(parameters["withheld_only"]))
        or (not terms["published"] and facts.declared_end is None)
    )
    return PublicityPlan(
        state=Publicity.WITHHELD if withheld else Publicity.PUBLIC,
        grade=grade,
        until=None if withheld else until,
        repair_from=earliest if terms.get("repairable", True) else None,
        rule_code=rule.code,
        rule_version=rule.version,
    )


def _by_validity(facts: PublicityFacts, rule: Rule) -> PublicityPlan:
    """A licence stands as long as it is valid; others for the months the rule gives."""
    until = facts.valid_until + ONE_DAY if facts.valid_until else None
    months = rule.parameters.get("max_months")
    if months is not None:
        latest = months_after(facts.fact_on, months) + ONE_DAY
        until = min(until, latest) if until else latest
    minimum = rule.parameters.get("min_months")
    return PublicityPlan(
        state=Publicity.PUBLIC if rule.parameters["published"] else Publicity.WITHHELD,
        grade="",
        until=until if rule.parameters["published"] else None,
        repair_from=months_after(facts.fact_on, minimum) + ONE_DAY if minimum is not None else None,
        rule_code=rule.code,
        rule_version=rule.version,
    )
