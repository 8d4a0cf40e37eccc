"""Each figure counts the very rows it opens, within the reader's reach, in the right unit."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from lingnan.kernel.testing import check_routes
from lingnan.platforms.identity.testing import client_for, make_officer_actor, make_person_actor
from lingnan.standards.agencies.testing import make_agency

from .. import queries, services
from ..models import JointMeasure, Objection, Repair
from ..testing import NOW, deliver, finish_step, make_office, make_source, penalty_row, person_row
from ..types import OBJECTION_SUBJECT
from .test_rosters import AFTER, firm_and_record, listed

pytestmark = pytest.mark.django_db


def numbers(actor: object, at: datetime = NOW) -> dict[str, tuple[int, float | None]]:
    found = queries.figures(actor, month=at.date(), at=at)  # type: ignore[arg-type]
    return {figure.kind.code: (figure.count, figure.percent) for figure in found}


def test_intake_is_on_time_within_seven_working_days_and_fines_are_in_wan() -> None:
    office = make_office()
    source = make_source()
    deliver(source, penalty_row(source, CF_NR_FK="12.500000"))  # decided a week ago
    deliver(source, penalty_row(source, CF_JDRQ="2026/10/12", CF_NR_FK="0.3"))
    other = make_source(agency_id=make_agency("fire").id)
    deliver(other, penalty_row(other))
    leader = make_officer_actor("leader", agency_id=source.agency_id)
    found = numbers(leader)
    assert found["reported"] == (2, None)
    assert (found["on_time"], found["late"]) == ((1, 50.0), (1, 50.0))
    assert numbers(office["officer"])["reported"][0] == 3  # the county reaches both
    fines = next(
        figure
        for figure in queries.figures(leader, month=NOW.date(), at=NOW)
        if figure.kind.code == "fines"
    )
    assert fines.amount_fen == 12_800_000
    page = client_for(leader).get("/desk/credit/figures/?month=2026-11").content.decode()
    assert "12.8万元" in page and "50.0%" in page
    assert numbers(leader, datetime(2026, 9, 1, tzinfo=UTC))["reported"] == (0, None)


def test_appeals_in_and_over_their_clocks_and_measures_without_feedback() -> None:
    office = make_office()
    owner, record = firm_and_record()
    entry = listed(office, record)
    objection = services.open_objection(
        actor=owner, record_id=record.pk, ground="wrong", text="有误", files=[], at=AFTER
    )
    officer = office["officer"]
    assert numbers(officer, AFTER)["objections"][0] == 1
    assert numbers(officer, AFTER)["objections_overdue"][0] == 0
    late = AFTER + timedelta(days=40)
    assert numbers(officer, late)["objections_overdue"][0] == 1
    finish_step(OBJECTION_SUBJECT, objection.pk, "forward", "refuse", actor=officer, at=AFTER)
    settled = numbers(officer, AFTER)
    assert settled["objections_settled"][0] == 1
    assert settled["objections_in_clock"] == (1, 100.0)
    pushed = JointMeasure.objects.filter(entry=entry).count()
    assert settled["pushed"][0] == settled["silent"][0] == pushed > 0
    assert office["reporter"].agency_id is not None
    mine = JointMeasure.objects.filter(agency_id=office["reporter"].agency_id).first()
    assert mine is not None
    services.give_feedback(
        actor=office["reporter"],
        measure_id=mine.pk,
        action="applied",
        reference="440106-1",
        note="",
        at=AFTER,
    )
    answered = numbers(officer, AFTER)
    assert (answered["answered"][0], answered["silent"][0]) == (1, pushed - 1)


def test_every_number_is_the_number_of_its_rows() -> None:
    office = make_office()
    owner, record = firm_and_record()
    listed(office, record)
    services.open_objection(
        actor=owner, record_id=record.pk, ground="wrong", text="有误", files=[], at=NOW
    )
    officer = office["officer"]
    for code, (count, _percent) in numbers(officer).items():
        kind = queries.figure_kind(code)
        assert kind is not None
        rows = queries.figure_rows(kind, officer, month=NOW.date(), at=NOW, limit=100)
        assert len(rows.items) == count, code
    assert Objection.objects.count() == 1 and not Repair.objects.exists()


def test_routes_and_persons_are_masked() -> None:
    office = make_office()
    source = make_source()
    person = deliver(source, person_row(source, name="王小测"))
    clients = {
        "anonymous": Client(),
        "person": client_for(make_person_actor()),
        "reporter": client_for(office["reporter"]),
        "leader": client_for(make_officer_actor("leader", agency_id=source.agency_id)),
        "credit": client_for(office["officer"]),
    }

    def all_of(*statuses: int) -> dict[str, int]:
        return dict(zip(clients, statuses, strict=True))

    may = all_of(302, 403, 403, 200, 200)
    api = all_of(401, 403, 403, 200, 200)
    check_routes(
        clients,
        [
            ("GET", "/desk/credit/figures/", may),
            ("GET", "/desk/credit/figures/late/?month=2026-11", may),
            ("GET", "/desk/credit/figures/invented/", all_of(302, 403, 403, 404, 404)),
            ("GET", "/desk/credit/figures/?month=13", all_of(302, 403, 403, 422, 422)),
            ("GET", "/desk/credit/figures/?month=9999-12", all_of(302, 403, 403, 422, 422)),
            ("GET", "/api/v1/credit/figures", api),
            ("GET", "/api/v1/credit/figures/reported?month=2026-11", api),
            ("GET", "/api/v1/credit/figures?month=2026-13", all_of(401, 403, 403, 422, 422)),
        ],
    )
    page = clients["leader"].get("/desk/credit/figures/reported/?month=2026-11")
    assert person.number in page.content.decode()
    assert "王小测" not in page.content.decode()
    read = clients["leader"].get("/api/v1/credit/figures/reported?month=2026-11").json()
    assert read["items"][0]["subject_name"] != "王小测"
