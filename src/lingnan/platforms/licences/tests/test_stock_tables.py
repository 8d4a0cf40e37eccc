"""Plan 五（二）2（3）: long tables of old licences, read row by row, all in order or none taken."""

import tracemalloc
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS, Actor
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.tables import TableTooLarge, iter_table, read_table, write_csv, write_xlsx
from lingnan.kernel.testing import check_routes
from lingnan.platforms.documents.models import StoredFile
from lingnan.platforms.identity.testing import make_officer_actor, resident_number
from lingnan.security.audit.testing import client_of, with_actors
from lingnan.standards.agencies import queries as agencies

from .. import rows, services
from ..errors import StockTableEnded, StockTableLeft, StockTableNotStopped, StockTableUnknown
from ..models import LicenceType, StockEntry, StockTable
from ..services import stock_tables
from ..testing import make_agency, officer_actor, type_content
from ..types import BRING_IN, HolderGiven

pytestmark = pytest.mark.django_db
HEADER = ["持有人类型", "持有人名称", "持有人证件号码", "有效期起", "来源编号", "经营项目"]


@pytest.fixture
def agency() -> UUID:
    return make_agency()


@pytest.fixture
def officer(agency: UUID) -> Actor:
    return clerk_of(agency)


def clerk_of(agency: UUID) -> Actor:
    """An officer who is in the register: the job asks for his rights again."""
    roles = apps.get_model("identity", "Role")._default_manager
    roles.get_or_create(
        code="stock_clerk", defaults={"name": {"zh-hans": "窗口"}, "permissions": [BRING_IN]}
    )
    return make_officer_actor("stock_clerk", agency_id=agency)


@pytest.fixture
def kind(agency: UUID) -> LicenceType:
    content = type_content(key="old_permit", effective_from="2015-01-01")
    content["code"] = f"{agencies.agency(agency).uscc}701"
    return services.define_type(content, at=clock.now())


def lines(count: int) -> list[list[str]]:
    return [
        ["个人", f"陈{number}", resident_number(), "2023-01-01", f"旧-{number}", "热食"]
        for number in range(count)
    ]


def start(officer: Actor, kind: LicenceType, content: bytes) -> StockTable:
    assert officer.agency_id is not None
    return services.start_table(
        content, file_name="旧证.csv", actor=officer, agency_id=officer.agency_id,
        type_code=kind.code, at=clock.now(),
    )  # fmt: skip


def run(table: StockTable) -> StockTable:
    services.run_table(table_id=table.pk, at=clock.now())
    return StockTable.objects.get(pk=table.pk)


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_a_long_table_is_taken_in_runs_and_its_file_forgotten(
    officer: Actor, kind: LicenceType, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_tables, "RUN", 2)
    content = write(HEADER, lines(5))
    table = start(officer, kind, content)
    assert start(officer, kind, content).pk == table.pk  # the same, under way
    done = run(table)
    assert (done.state, done.rows_count, done.done_count) == ("done", 5, 5)
    assert StockEntry.objects.count() == 5
    assert done.file_id is None
    assert not StoredFile.objects.filter(owner_kind=stock_tables.OWNER).exists()
    assert services.run_table(table_id=table.pk, at=clock.now()) == 0
    entry = StockEntry.objects.first()
    assert entry is not None and entry.brought_by == officer.name
    again = run(start(officer, kind, content))
    assert (again.state, StockEntry.objects.count()) == ("done", 5)  # nothing is taken twice


def test_with_one_wrong_row_nothing_is_taken_and_each_is_named(
    officer: Actor, kind: LicenceType
) -> None:
    table = lines(4)
    table[1][3] = "昨天"
    table[3][4] = table[0][4]
    table[2][5] = ""
    done = run(start(officer, kind, write_csv(HEADER, table)))
    assert (done.state, done.problems_count, done.done_count) == ("refused", 3, 0)
    found = [(one["row"], one["field"]) for one in done.problems]
    assert found == [(3, "valid_from"), (4, "business_scope"), (5, "source_id")]
    assert not StockEntry.objects.exists()


def test_what_is_wrong_is_fetched_as_a_table(
    settings: Any, officer: Actor, agency: UUID, kind: LicenceType
) -> None:
    with_actors(settings)
    wrong = lines(3)
    wrong[1][3] = "去年"
    table = run(start(officer, kind, write_csv(HEADER, wrong)))
    client = client_of(officer_actor(agency, BRING_IN))
    page = f"/desk/licences/stock/tables/{table.pk}/"
    assert page + "report.xlsx" in client.get(page).content.decode()
    for form in ("csv", "xlsx"):
        head, *told = read_table(client.get(f"{page}report.{form}").content)
        assert head == ["行号", "字段", "问题"]
        assert [(row[0], row[1], bool(row[2])) for row in told] == [("3", "有效期起", True)]
    assert client.get(page + "report.pdf").status_code == 404
    elsewhere = client_of(officer_actor(make_agency(), BRING_IN))
    assert elsewhere.get(page + "report.csv").status_code == 404


