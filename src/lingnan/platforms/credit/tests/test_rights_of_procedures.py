"""Who may reach rosters, measures, objections and repairs."""

from uuid import uuid4

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.testing import check_routes
from lingnan.platforms.identity.testing import client_for, make_officer_actor, make_person_actor
from lingnan.standards.agencies.testing import make_agency

from .. import services
from ..models import CreditRecord, JointMeasure, Objection, RosterEntry
from ..testing import make_office
from .test_rosters import firm_and_record, listed

pytestmark = pytest.mark.django_db
WHO = ("anonymous", "owner", "other", "elsewhere", "reporter", "credit", "approver")


def all_of(*statuses: int) -> dict[str, int]:
    return dict(zip(WHO, statuses, strict=True))


def test_routes() -> None:
    office = make_office()
    owner, record = firm_and_record()
    entry = listed(office, record)
    objection = services.open_objection(
        actor=owner, record_id=record.pk, ground="wrong", text="有误", files=[], at=clock.now()
    )
    measure = JointMeasure.objects.filter(agency__kind="market_supervision").first()
    assert measure is not None
    elsewhere = make_officer_actor("credit_reporter", agency_id=make_agency("fire").id)
    clients = {
        "anonymous": Client(),
        "owner": client_for(owner),
        "other": client_for(make_person_actor()),
        "elsewhere": client_for(elsewhere),
        "reporter": client_for(office["reporter"]),
        "credit": client_for(office["officer"]),
        "approver": client_for(office["approver"]),
    }
    everyone = all_of(*[200] * 7)
    own = all_of(302, 200, 404, 403, 403, 403, 403)
    own_api = all_of(401, 200, 404, 403, 403, 403, 403)
    desk = all_of(302, 403, 403, 404, 200, 200, 200)
    api = all_of(401, 403, 403, 404, 200, 200, 200)
    nothing = all_of(302, 404, 404, 403, 403, 403, 403)
    no_api = all_of(401, 404, 404, 403, 403, 403, 403)
    mine = f"/credit/mine/records/{record.pk}"
    check_routes(
        clients,
        [
            ("GET", "/credit/rosters/", everyone),
            ("GET", "/credit/rosters/market_serious/", everyone),
            ("GET", "/credit/rosters/invented/", all_of(*[404] * 7)),
            ("GET", "/credit/measures/", everyone),
            ("GET", f"{mine}/object/", own),
            ("GET", f"{mine}/repair/", own),
            ("GET", f"/credit/mine/things/{record.pk}/object/", nothing),
            ("GET", f"/credit/mine/rosters/{entry.pk}/", own),
            ("GET", f"/credit/mine/rosters/{entry.pk}/repair/", own),
            ("GET", f"/credit/mine/objections/{objection.pk}/", own),
            ("GET", f"/credit/mine/repairs/{uuid4()}/", nothing),
            ("GET", "/desk/credit/rosters/", all_of(302, 403, 403, 200, 200, 200, 200)),
            ("GET", f"/desk/credit/rosters/{entry.pk}/", desk),
            (
                "GET",
                f"/desk/credit/subjects/{record.subject_id}/lead/",
                all_of(302, 403, 403, 403, 403, 200, 403),
            ),
            ("GET", f"/desk/credit/objections/{objection.pk}/", desk),
            ("GET", f"/desk/credit/repairs/{uuid4()}/", all_of(302, 403, 403, 404, 404, 404, 404)),
            ("GET", "/desk/credit/measures/", all_of(302, 403, 403, 200, 200, 403, 403)),
            ("GET", "/api/v1/credit/rosters", everyone),
            ("GET", "/api/v1/credit/rosters/market_serious/entries", everyone),
            ("GET", "/api/v1/credit/measure-kinds", everyone),
            ("GET", "/api/v1/credit/entries", all_of(401, 403, 403, 200, 200, 200, 200)),
            ("GET", f"/api/v1/credit/entries/{entry.pk}", api),
            ("POST", "/api/v1/credit/entries", all_of(401, 403, 403, 403, 403, 415, 403)),
            (
                "POST",
                f"/api/v1/credit/entries/{entry.pk}/revocation",
                all_of(401, 403, 403, 403, 403, 403, 415),
            ),
            ("GET", "/api/v1/credit/measures", all_of(401, 403, 403, 200, 200, 403, 403)),
            (
                "POST",
                f"/api/v1/credit/measures/{measure.pk}/feedback",
                all_of(401, 403, 403, 415, 415, 403, 403),
            ),
            ("GET", "/api/v1/credit/mine/entries", own_api),
            (
                "POST",
                f"/api/v1/credit/mine/entries/{entry.pk}/statement",
                all_of(401, 415, 415, 403, 403, 403, 403),
            ),
            ("GET", "/api/v1/credit/mine/objections", own_api),
            ("GET", f"/api/v1/credit/mine/objections/{objection.pk}", own_api),
            ("POST", "/api/v1/credit/mine/objections", all_of(401, 422, 422, 403, 403, 403, 403)),
            ("GET", "/api/v1/credit/mine/repairs", own_api),
            ("GET", f"/api/v1/credit/mine/repairs/{uuid4()}", no_api),
            (
                "GET",
                "/api/v1/credit/repair-promise",
                all_of(401, 200, 200, 403, 403, 403, 403),
            ),
            ("POST", "/api/v1/credit/mine/repairs", all_of(401, 422, 422, 403, 403, 403, 403)),
            (
                "DELETE",
                f"/api/v1/credit/mine/repairs/{uuid4()}",
                all_of(401, 404, 404, 403, 403, 403, 403),
            ),
            (
                "DELETE",
                f"/api/v1/credit/mine/objections/{objection.pk}",
                all_of(401, 204, 404, 403, 403, 403, 403),
            ),
        ],
    )
    objection.refresh_from_db()
    assert objection.state == "withdrawn"


