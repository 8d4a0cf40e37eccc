"""The six indicators by their definitions; null where nothing divides. Plan 七（三）2."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingnan.kernel.testing import max_queries
from lingnan.standards.regions.testing import make_small_tree

from .. import queries, services
from ..models import CaseFact, ItemFact, Snapshot
from ..types import INDICATORS, Code, Period, Scope, ratio

GUANGZHOU = "440000000000/440100000000/"
TIANHE = f"{GUANGZHOU}440106000000/"
SHENZHEN = "440000000000/440300000000/440305000000/"
SEPTEMBER = Period(since=date(2026, 9, 1), until=date(2026, 10, 1))
AGENCY = UUID(int=1)


def item(code: str, **more: Any) -> ItemFact:
    values: dict[str, Any] = {
        "name": {"zh-hans": code},
        "agency_id": AGENCY,
        "region_path": TIANHE,
        "statutory_workdays": 20,
        "promised_workdays": 5,
        "has_licence": True,
        "is_online": True,
        **more,
    }
    return ItemFact.objects.create(code31=code, **values)


def case(code: str, **more: Any) -> CaseFact:
    values: dict[str, Any] = {
        "agency_id": AGENCY,
        "region_path": TIANHE,
        "channel": "web",
        "submitted_on": date(2026, 9, 2),
        "accepted_on": date(2026, 9, 3),
        "decided_on": date(2026, 9, 10),
        "concluded_on": date(2026, 9, 11),
        "result": "granted",
        "workdays_used": 5,
        **more,
    }
    return CaseFact.objects.create(case_id=uuid4(), item_code=code, **values)


def value(code: Code, path: str = "", **scope: Any) -> tuple[float, float, int]:
    figure = queries.figure(code, Scope(region_path=path, **scope), SEPTEMBER)
    return figure.numerator, figure.denominator, figure.excluded


@pytest.mark.django_db
def test_with_no_facts_every_indicator_is_null_and_not_zero() -> None:
    figures = queries.figures(Scope(), SEPTEMBER)
    assert [figure.code for figure in figures] == [entry.code for entry in INDICATORS]
    assert all(figure.value is None for figure in figures)


@pytest.mark.django_db
def test_coverage_counts_matters_with_a_case_in_the_period() -> None:
    for code in ("A", "B", "C"):
        item(code)
    item("D", is_in_force=False)
    case("A"), case("A"), case("B", submitted_on=date(2026, 8, 31)), case("D")
    assert value(Code.COVERAGE) == (1, 3, 1)


@pytest.mark.django_db
def test_online_leaves_out_void_cases_and_counts_no_visit() -> None:
    item("A")
    case("A"), case("A", channel="window"), case("A", visits=1)
    (
        case("A", result="voided"),
        case("A", concluded_on=date(2026, 10, 1)),
        case("A", result="denied"),
    )
    assert value(Code.ONLINE) == (2, 4, 1)


@pytest.mark.django_db
def test_compression_sums_days_and_shows_the_mean_and_what_really_happened() -> None:
    item("A", statutory_workdays=20, promised_workdays=10)
    item("B", statutory_workdays=10, promised_workdays=1)
    item("C", statutory_workdays=None), item("D", statutory_workdays=0, promised_workdays=0)
    case("A", workdays_used=5), case("A", workdays_used=15), case("C", workdays_used=1)
    figure = queries.figure(Code.COMPRESSION, Scope(), SEPTEMBER)
    assert (figure.numerator, figure.denominator, figure.excluded) == (19, 30, 2)
    assert figure.value == pytest.approx(63.333, abs=0.01)
    mean, actual = figure.parts
    assert mean.value == pytest.approx((50 + 90) / 2)
    assert actual.value == pytest.approx(50.0)


@pytest.mark.django_db
def test_licences_count_matters_by_issue_and_by_use() -> None:
    for code in ("A", "B", "C"):
        item(code)
    item("N", has_licence=False)
    case("A", licence_issued_on=date(2026, 9, 10)), case("A")
    case("B", licences_used=2), case("C"), case("N")
    figure = queries.figure(Code.LICENCES, Scope(), SEPTEMBER)
    assert (figure.numerator, figure.denominator, figure.excluded) == (2, 3, 1)
    assert [part.numerator for part in figure.parts] == [1, 1]


@pytest.mark.django_db
def test_a_scope_narrows_by_region_agency_and_item() -> None:
    item("A"), item("S", region_path=SHENZHEN)
    case("A"), case("S", region_path=SHENZHEN, agency_id=UUID(int=2))
    assert value(Code.ONLINE)[1] == 2
    assert value(Code.ONLINE, GUANGZHOU)[1] == 1
    assert value(Code.ONLINE, TIANHE, item_code="S")[1] == 0
    assert value(Code.ONLINE, "", agency_id=str(UUID(int=2)))[1] == 1


@pytest.mark.django_db
def test_totals_ask_twice_and_leave_out_excluded_ratings() -> None:
    case("A", rating=1), case("A", rating=5), case("A", rating=5, is_rating_excluded=True)
    case("A", concluded_on=None, result="", promised_due_on=date(2026, 9, 4))
    with max_queries(2):
        found = queries.totals(Scope(), SEPTEMBER, today=date(2026, 9, 5))
    assert (found.submitted, found.concluded, found.open, found.overdue) == (4, 3, 1, 1)
    assert (found.rated, found.satisfied) == (2, 1)
    assert found.satisfaction == 50


@pytest.mark.django_db
def test_a_frozen_month_never_changes_and_is_frozen_once() -> None:
    make_small_tree()
    item("A"), case("A")
    assert services.freeze_month(date(2026, 9, 15)) == 6 * Snapshot.objects.count() / 6
    before = Snapshot.objects.count()
    case("A", channel="window")
    assert services.freeze_month(date(2026, 9, 15)) == 0
    assert Snapshot.objects.count() == before
    months = queries.trend(Code.ONLINE, TIANHE, months=2, until=date(2026, 10, 5))
    assert [(month, figure.denominator) for month, figure in months] == [
        (date(2026, 9, 1), 1.0),
        (date(2026, 10, 1), 0),
    ]


@pytest.mark.django_db
def test_a_past_month_without_cases_has_no_figure_even_where_lists_do() -> None:
    item("A"), case("A")
    months = queries.trend(Code.COMPRESSION, TIANHE, months=3, until=date(2026, 10, 5))
    assert [(month.month, figure.value) for month, figure in months] == [
        (8, None),
        (9, 75.0),
        (10, 75.0),
    ]


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_ratio_is_null_exactly_on_a_zero_denominator(above: float, below: float) -> None:
    assert (ratio(above, below) is None) == (below == 0)
