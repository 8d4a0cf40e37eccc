"""Publicity ends by the rule in force on the date of the fact (standards 6.2)."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..publicity import PublicityFacts, compute_publicity, months_after
from ..services.rules import CONTENT
from ..types import Rule

RULES = {
    (row["code"], row["version"]): Rule(
        code=row["code"],
        version=row["version"],
        title="",
        source=row["source"],
        effective_from=date.fromisoformat(row["effective_from"]),
        parameters=row["parameters"],
    )
    for row in json.loads((CONTENT / "rules.json").read_text())
}
NEW = RULES["publicity.penalty", "2026"]
MARKET = RULES["publicity.penalty_market", "2021"]
DAYS = st.dates(date(2015, 1, 1), date(2090, 1, 1))
KINDS = st.lists(
    st.sampled_from(["警告", "通报批评", "罚款", "没收违法所得", "吊销许可证件", "责令停产停业"]),
    min_size=1,
    unique=True,
)


def facts(**changed: object) -> PublicityFacts:
    given_ = {"kind": "penalty", "fact_on": date(2026, 5, 31), "categories": ("罚款",), **changed}
    return PublicityFacts(**given_)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "grade", "state", "until"),
    [
        ({"fine_fen": 100_000, "is_summary": True}, "minor", "withheld", None),
        ({"categories": ("警告",)}, "minor", "withheld", None),
        ({"fine_fen": 5_000_000}, "general", "public", date(2027, 6, 1)),
        (
            {"categories": ("没收违法所得",), "confiscated_fen": 1},
            "general",
            "public",
            date(2027, 6, 1),
        ),
        ({"categories": ("吊销许可证件",)}, "serious", "public", date(2029, 6, 1)),
        ({"fine_fen": 200_000_000}, "serious", "public", date(2029, 6, 1)),
        ({"fine_fen": 20_000_000, "is_person": True}, "serious", "public", date(2029, 6, 1)),
    ],
)
def test_the_three_grades_of_2026(
    changed: dict[str, object], grade: str, state: str, until: date | None
) -> None:
    plan = compute_publicity(facts(**changed), NEW)
    assert (plan.grade, plan.state, plan.until) == (grade, state, until)


def test_a_minor_one_the_agency_discloses_ends_within_three_months() -> None:
    late = compute_publicity(facts(categories=("警告",), declared_end=date(2027, 1, 1)), NEW)
    assert (late.state, late.until) == ("public", date(2026, 9, 1))  # 31 August is the last day


def test_the_market_rule_follows_a_longer_ban_and_withholds_a_mere_warning() -> None:
    ban = compute_publicity(facts(categories=("限制从业",), valid_until=date(2036, 5, 31)), MARKET)
    assert ban.until == date(2036, 6, 1)
    assert compute_publicity(facts(categories=("警告",)), MARKET).state == "withheld"
    low = compute_publicity(facts(categories=("通报批评",)), MARKET)
    assert (low.state, low.until) == ("public", date(2026, 9, 1))


def test_a_licence_is_shown_as_long_as_it_is_valid() -> None:
    rule = RULES["publicity.licence", "1"]
    licence = compute_publicity(
        PublicityFacts(kind="licence", fact_on=date(2026, 1, 1), valid_until=date(2031, 1, 1)), rule
    )
    assert licence.until == date(2031, 1, 2)
    endless = compute_publicity(PublicityFacts(kind="licence", fact_on=date(2026, 1, 1)), rule)
    assert (endless.state, endless.until) == ("public", None)


@given(
    on=DAYS,
    kinds=KINDS,
    fine=st.integers(0, 10**9),
    summary=st.booleans(),
    person=st.booleans(),
    declared=st.none() | st.integers(-100, 4000),
)
def test_no_penalty_is_shown_longer_or_shorter_than_its_grade_allows(
    on: date, kinds: list[str], fine: int, summary: bool, person: bool, declared: int | None
) -> None:
    plan = compute_publicity(
        facts(
            fact_on=on,
            categories=tuple(kinds),
            fine_fen=fine,
            is_summary=summary,
            is_person=person,
            declared_end=None if declared is None else on + timedelta(days=declared),
        ),
        NEW,
    )
    terms = NEW.parameters["grades"][plan.grade]
    assert plan.repair_from is not None
    if plan.until is None:
        assert plan.state == "withheld"
        return
    assert plan.state == "public"
    last = plan.until - timedelta(days=1)
    assert months_after(on, terms["min_months"]) <= last <= months_after(on, terms["max_months"])


@given(on=DAYS, months=st.integers(0, 120))
def test_months_end_on_the_corresponding_day_or_the_months_last(on: date, months: int) -> None:
    end = months_after(on, months)
    assert (end.year * 12 + end.month) - (on.year * 12 + on.month) == months
    assert end.day == on.day or (end + timedelta(days=1)).day == 1