def test_it_stops_with_its_row_and_goes_on_from_there(
    officer: Actor, kind: LicenceType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_tables, "RUN", 2)
    table = lines(5)
    assert officer.agency_id is not None
    other = services.bring_in(
        actor=officer, agency_id=officer.agency_id, type_code=kind.code,
        holder=HolderGiven(kind="person", name="李某", number=resident_number()),
        fields={"business_scope": "冷食"}, valid_from=date(2020, 1, 1), valid_until=None,
        source_id="旧-3", at=clock.now(),
    )  # fmt: skip
    stopped = run(start(officer, kind, write_csv(HEADER, table)))
    assert (stopped.state, stopped.done_count) == ("stopped", 2)
    assert "5" in stopped.problem and "旧-3" in stopped.problem
    assert StockEntry.objects.count() == 3
    StockEntry.objects.filter(pk=other.pk).update(source_id="另-3")
    services.resume_table(actor=officer, table_id=stopped.pk, at=clock.now())
    done = run(stopped)
    assert (done.state, done.done_count, StockEntry.objects.count()) == ("done", 5, 6)
    with pytest.raises(StockTableNotStopped):
        services.resume_table(actor=officer, table_id=done.pk, at=clock.now())


def stopped_table(officer: Actor, kind: LicenceType) -> StockTable:
    """Two rows taken, the third refused: its source number has other contents."""
    assert officer.agency_id is not None
    services.bring_in(
        actor=officer, agency_id=officer.agency_id, type_code=kind.code,
        holder=HolderGiven(kind="person", name="李某", number=resident_number()),
        fields={"business_scope": "冷食"}, valid_from=date(2020, 1, 1), valid_until=None,
        source_id="旧-3", at=clock.now(),
    )  # fmt: skip
    table = run(start(officer, kind, write_csv(HEADER, lines(5))))
    assert (table.state, table.done_count) == ("stopped", 2)
    return table


def test_one_that_stopped_is_given_up_and_can_be_sent_anew(
    officer: Actor, kind: LicenceType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_tables, "RUN", 2)
    stopped = stopped_table(officer, kind)
    elsewhere = officer_actor(make_agency(), BRING_IN)
    with pytest.raises(StockTableUnknown):
        services.drop_table(actor=elsewhere, table_id=stopped.pk, at=clock.now())
    given_up = services.drop_table(actor=officer, table_id=stopped.pk, at=clock.now())
    assert (given_up.state, given_up.ended_by, given_up.file_id) == ("dropped", officer.name, None)
    assert StockEntry.objects.count() == 3  # what was taken stays
    assert not StoredFile.objects.filter(owner_kind=stock_tables.OWNER).exists()
    assert services.run_table(table_id=stopped.pk, at=clock.now()) == 0
    with pytest.raises(StockTableEnded):
        services.drop_table(actor=officer, table_id=stopped.pk, at=clock.now())
    with pytest.raises(StockTableNotStopped):
        services.resume_table(actor=officer, table_id=stopped.pk, at=clock.now())
    again = start(officer, kind, write_csv(HEADER, lines(2)))
    assert again.pk != stopped.pk


def test_one_given_up_while_its_job_is_at_it_is_taken_no_further(
    officer: Actor, kind: LicenceType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_tables, "RUN", 2)
    table = start(officer, kind, write_csv(HEADER, lines(5)))
    real, runs = services.bring_in, []

    def bring_in(**given: Any) -> StockEntry:
        runs.append(given["source_id"])
        made = real(**given)
        if len(runs) == 2:  # the run under way is kept, the next finds the table given up
            StockTable.objects.filter(pk=table.pk).update(state="dropped")
        return made

    monkeypatch.setattr(stock_tables, "bring_in", bring_in)
    done = run(table)
    assert (done.state, done.done_count, StockEntry.objects.count()) == ("dropped", 2, 2)


def test_who_may_bring_in_no_more_takes_no_further_run_and_another_goes_on(
    officer: Actor, kind: LicenceType
) -> None:
    table = start(officer, kind, write_csv(HEADER, lines(3)))
    grants = apps.get_model("identity", "RoleGrant")._default_manager
    grants.filter(officer_id=str(officer.officer_id)).update(valid_until=date(2026, 1, 1))
    stopped = run(table)
    assert (stopped.state, stopped.done_count) == ("stopped", 0)
    assert str(StockTableLeft.message) in stopped.problem
    assert not StockEntry.objects.exists()
    assert officer.agency_id is not None
    other = clerk_of(officer.agency_id)
    services.resume_table(actor=other, table_id=table.pk, at=clock.now())
    done = run(table)
    assert (done.state, done.done_count) == ("done", 3)
    assert set(StockEntry.objects.values_list("brought_by_account", flat=True)) == {
        other.account_id
    }


