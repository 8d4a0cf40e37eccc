"""An officer who opens a case leaves an entry; whom the case is about sees it, and no one else."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from lingnan.kernel import clock
from lingnan.kernel.testing import check_routes, deliver_all, max_queries, race
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity import services as identity_services
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
)
from lingnan.platforms.workflow import queries as workflow
from lingnan.security.audit import queries as audit
from lingnan.security.audit.models import Entry, Look
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.testing import make_agency

from .. import services
from ..models import Case
from ..services.reading import ACT
from ..testing import Setting, make_case, make_granted_case, make_setting

pytestmark = pytest.mark.django_db


@pytest.fixture
def setting() -> Setting:
    return make_setting()


def _looks(case: Case) -> list[Look]:
    return list(Look.objects.filter(object_id=case.pk).order_by("id"))


def test_the_entry_says_who_of_which_agency_opened_which_case_of_which_matter(
    setting: Setting,
) -> None:
    case = make_case(setting)
    assert client_for(setting.clerk).get(f"/desk/cases/{case.pk}/").status_code == 200
    entry = Entry.objects.get(act=ACT)
    assert (entry.object_kind, entry.object_id, entry.outcome) == ("case", str(case.pk), "ok")
    assert (entry.actor_kind, entry.actor_id) == ("officer", str(setting.clerk.officer_id))
    assert (entry.actor_name, entry.agency_id) == ("林窗口", setting.window_id)
    assert entry.facts == {
        "subject_kind": "person",
        "subject_id": str(setting.applicant.person_id),
        "number": case.number,
        "item_code": case.item_code,
        "purpose": "",
    }
    look = Look.objects.get()
    assert (look.pk, look.at, look.subject_id) == (entry.pk, entry.at, case.applicant_id)
    assert audit.verify_chain().is_sound


WAYS = (
    "/desk/cases/{case}/",
    "/desk/cases/{case}/materials/{material}/",
    "/documents/{file}/",
    "/desk/tasks/{task}/",
    "/desk/processes/{instance}/",
    "/api/v1/cases/{case}",
    "/api/v1/cases/{case}/file",
    "/api/v1/cases/{case}/timeline",
    "/api/v1/cases/{case}/notices",
    "/api/v1/cases/{case}/materials/{material}/content",
    "/api/v1/documents/{file}/content",
    "/api/v1/notices/{notice}/pdf",
    "/api/v1/workflow/instances/{instance}",
)


def _path(way: str, case: Case) -> str:
    assert case.instance_id is not None
    return way.format(
        case=case.pk,
        material=case.materials.get().pk,
        file=case.notices.get().pdf_file_id if "{file}" in way or "{notice}" in way else "",
        notice=case.notices.get().pk if "{notice}" in way else "",
        instance=case.instance_id,
        task=workflow.current_steps(case.instance_id)[0].task_id,
    )


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_the_content_is_written_down(setting: Setting, way: str) -> None:
    case = make_case(setting)
    if "file}" in way or "{notice}" in way:
        deliver_all()  # the receipt is written and rendered
    path = _path(way, case)
    answer = client_for(setting.clerk, bearer="/api/" in way).get(path)
    assert answer.status_code == 200, path
    (look,) = _looks(case)
    assert (look.officer_id, look.number) == (setting.clerk.officer_id, case.number)


def test_lists_and_the_applicants_own_reading_leave_nothing(setting: Setting) -> None:
    case = make_case(setting)
    clerk, clerk_api = client_for(setting.clerk), client_for(setting.clerk, bearer=True)
    for path in ("/desk/", "/desk/cases/", "/desk/cases/export.csv"):
        assert clerk.get(path).status_code == 200
    for path in ("/api/v1/cases", "/api/v1/workflow/tasks"):
        assert clerk_api.get(path).status_code == 200
    own = client_for(setting.applicant)
    assert own.get(f"/cases/{case.pk}/").status_code == 200
    assert (
        client_for(setting.applicant, bearer=True).get(f"/api/v1/cases/{case.pk}/view").status_code
        == 200
    )
    assert not Look.objects.exists()


def test_one_entry_for_officer_case_and_hour(setting: Setting) -> None:
    case, other = make_case(setting), make_case(setting)
    at = clock.now().replace(minute=30)
    for later in (0, 5, 29):
        services.note_look(actor=setting.clerk, case=case, at=at + timedelta(minutes=later))
    assert len(_looks(case)) == 1
    services.note_look(actor=setting.clerk, case=case, at=at + timedelta(minutes=30))
    services.note_look(actor=setting.handler, case=case, at=at)
    services.note_look(actor=setting.clerk, case=other, at=at)
    assert len(_looks(case)) == 3
    assert Entry.objects.filter(act=ACT).count() == Look.objects.count() == 4


def test_it_costs_one_statement_new_or_not(setting: Setting) -> None:
    case = make_case(setting)
    for _time in range(2):
        with max_queries(1) as asked:
            services.note_look(actor=setting.clerk, case=case, at=clock.now())
        assert len(asked.captured_queries) == 1


def test_the_persons_list_comes_from_an_index_and_costs_the_same_at_any_length(
    setting: Setting,
) -> None:
    case = make_case(setting)
    at = clock.now()
    for hour in range(30):
        services.note_look(actor=setting.clerk, case=case, at=at - timedelta(hours=hour))
    with max_queries(7):  # one for each record that may hold a look, and what names them
        first = identity.access_log(setting.applicant, limit=20)
    rest = identity.access_log(setting.applicant, limit=20, cursor=first.next_cursor)
    assert [len(first.items), len(rest.items), rest.next_cursor] == [20, 10, None]
    times = [seen.at for seen in (*first.items, *rest.items)]
    assert times == sorted(times, reverse=True)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT * FROM audit_look WHERE subject_id = %s AND subject_kind = 'person'"
            " ORDER BY at DESC, id DESC LIMIT 21",
            [case.applicant_id],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "audit_look_by_subject" in plan
    assert "Sort" not in plan


@pytest.mark.django_db(transaction=True)
def test_the_same_officer_in_two_windows_leaves_one_entry() -> None:
    setting = make_setting()
    case = make_case(setting)
    at = clock.now()

    def look() -> None:
        services.note_look(actor=setting.clerk, case=case, at=at)

    race([look] * 4)
    assert len(_looks(case)) == 1
    assert Entry.objects.filter(act=ACT).count() == 1


def test_who_is_refused_leaves_no_trace_of_having_read(setting: Setting) -> None:
    case = make_case(setting)
    deliver_all()
    elsewhere = make_officer_actor(
        "window_clerk", agency_id=make_agency("government_service", "440305000000").id
    )
    stranger = client_for(elsewhere)
    program = client_for(elsewhere, bearer=True)
    for way in WAYS:
        path = _path(way, case)
        assert (program if "/api/" in way else stranger).get(path).status_code == 404, path
    assert not Look.objects.exists()
    assert not Entry.objects.filter(act=ACT).exists()


def test_the_applicant_reads_agency_and_post_and_the_name_only_by_rule(
    setting: Setting, settings: Any
) -> None:
    case = make_case(setting)
    client_for(setting.clerk).get(f"/desk/cases/{case.pk}/")
    agency = agencies.agency(setting.window_id).name
    page, program = client_for(setting.applicant), client_for(setting.applicant, bearer=True)
    for path in ("/account/looks/", f"/cases/{case.pk}/"):
        text = page.get(path).content.decode()
        assert agency in text, path
        assert case.number in text
        assert "林窗口" not in text, path
    (line,) = program.get("/api/v1/me/looks").json()["items"]
    assert (line["agency_name"], line["number"], line["officer_name"]) == (agency, case.number, "")
    assert line["matter"]
    settings.LINGNAN = settings.LINGNAN.model_copy(update={"officer_names": "shown"})
    assert "林窗口" in page.get("/account/looks/").content.decode()
    assert program.get("/api/v1/me/looks").json()["items"][0]["officer_name"] == "林窗口"


def test_who_may_ask_who_looked(setting: Setting) -> None:
    case = make_case(setting)
    services.note_look(actor=setting.clerk, case=case, at=clock.now())
    other = make_person_actor(make_person("王小明"))
    clients = {
        "no one": client_for(None),
        "applicant": client_for(setting.applicant),
        "other": client_for(other),
        "officer": client_for(setting.clerk),
    }
    check_routes(
        clients,
        [
            (
                "GET",
                "/account/looks/",
                {"no one": 302, "applicant": 200, "other": 200, "officer": 403},
            ),
            (
                "GET",
                "/api/v1/me/looks",
                {"no one": 401, "applicant": 200, "other": 200, "officer": 403},
            ),
            ("GET", "/account/looks/?cursor=rubbish", {"applicant": 422}),
            ("GET", "/api/v1/me/looks?cursor=rubbish", {"applicant": 422}),
            ("GET", f"/api/v1/me/looks?object_id={uuid4()}", {"applicant": 200}),
        ],
    )
    assert clients["other"].get("/api/v1/me/looks").json()["items"] == []
    asked = f"/api/v1/me/looks?object_id={case.pk}"
    assert clients["other"].get(asked).json()["items"] == []
    assert len(clients["applicant"].get(asked).json()["items"]) == 1


def test_a_firms_leader_and_agent_see_it_an_agent_only_in_his_matters() -> None:
    setting = make_setting()
    leader = make_person("陈法人")
    firm = make_organisation(leader)
    acting = make_person_actor(leader, organisation=firm)
    case = make_case(setting, actor=acting)
    services.note_look(actor=setting.clerk, case=case, at=clock.now())
    assert len(identity.access_log(acting).items) == 1
    assert identity.access_log(make_person_actor(leader)).items == []  # not his own data
    for codes, seen in (((case.item_code,), 1), (("440199999999",), 0)):
        agent = make_person_actor(make_person("李代办"))
        mandate = identity_services.give_mandate(
            actor=acting,
            agent_document_type="resident_id",
            agent_document_number=identity.person(agent.person_id).document_number,  # type: ignore[arg-type]
            agent_name="李代办",
            relation="agent",
            item_codes=codes,
            valid_from=clock.today(),
            valid_until=clock.today() + timedelta(days=30),
            at=clock.now(),
        )
        identity_services.accept_mandate(actor=agent, mandate_id=mandate.pk, at=clock.now())
        for_firm = identity.actor_of_person(
            agent.person_id,  # type: ignore[arg-type]
            organisation_id=firm.pk,
            mandate_id=mandate.pk,
        )
        assert len(identity.access_log(for_firm).items) == seen


def test_a_licence_opened_at_the_desk_is_seen_by_its_holder(setting: Setting) -> None:
    case = make_granted_case(setting)
    deliver_all()
    case.refresh_from_db()
    assert case.licence_id is not None
    licence = case.licence_id
    officer = make_officer_actor("approver", agency_id=setting.agency_id)
    answer = client_for(officer).get(f"/desk/licences/{licence}/")
    assert answer.status_code == 200
    look = Look.objects.get(object_id=licence)
    assert (look.officer_id, look.subject_id) == (officer.officer_id, case.applicant_id)
    listed = client_for(setting.applicant, bearer=True).get("/api/v1/me/looks").json()["items"]
    assert [line["number"] for line in listed] == [look.number]
    assert client_for(officer).get("/desk/licences/").status_code == 200
    assert Look.objects.count() == 1
    stranger = make_officer_actor("approver", region_code="440305000000")
    assert client_for(stranger).get(f"/desk/licences/{licence}/").status_code == 404
    assert Look.objects.count() == 1


def test_a_person_found_at_the_window_sees_who_looked_him_up(setting: Setting) -> None:
    person = make_person("何街坊")
    card = identity.person(person.pk)
    identity_services.find_person_for(
        actor=setting.clerk,
        document_type=card.document_type,
        document_number=card.document_number,
        purpose="窗口代办",
        at=clock.now(),
    )
    (seen,) = identity.access_log(make_person_actor(person)).items
    assert seen.line.purpose == "窗口代办"


def test_the_record_of_looks_only_grows(setting: Setting) -> None:
    case = make_case(setting)
    services.note_look(actor=setting.clerk, case=case, at=clock.now())
    for change in (
        lambda: Look.objects.update(officer_name="他人"),
        lambda: Look.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
