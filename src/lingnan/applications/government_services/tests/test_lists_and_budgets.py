"""Lists stay flat and pages cheap: query budgets, keyset pages, index use."""

import pytest
from django.db import connection

from lingnan.kernel import clock
from lingnan.kernel.testing import max_queries
from lingnan.platforms.identity.testing import make_officer_actor

from .. import access, queries, services
from ..models import Case
from ..queries import CaseFilters
from ..testing import ANSWERS, bulk_cases, make_case, make_setting, upload
from ..types import READ

pytestmark = pytest.mark.django_db

SUBMIT_QUERIES_MAX = 22
"""Everything the product writes for a case: case, material, number, process, task, timer, timeline,
audit and events, with what has to be read. A rise needs a reason."""


def test_submitting_keeps_its_budget() -> None:
    setting = make_setting()
    make_case(setting)  # fills what a process keeps in memory
    given = [upload(setting)]
    with max_queries(SUBMIT_QUERIES_MAX):
        services.submit_case(
            actor=setting.applicant,
            item_code=setting.item.code31,
            data=ANSWERS,
            given=given,
            at=clock.now(),
        )


def test_a_list_is_one_query_and_every_case_comes_once() -> None:
    setting = make_setting()
    bulk_cases(setting, 130)
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(20):
        with max_queries(1):
            page = queries.list_cases(setting.clerk, cursor=cursor)
            seen += [case.number for case in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 130
    stamps = list(Case.objects.filter(number__in=seen[:20]).values_list("submitted_at", flat=True))
    assert min(stamps) >= Case.objects.get(number=seen[20]).submitted_at


def test_filters_narrow() -> None:
    setting = make_setting()
    bulk_cases(setting, 50)
    clerk = setting.clerk
    running = queries.list_cases(clerk, CaseFilters(is_open=True), limit=100)
    assert {case.state for case in running.items} == {"review"}
    assert len(running.items) == 5
    one = running.items[0]
    assert len(queries.list_cases(clerk, CaseFilters(number=one.number)).items) == 1
    assert not queries.list_cases(clerk, CaseFilters(item_code="0" * 31)).items
    assert len(queries.list_cases(clerk, CaseFilters(state="delivered"), limit=100).items) == 45
    stranger = make_officer_actor("window_clerk", region_code="440305000000")
    assert queries.list_cases(stranger).items == []


def test_own_cases_are_the_principals() -> None:
    setting = make_setting()
    bulk_cases(setting, 30, applicant_id=setting.applicant.person_id)
    assert len(queries.my_cases(setting.applicant, limit=100).items) == 30
    assert len(queries.my_cases(setting.applicant, is_open=True, limit=100).items) == 3
    assert queries.list_cases(setting.applicant).items == []


@pytest.mark.parametrize("reach", ["agency", "county", "city"])
def test_the_newest_cases_come_from_an_index_in_order(reach: str) -> None:
    setting = make_setting()
    bulk_cases(setting, 3000)
    officer = {
        "agency": lambda: setting.approver,
        "county": lambda: make_officer_actor("leader", region_code="440106000000"),
        "city": lambda: make_officer_actor("leader", region_code="440100000000"),
    }[reach]()
    rows = Case.objects.filter(access.in_reach(officer, READ)).order_by("-submitted_at", "-id")
    with connection.cursor() as cursor:
        sql, parameters = rows[:20].query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", parameters)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan" in plan, plan
    assert "Seq Scan" not in plan, plan


def test_the_case_page_and_the_file_keep_their_budgets() -> None:
    setting = make_setting()
    case = make_case(setting)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=clock.now())
    with max_queries(16):
        view = queries.case_view(setting.applicant, case.pk, at=clock.now())
    assert view.waiting_for[0].who
    assert view.can_withdraw and not view.can_rate
    with max_queries(20):
        file = queries.case_file(setting.handler, case.pk, at=clock.now())
    assert [step.step_id for step in file.own_steps] == ["review"]