def test_a_run_waits_for_the_lock_of_its_table(officer: Actor, kind: LicenceType) -> None:
    table = start(officer, kind, write_csv(HEADER, lines(2)))
    with CaptureQueriesContext(connection) as asked:
        run(table)
    locks = [
        one["sql"] for one in asked.captured_queries
        if "FOR UPDATE" in one["sql"] and "stocktable" in one["sql"]
    ]  # fmt: skip
    assert len(locks) == 3  # the end of the check, the run, the end


def test_only_who_may_and_within_reach(officer: Actor, kind: LicenceType) -> None:
    elsewhere = officer_actor(make_agency(), BRING_IN)
    table = start(officer, kind, write_csv(HEADER, lines(1)))
    with pytest.raises(StockTableUnknown):
        services.resume_table(actor=elsewhere, table_id=table.pk, at=clock.now())
    assert officer.agency_id is not None
    with pytest.raises(Forbidden):
        services.start_table(
            b"x", file_name="x", actor=elsewhere, agency_id=officer.agency_id,
            type_code=kind.code, at=clock.now(),
        )  # fmt: skip


def test_however_long_a_table_a_row_at_a_time_is_held() -> None:
    cells = ["个人", "陈某", "x" * 18, "2023-01-01", "1", "热食"]
    content = write_csv(HEADER, (cells for _number in range(60_000)))
    tracemalloc.start()
    try:
        count = sum(1 for _row in iter_table(content, rows_max=200_000))
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 60_001
    assert peak < 2 * len(content) + 3_000_000  # the bytes, and nothing that grows with the rows
    assert rows.is_long(content)
    assert not rows.is_long(write_csv(HEADER, lines(3)))
    assert not rows.is_long(b"[]")
    with pytest.raises(TableTooLarge):
        list(iter_table(content, rows_max=100))


def test_pages_and_api(
    settings: Any, officer: Actor, kind: LicenceType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_actors(settings)
    monkeypatch.setattr(rows, "ROWS_MAX", 2)
    clients = {
        "anonymous": client_of(ANONYMOUS),
        "officer": client_of(officer),
        "elsewhere": client_of(officer_actor(make_agency(), BRING_IN)),
        "other": client_of(officer_actor(make_agency())),
    }
    file = SimpleUploadedFile("长表.csv", write_csv(HEADER, lines(3)))
    sent = clients["officer"].post("/desk/licences/stock/", {"type_code": kind.code, "file": file})
    given_up = StockTable.objects.get()
    page = f"/desk/licences/stock/tables/{given_up.pk}/"
    assert clients["elsewhere"].post(page, {"act": "drop"}).status_code == 404
    assert "放弃" in clients["officer"].get(page).content.decode()
    assert clients["officer"].post(page, {"act": "drop"})["Location"] == page
    assert officer.name in clients["officer"].get(page).content.decode()
    file = SimpleUploadedFile("长表.csv", write_csv(HEADER, lines(3)))
    sent = clients["officer"].post("/desk/licences/stock/", {"type_code": kind.code, "file": file})
    table = StockTable.objects.exclude(pk=given_up.pk).get()
    page = f"/desk/licences/stock/tables/{table.pk}/"
    assert sent["Location"] == page
    api = "/api/v1/licences/stock/tables"
    reach = {"anonymous": 401, "officer": 200, "elsewhere": 404, "other": 403}
    check_routes(
        clients,
        [
            ("GET", page, {**reach, "anonymous": 302}),
            ("POST", page, {**reach, "anonymous": 302, "officer": 409}),
            ("GET", api, {**reach, "elsewhere": 200}),
            ("GET", f"{api}/{table.pk}", reach),
            ("POST", f"{api}/{table.pk}/resume", {**reach, "officer": 409}),
            ("POST", f"{api}/{given_up.pk}/drop", {**reach, "officer": 409}),
        ],
    )
    run(table)
    answer = clients["officer"].get(f"{api}/{table.pk}").json()
    assert (answer["state"], answer["done"], answer["wrong_rows"]) == ("done", 3, 0)
    assert "长表.csv" in clients["officer"].get("/desk/licences/stock/").content.decode()
    file = SimpleUploadedFile("b.csv", write_csv(HEADER, lines(1)))
    made = clients["officer"].post(api, {"file": file, "type_code": kind.code})
    assert (made.status_code, made.json()["state"]) == (202, "checking")
    denied = clients["other"].post(api, {"file": file, "type_code": kind.code})
    assert denied.status_code == 403
