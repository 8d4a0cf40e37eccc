"""Many at once: one wrong row and nothing is issued; what stops goes on where it stopped."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.errors import Refusal
from lingnan.kernel.tables import write_csv, write_xlsx
from lingnan.kernel.testing import check_routes, deliver_all, max_queries, race
from lingnan.security.audit.testing import client_of, with_actors
from lingnan.standards.codes.types import resident_id

from .. import services
from ..errors import BatchNotReady
from ..models import Batch, BatchRow, Licence, LicenceType
from ..testing import make_agency, make_type, officer_actor
from ..types import ISSUE, VIEW_LICENCES

pytestmark = pytest.mark.django_db
HEADER = ["持有人名称", "持有人证件号码", "有效期起", "有效期止", "来源编号", "经营项目"]


def number(sequence: int) -> str:
    return resident_id.build(
        region_code="009999", born_on=clock.today().replace(1990, 5, 17), sequence=sequence
    )


def rows(count: int = 3) -> list[list[str]]:
    return [
        ["陈美玲", number(n), "2026年11月23日", "2031-11-22", f"粤{n}", "热食"]
        for n in range(1, count + 1)
    ]


@pytest.fixture
def agency() -> UUID:
    return make_agency()


@pytest.fixture
def kind() -> LicenceType:
    return make_type(holder_kinds=["person"])


def plan(kind: LicenceType, agency: UUID, content: bytes, name: str = "t.csv") -> Batch:
    return services.plan_batch(
        content, file_name=name, type_code=kind.code, agency_id=agency, actor=SYSTEM, at=clock.now()
    )


def test_a_table_is_checked_then_issued(kind: LicenceType, agency: UUID) -> None:
    content = write_csv(HEADER, rows())
    batch = plan(kind, agency, content)
    assert (batch.state, batch.rows_count) == ("ready", 3)
    assert not Licence.objects.exists()
    assert plan(kind, agency, content).pk == batch.pk
    assert "陈美玲" not in BatchRow.objects.first().content_sealed  # type: ignore[union-attr]
    services.start_batch(batch_id=batch.pk, actor=SYSTEM, at=clock.now())
    deliver_all()
    batch.refresh_from_db()
    assert (batch.state, batch.done_count, batch.percent) == ("done", 3, 100)
    assert Licence.objects.count() == 3
    assert services.run_batch(batch_id=batch.pk, at=clock.now()) == 0


@pytest.mark.parametrize(
    "write",
    [
        lambda: write_xlsx(HEADER, rows(2)),
        lambda: json.dumps(
            [
                {
                    "holder_name": "陈美玲",
                    "holder_number": number(n),
                    "valid_from": "2026-11-23",
                    "valid_until": "2031-11-22",
                    "source_id": str(n),
                    "fields": {"business_scope": "热食"},
                }
                for n in (1, 2)
            ]
        ).encode(),
    ],
)
def test_workbooks_and_json_are_read_too(
    kind: LicenceType, agency: UUID, write: Callable[[], bytes]
) -> None:
    batch = plan(kind, agency, write())
    assert (batch.state, batch.rows_count) == ("ready", 2)


def test_one_wrong_row_and_nothing_is_issued(kind: LicenceType, agency: UUID) -> None:
    table = rows()
    right = number(2)[-1]
    table[1][1] = number(2)[:-1] + ("1" if right != "1" else "2")  # wrong check character
    table[2][4] = table[0][4]
    table.append(["陈", "", "morgen", "", "9", ""])
    batch = plan(kind, agency, write_csv(HEADER, table))
    assert (batch.state, batch.refused_count) == ("refused", 3)
    by_row = {row.number: {p["field"] for p in row.problems} for row in batch.rows.all()}
    assert by_row[2] == set()
    assert by_row[3] == {"holder_number"}
    assert by_row[4] == {"source_id"}
    assert {"holder_number", "valid_from"} <= by_row[5]
    with pytest.raises(BatchNotReady):
        services.start_batch(batch_id=batch.pk, actor=SYSTEM, at=clock.now())
    assert not Licence.objects.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"[1]", b'{"rows": 1}', b"[" * 100_000, write_csv(["x"], [["1"]]), b"\xff\xfe\x00"],
)
def test_what_is_no_table_is_refused(kind: LicenceType, agency: UUID, content: bytes) -> None:
    with pytest.raises(Refusal):
        plan(kind, agency, content)
    assert not Batch.objects.exists()


def test_a_stop_keeps_what_was_issued_and_goes_on(kind: LicenceType, agency: UUID) -> None:
    batch = plan(kind, agency, write_csv(HEADER, rows()))
    services.start_batch(batch_id=batch.pk, actor=SYSTEM, at=clock.now())
    seal = services.ensure_seal(agency, at=clock.now())
    services.suspend_seal(seal_id=seal.pk, ground="x", actor=SYSTEM, at=clock.now())
    assert services.run_batch(batch_id=batch.pk, at=clock.now()) == 0
    batch.refresh_from_db()
    assert batch.state == "stopped"
    assert batch.problem.startswith("2: ")
    type(seal).objects.filter(pk=seal.pk).update(state="active")
    services.start_batch(batch_id=batch.pk, actor=SYSTEM, at=clock.now())
    assert services.run_batch(batch_id=batch.pk, at=clock.now()) == 3
    batch.refresh_from_db()
    assert (batch.state, Licence.objects.count()) == ("done", 3)


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_issue_each_row_once() -> None:
    kind, agency = make_type(holder_kinds=["person"]), make_agency()
    batch = plan(kind, agency, write_csv(HEADER, rows(4)))
    services.start_batch(batch_id=batch.pk, actor=SYSTEM, at=clock.now())
    done = race([lambda: services.run_batch(batch_id=batch.pk, at=clock.now())] * 2)
    assert sum(count for count in done if isinstance(count, int)) == 4
    assert Licence.objects.count() == 4
    batch.refresh_from_db()
    assert (batch.state, batch.done_count) == ("done", 4)


def test_pages_and_api(settings: Any, kind: LicenceType, agency: UUID) -> None:
    with_actors(settings)
    issuer = client_of(officer_actor(agency, ISSUE, VIEW_LICENCES))
    clients = {
        "anonymous": Client(),
        "issuer": issuer,
        "viewer": client_of(officer_actor(agency, VIEW_LICENCES)),
        "elsewhere": client_of(officer_actor(make_agency(), ISSUE)),
    }
    table = SimpleUploadedFile("许可.csv", write_csv(HEADER, rows(1)))
    sent = issuer.post("/desk/licences/batches/", {"type_code": kind.code, "file": table})
    assert sent.status_code == 302, sent.content.decode()
    batch = Batch.objects.get()
    page, api = f"/desk/licences/batches/{batch.pk}/", f"/api/v1/licences/batches/{batch.pk}"
    desk = {"anonymous": 302, "issuer": 200, "viewer": 403, "elsewhere": 404}
    rest = {**desk, "anonymous": 401}
    check_routes(
        clients,
        [
            ("GET", "/desk/licences/batches/", {**desk, "elsewhere": 200}),
            ("GET", "/desk/licences/issue/", {**desk, "elsewhere": 200}),
            ("GET", page, desk),
            ("GET", page + "report.csv", desk),
            ("GET", page + "report.pdf", {"issuer": 404}),
            ("GET", f"/desk/licences/types/{kind.code}/template.xlsx", {**desk, "elsewhere": 200}),
            ("POST", page + "burn/", {"issuer": 404}),
            ("GET", "/api/v1/licences/batches", {**rest, "elsewhere": 200}),
            ("GET", api, rest),
            ("GET", api + "/rows", rest),
            ("GET", f"/api/v1/licences/types/{kind.code}/template", {"issuer": 200, "viewer": 403}),
            ("POST", api + "/start", {"anonymous": 401, "viewer": 403, "elsewhere": 404}),
            ("GET", "/api/v1/licences/grounds", {"anonymous": 200}),
        ],
    )
    with max_queries(6):
        issuer.get(page)
    assert issuer.post(api + "/start").json()["state"] == "running"
    assert "许可.csv" in issuer.get(page).content.decode()
    services.run_batch(batch_id=batch.pk, at=clock.now())
    assert Licence.objects.get().identifier in issuer.get(page + "?all=1").content.decode()
    assert issuer.post(page + "start/").status_code == 409
    upload = SimpleUploadedFile("t.csv", write_csv(HEADER, rows(2)))
    answer = issuer.post("/api/v1/licences/batches", {"type_code": kind.code, "file": upload})
    assert (answer.status_code, answer.json()["state"]) == (201, "refused")
    refused = f"/desk/licences/batches/{answer.json()['id']}/"
    told = issuer.get(refused).content.decode()
    assert "来源编号" in told and "source_id" not in told  # the column's heading, not our name
    assert f"{refused}drop/" not in told
    assert "来源编号" in issuer.get(f"{refused}report.csv").content.decode()
