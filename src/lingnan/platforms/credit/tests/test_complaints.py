"""Complaints are looked into and answered; they change no archive and list nobody."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.testing import check_routes, max_queries, race
from lingnan.platforms.documents import queries as documents
from lingnan.platforms.documents import services as document_services
from lingnan.platforms.documents.adapters.folder import FolderStore
from lingnan.platforms.documents.testing import png
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
)
from lingnan.platforms.identity.types import SelfApproval
from lingnan.platforms.messaging.models import Message

from .. import access, queries, services
from ..errors import (
    AppealOpen,
    AppealSettled,
    ComplaintAboutOneself,
    ComplaintNotFound,
    ReasonMissing,
    StillInTime,
    SubjectNotFound,
)
from ..models import Commitment, Complaint, CreditRecord, Repair, RosterEntry
from ..testing import (
    NOW,
    deliver,
    finish_step,
    make_office,
    make_source,
    penalty_row,
    person_row,
)
from ..types import COMPLAINT_SUBJECT, OBJECTION_SUBJECT
from .test_rosters import firm_and_record

pytestmark = pytest.mark.django_db
PROOF = services.Evidence("合同.png", png())


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = FolderStore(tmp_path)
    monkeypatch.setattr(document_services, "content_store", lambda: folder)
    yield


def test_a_complaint_about_a_firm_is_answered_and_changes_nothing_else() -> None:
    office = make_office()
    _owner, record = firm_and_record()
    before = CreditRecord.objects.values_list("pk", "publicity", "under_objection").get()
    me = make_person_actor()
    row = services.make_complaint(
        actor=me, subject_id=record.subject_id, text="收款后不开业", files=[PROOF], at=NOW
    )
    assert (row.number[:2], row.state, row.about) == ("TS", "open", "conduct")
    [kept] = documents.files_of(COMPLAINT_SUBJECT, row.pk)
    assert access.can_read_complaint_file(office["officer"], row.pk)
    assert not access.can_read_complaint_file(make_person_actor(), row.pk)
    assert not access.can_read_complaint_file(office["reporter"], row.pk)
    assert kept.name == "合同.png"
    with pytest.raises(AppealOpen):
        services.make_complaint(
            actor=me, subject_id=record.subject_id, text="再说一次", files=[], at=NOW
        )
    step = partial(finish_step, COMPLAINT_SUBJECT, row.pk, actor=office["officer"], at=NOW)
    step("accept", "accept")
    step("answer", "confirm", opinion="已约谈，已退款")
    row.refresh_from_db()
    assert (row.state, row.reply) == ("granted", "已约谈，已退款")
    page = client_for(office["officer"]).get("/desk/credit/complaints/").content.decode()
    assert "属实" in page and "不属实" in page and "准予" not in page
    own = client_for(me).get(f"/credit/mine/complaints/{row.pk}/").content.decode()
    assert "属实" in own and "准予" not in own
    told = Message.objects.get(person_id=me.person_id, template="credit.appeal_settled")
    assert "已退款" in str(told.facts)
    assert CreditRecord.objects.values_list("pk", "publicity", "under_objection").get() == before
    assert not RosterEntry.objects.exists()
    with pytest.raises(AppealSettled):
        services.withdraw_complaint(actor=me, complaint_id=row.pk, at=NOW)


def test_how_an_objection_was_handled_is_complained_of_once_it_is_over() -> None:
    office = make_office()
    owner, record = firm_and_record()
    objection = services.open_objection(
        actor=owner, record_id=record.pk, ground="wrong", text="有误", files=[], at=NOW
    )
    complain = partial(
        services.make_complaint, actor=owner, objection_id=objection.pk, text="没有核查", files=[]
    )
    with pytest.raises(StillInTime):
        complain(at=NOW)
    late = complain(at=NOW + timedelta(days=40))  # promised within twelve working days
    services.withdraw_complaint(actor=owner, complaint_id=late.pk, at=NOW + timedelta(days=40))
    finish_step(
        OBJECTION_SUBJECT, objection.pk, "forward", "refuse", actor=office["officer"], at=NOW
    )
    again = complain(at=NOW)
    answer = partial(finish_step, COMPLAINT_SUBJECT, again.pk, "accept", "refuse", at=NOW)
    with pytest.raises(SelfApproval):  # he refused the objection
        answer(actor=office["officer"])
    answer(actor=make_officer_actor("credit_officer", region_code="440106000000"))
    again.refresh_from_db()
    assert (again.about, again.state, again.reply) == ("handling", "refused", "理由")


def test_what_a_complaint_needs() -> None:
    make_office()
    owner, record = firm_and_record()
    complain = partial(services.make_complaint, subject_id=record.subject_id, files=[], at=NOW)
    with pytest.raises(ComplaintAboutOneself):
        complain(actor=owner, text="自己")
    with pytest.raises(ReasonMissing):
        complain(actor=make_person_actor(), text=" ")
    source = make_source()
    person = deliver(source, person_row(source))
    with pytest.raises(SubjectNotFound):
        complain(actor=make_person_actor(), subject_id=person.subject_id, text="邻居")
    made = complain(actor=make_person_actor(), text="失约")
    with pytest.raises(ComplaintNotFound):
        access.own_complaint(owner, made.pk)  # the firm does not learn of it
    assert not queries.own_complaints(owner)


@pytest.mark.django_db(transaction=True)
def test_two_complaints_at_once_are_one() -> None:
    make_office()
    _owner, record = firm_and_record()
    me = make_person_actor()
    make = partial(
        services.make_complaint,
        actor=me,
        subject_id=record.subject_id,
        text="失约",
        files=[],
        at=NOW,
    )
    ends = race([make, make])
    assert sum(isinstance(end, Complaint) for end in ends) == 1
    assert sum(isinstance(end, AppealOpen) for end in ends) == 1


def test_routes_and_pages() -> None:
    office = make_office()
    owner, record = firm_and_record()
    me = make_person_actor()
    clients = {
        "anonymous": Client(),
        "owner": client_for(me),
        "other": client_for(owner),
        "elsewhere": client_for(make_officer_actor("credit_officer", region_code="440300000000")),
        "reporter": client_for(office["reporter"]),
        "credit": client_for(office["officer"]),
    }

    def all_of(*statuses: int) -> dict[str, int]:
        return dict(zip(clients, statuses, strict=True))

    form = f"/credit/subjects/{record.subject_id}/complain/"
    kept = clients["owner"].post(form, {"text": " "})
    assert kept.status_code == 422 and not Complaint.objects.exists()
    sent = clients["owner"].post(form, {"text": "收款后不开业"})
    row = Complaint.objects.get()
    assert sent["Location"] == f"/credit/mine/complaints/{row.pk}/"
    assert row.number in clients["owner"].get("/credit/mine/").content.decode()
    desk = f"/desk/credit/complaints/{row.pk}/"
    api = f"/api/v1/credit/complaints/{row.pk}"
    mine = f"/api/v1/credit/mine/complaints/{row.pk}"
    check_routes(
        clients,
        [
            ("GET", form, all_of(302, 200, 200, 403, 403, 403)),
            ("GET", f"/credit/mine/complaints/{row.pk}/", all_of(302, 200, 404, 403, 403, 403)),
            (
                "GET",
                f"/credit/mine/objections/{uuid4()}/complain/",
                all_of(302, 404, 404, 403, 403, 403),
            ),
            ("GET", "/credit/mine/choose/", all_of(302, 200, 200, 403, 403, 403)),
            ("GET", "/desk/credit/complaints/", all_of(302, 403, 403, 200, 403, 200)),
            ("GET", desk, all_of(302, 403, 403, 404, 404, 200)),
            ("GET", "/api/v1/credit/complaints", all_of(401, 403, 403, 200, 403, 200)),
            ("GET", api, all_of(401, 403, 403, 404, 403, 200)),
            ("GET", "/api/v1/credit/mine/complaints", all_of(401, 200, 200, 403, 403, 403)),
            ("GET", mine, all_of(401, 200, 404, 403, 403, 403)),
            ("POST", "/api/v1/credit/mine/complaints", all_of(401, 422, 422, 403, 403, 403)),
        ],
    )
    assert clients["elsewhere"].get("/api/v1/credit/complaints").json()["items"] == []
    page = clients["credit"].get(desk).content.decode()
    task = page.split('name="task" value="')[1][:36]
    assert clients["credit"].post(desk, {"task": task, "outcome": "accept"}).status_code == 302
    assert clients["owner"].delete(mine).status_code == 204
    row.refresh_from_db()
    assert row.state == "withdrawn"
    by_api = client_for(me, bearer=True).post(
        "/api/v1/credit/mine/complaints",
        {"subject_id": str(record.subject_id), "text": "失约"},
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert by_api.status_code == 201, by_api.content
    assert by_api.json()["about"] == "conduct"
    assert clock.today()


def test_choosing_says_why_not() -> None:
    make_office()
    owner, record = firm_and_record()
    me = client_for(owner)
    repair = me.get("/credit/mine/choose/?for=repair").content.decode()
    assert "2027年11月17日" in repair or "2027-11-17" in repair
    assert f"/credit/mine/records/{record.pk}/repair/" not in repair
    wrong = me.get("/credit/mine/choose/?for=objection").content.decode()
    assert f"/credit/mine/records/{record.pk}/object/" in wrong
    form = me.get(f"/credit/mine/records/{record.pk}/repair/").content.decode()
    assert 'name="promises"' not in form and "信用修复管理办法" in form


def repairable(many: int = 1) -> tuple[Actor, list[CreditRecord]]:
    """A firm with general penalties of the summer, which may be repaired by now."""
    source = make_source()
    leader = make_person("周演示")
    firm = make_organisation(leader)
    rows = [
        penalty_row(
            source,
            CF_XDR_SHXYM=firm.registration_number,
            CF_XDR_MC=firm.name,
            CF_JDRQ="2026/06/16",
        )
        for _n in range(many)
    ]
    return make_person_actor(leader, organisation=firm), [deliver(source, row) for row in rows]


def test_a_record_whose_term_is_over_offers_no_repair() -> None:
    source = make_source(rule="publicity.penalty_market")
    leader = make_person("周演示")
    firm = make_organisation(leader)
    row = penalty_row(
        source,
        CF_XDR_SHXYM=firm.registration_number,
        CF_XDR_MC=firm.name,
        CF_NR_FK="0.1",
        CF_JDRQ="2026/04/10",
    )
    record = deliver(source, row)
    assert record.publicity == "ended" and record.is_adverse
    me = client_for(make_person_actor(leader, organisation=firm))
    page = f"/credit/mine/records/{record.pk}/repair/"
    assert page not in me.get("/credit/mine/choose/?for=repair").content.decode()
    assert page not in me.get(f"/credit/mine/records/{record.pk}/").content.decode()
    assert "公示期已经届满" in me.get(page).content.decode()
    asked = me.post(page, {"text": "已缴", "promises": services.PROMISE.version})
    assert asked.status_code == 409 and not Repair.objects.exists()


def test_choosing_asks_no_more_for_many_records_than_for_one() -> None:
    make_office()
    one, _records = repairable()
    owner, records = repairable(9)
    page = "/credit/mine/choose/?for=repair"
    for actor in (one, owner):
        client_for(actor).get(page)  # what is cached is cached
    first, me = client_for(one), client_for(owner)
    with CaptureQueriesContext(connection) as asked:
        assert first.get(page).content.decode().count("/repair/") == 1
    with max_queries(len(asked)):
        assert me.get(page).content.decode().count("/repair/") == 9
    record = records[4]
    services.apply_for_repair(
        actor=owner,
        record_id=record.pk,
        text="已整改",
        promised_version=services.PROMISE.version,
        files=[PROOF],
        at=clock.now(),
    )
    after = me.get(page).content.decode()
    assert f"/credit/mine/records/{record.pk}/repair/" not in after
    assert after.count("/repair/") == 8


def test_the_words_of_the_promise_are_read_before_they_are_promised() -> None:
    make_office()
    owner, [record] = repairable()
    me = client_for(owner)
    shown = me.get(f"/credit/mine/records/{record.pk}/repair/").content.decode()
    read = client_for(owner, bearer=True).get("/api/v1/credit/repair-promise").json()
    assert read["text"] in shown and f'value="{read["version"]}"' in shown

    def ask(version: str) -> Any:
        return client_for(owner, bearer=True).post(
            "/api/v1/credit/mine/repairs",
            {
                "record_id": str(record.pk),
                "text": "已整改",
                "promised_version": version,
                "files": SimpleUploadedFile("凭证.png", png(), "image/png"),
            },
            headers={"Idempotency-Key": str(uuid4())},
        )

    old = ask("2020-1")
    assert (old.status_code, old.json()["code"]) == (409, "credit.promise_changed")
    assert not Repair.objects.exists()
    assert ask(read["version"]).status_code == 201
    assert Commitment.objects.get().text_version == read["version"]