def test_the_pages_do_the_work_and_keep_what_was_typed() -> None:
    office = make_office()
    owner, record = firm_and_record()
    me = client_for(owner)
    form = f"/credit/mine/records/{record.pk}/object/"
    kept = me.post(form, {"ground": "", "text": "罚款金额有误，应为一万元"})
    assert kept.status_code == 422
    assert "罚款金额有误，应为一万元" in kept.content.decode()
    assert not Objection.objects.exists()
    sent = me.post(form, {"ground": "wrong", "text": "罚款金额有误"})
    objection = Objection.objects.get()
    assert sent["Location"] == f"/credit/mine/objections/{objection.pk}/"
    public = Client().get(f"/credit/decisions/{record.pk}/").content.decode()
    assert "异议处理中" in public
    early = me.post(
        f"/credit/mine/records/{record.pk}/repair/", {"text": "已缴", "promises": "2026-1"}
    )
    assert early.status_code in {409, 422} and "已缴" in early.content.decode()
    desk = client_for(office["officer"])
    place = f"/desk/credit/objections/{objection.pk}/"
    page = desk.get(place).content.decode()
    task = page.split('name="task" value="')[1][:36]
    missing = desk.post(place, {"task": task, "outcome": "refuse", "opinion": ""})
    assert missing.status_code == 422
    assert desk.post(place, {"task": task, "outcome": "forward"}).status_code == 302
    source = client_for(office["reporter"])
    inbox = source.get("/desk/").content.decode()
    assert objection.number in inbox and place in inbox
    task = source.get(place).content.decode().split('name="task" value="')[1][:36]
    wrong = source.post(
        place, {"task": task, "outcome": "amend", "opinion": "更正", "fine_wan": "1.23456789"}
    )
    assert wrong.status_code == 422 and "1.23456789" in wrong.content.decode()
    done = source.post(
        place, {"task": task, "outcome": "amend", "opinion": "更正", "fine_wan": "1"}
    )
    assert done.status_code == 302
    assert CreditRecord.objects.get(series=record.series, is_current=True).fine_fen == 1_000_000
    task = desk.get(place).content.decode().split('name="task" value="')[1][:36]
    assert (
        desk.post(place, {"task": task, "outcome": "answer", "opinion": "已更正"}).status_code
        == 302
    )
    assert "异议处理中" not in desk.get(place).content.decode()
    assert "异议处理中" not in me.get(f"/credit/mine/objections/{objection.pk}/").content.decode()


def test_a_lead_by_the_page() -> None:
    office = make_office()
    _owner, record = firm_and_record()
    desk = client_for(office["officer"])
    place = f"/desk/credit/subjects/{record.subject_id}/lead/"
    assert record.number in desk.get(place).content.decode()
    given = {"roster": "market_serious", "facts": "情节严重"}
    assert desk.post(place, given).status_code == 422
    made = desk.post(place, {**given, "evidence": str(record.pk)})
    entry = RosterEntry.objects.get()
    assert made["Location"] == f"/desk/credit/rosters/{entry.pk}/"
    assert "情节严重" in desk.get(made["Location"]).content.decode()
