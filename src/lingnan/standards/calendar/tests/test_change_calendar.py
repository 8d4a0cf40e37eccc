"""Publishing a year, closing a division, loading the shipped years."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from lingnan.kernel.actors import ANONYMOUS, SYSTEM, Actor, Grant
from lingnan.kernel.errors import Forbidden, Refusal
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import race
from lingnan.standards.calendar import errors, queries, services
from lingnan.standards.calendar.models import PublishedYear, WorkdayOverride
from lingnan.standards.calendar.testing import make_year_2027
from lingnan.standards.calendar.types import MANAGE_CALENDAR, SpecialDay, Workdays

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SHENZHEN = "440300000000"


def steward(region_path: str = "") -> Actor:
    grant = Grant(
        role="item_steward", permissions=frozenset({MANAGE_CALENDAR}), region_path=region_path
    )
    return Actor(kind="officer", name="历法员", grants=(grant,))


def publish_2027(actor: Actor = SYSTEM, **changes: Any) -> PublishedYear:
    arguments: dict[str, Any] = {
        "actor": actor,
        "year": 2027,
        "days": make_year_2027(),
        "source_doc": "试验文号〔2026〕1号",
        "at": AT,
        **changes,
    }
    return services.publish_year(**arguments)


def close(actor: Actor = SYSTEM, **changes: Any) -> int:
    arguments: dict[str, Any] = {
        "actor": actor,
        "region_code": SHENZHEN,
        "first_on": date(2026, 9, 28),
        "last_on": date(2026, 9, 30),
        "name": "台风停工",
        "source_doc": "深圳市三防指挥部令",
        "at": AT,
        **changes,
    }
    return services.record_closure(**arguments)


@pytest.mark.django_db
def test_publishing_a_year_makes_its_deadlines_final_and_moves_them() -> None:
    before = queries.add_workdays(date(2026, 12, 21), Workdays(30))
    assert before.provisional
    publish_2027(steward())
    queries.refresh()
    after = queries.add_workdays(date(2026, 12, 21), Workdays(30))
    assert not after.provisional
    assert after.on != before.on or queries.last_published_year() == 2027
    assert queries.is_workday(date(2027, 2, 20))
    assert not queries.is_workday(date(2027, 2, 8))
    event = OutboxEvent.objects.get(name="calendar.published")
    assert event.payload["year"] == 2027
    assert event.payload["revision"] == 1
    assert event.payload["version"] == queries.version()


@pytest.mark.django_db
def test_publishing_again_replaces_the_year() -> None:
    publish_2027()
    fewer = [day for day in make_year_2027() if day.on != date(2027, 6, 9)]
    assert publish_2027(days=fewer).revision == 2
    queries.refresh()
    assert queries.is_workday(date(2027, 6, 9))
    assert WorkdayOverride.objects.filter(date__year=2027).count() == len(fewer)


@pytest.mark.django_db
def test_the_present_year_can_be_amended() -> None:
    days = [day for day in queries.special_days(2026) if day.on != date(2026, 10, 7)]
    assert publish_2027(year=2026, days=days).revision == 2
    queries.refresh()
    assert queries.is_workday(date(2026, 10, 7))
    assert queries.is_workday(date(2026, 9, 20))


DAY = SpecialDay(on=date(2027, 3, 6), is_workday=True, kind="swapped_workday", name="补班")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"year": 2025}, errors.YearPast),
        ({"year": 2029, "days": []}, errors.YearIncomplete),
        ({"days": []}, errors.YearIncomplete),
        ({"source_doc": " "}, errors.YearIncomplete),
        ({"days": [*make_year_2027(), DAY, DAY]}, errors.YearIncomplete),
        (
            {"days": [d for d in make_year_2027() if d.on != date(2027, 10, 2)][:-1]},
            None,
        ),
        (
            {"days": [d for d in make_year_2027() if d.on != date(2027, 10, 1)]},
            errors.YearIncomplete,
        ),
    ],
)
def test_what_is_not_a_years_arrangement_is_refused(
    changes: dict[str, Any], refusal: type[Refusal] | None
) -> None:
    if refusal is None:  # 2027-10-02 is a Saturday: rest without being listed
        publish_2027(**changes)
        return
    with pytest.raises(refusal):
        publish_2027(**changes)
    assert not PublishedYear.objects.exists()
    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db
def test_years_are_published_in_order() -> None:
    days = [
        SpecialDay(
            on=day.on.replace(year=2029),
            is_workday=False,
            kind="holiday",
            name=day.name,
        )
        for day in make_year_2027()
        if not day.is_workday
    ]
    with pytest.raises(errors.YearTooFar):
        publish_2027(year=2029, days=days)


@pytest.mark.django_db
@pytest.mark.parametrize("actor", [ANONYMOUS, steward("440000000000/440300000000/")])
def test_only_who_reaches_the_province_publishes_a_year(actor: Actor) -> None:
    with pytest.raises(Forbidden):
        publish_2027(actor)
    assert not PublishedYear.objects.exists()


@pytest.mark.django_db
def test_a_typhoon_closes_its_city_and_what_lies_below_and_nothing_else() -> None:
    assert close(steward("440000000000/440300000000/")) == 3
    queries.refresh()
    day = date(2026, 9, 29)
    assert not queries.is_workday(day, region_code=SHENZHEN)
    assert not queries.is_workday(day, region_code="440305001000")
    assert not queries.is_workday(day, region_code="440000000000/440300000000/440305000000/")
    assert queries.is_workday(day)
    assert queries.is_workday(day, region_code="440100000000")
    start, limit = date(2026, 9, 24), Workdays(5)
    assert queries.add_workdays(start, limit).on == date(2026, 10, 9)
    shenzhen = queries.add_workdays(start, limit, region_code=SHENZHEN).on
    assert shenzhen == date(2026, 10, 13)
    event = OutboxEvent.objects.get(name="calendar.closure_recorded")
    assert event.payload["region_code"] == SHENZHEN


@pytest.mark.django_db
def test_a_closure_over_days_of_rest_marks_only_working_days() -> None:
    assert close(first_on=date(2026, 9, 30), last_on=date(2026, 10, 8)) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"last_on": date(2026, 9, 27)}, errors.ClosureMalformed),
        ({"last_on": date(2027, 9, 27)}, errors.ClosureMalformed),
        ({"name": " "}, errors.ClosureMalformed),
        ({"source_doc": ""}, errors.ClosureMalformed),
        ({"region_code": "4403"}, errors.ClosureMalformed),
        ({"actor": steward("440000000000/440100000000/")}, Forbidden),
        ({"actor": steward("440000000000/440300000000/"), "region_code": ""}, Forbidden),
    ],
)
def test_a_wrong_closure_is_refused(changes: dict[str, Any], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        close(**changes)
    assert not WorkdayOverride.objects.exists()


@pytest.mark.django_db
def test_a_day_is_closed_once() -> None:
    close()
    with pytest.raises(errors.ClosureExists):
        close(first_on=date(2026, 9, 30), last_on=date(2026, 9, 30))


@pytest.mark.django_db
def test_a_closure_outlives_the_publication_of_its_year() -> None:
    publish_2027()
    close(region_code="", first_on=date(2027, 3, 1), last_on=date(2027, 3, 1))
    publish_2027()
    queries.refresh()
    assert not queries.is_workday(date(2027, 3, 1))


@pytest.mark.django_db
def test_loading_the_shipped_years_changes_no_answer_and_is_done_once() -> None:
    before = [queries.is_workday(date(y, 10, d)) for y in (2004, 2026) for d in range(1, 10)]
    assert services.load_calendar(at=AT) == 23
    assert services.load_calendar(at=AT) == 0
    queries.refresh()
    assert WorkdayOverride.objects.count() == 769
    assert before == [
        queries.is_workday(date(y, 10, d)) for y in (2004, 2026) for d in range(1, 10)
    ]


@pytest.mark.django_db(transaction=True)
def test_two_stewards_closing_one_day_mark_it_once() -> None:
    answers = race([close, close])
    assert sorted(str(type(answer).__name__) for answer in answers) == ["ClosureExists", "int"]
    assert WorkdayOverride.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_change_is_seen_without_being_told() -> None:
    """Another process knows by the version row alone, within a second."""
    assert queries.is_workday(date(2026, 9, 29), region_code=SHENZHEN)
    close()
    assert not queries.is_workday(date(2026, 9, 29), region_code=SHENZHEN)
