"""Every address as everyone: anonymous, a resident, officers with and without the right."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client, override_settings

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.testing import check_routes
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.codes.types import resident_id

from .. import queries, services
from ..demo import load
from ..models import Session
from ..services.officers import add_to_account
from ..services.second_factor import code_at
from ..testing import (
    PASSWORD,
    client_for,
    make_account,
    make_officer,
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
    resident_number,
    session_token,
)

TIANHE = "440106000000"
NO = str(uuid4())


def statuses(
    anonymous: int, resident: int, clerk: int, system: int, security: int
) -> dict[str, int]:
    return {
        "anonymous": anonymous,
        "resident": resident,
        "clerk": clerk,
        "system": system,
        "security": security,
    }


@pytest.mark.django_db
def test_who_may_open_what() -> None:
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor(), bearer=True),
        "clerk": client_for(make_officer_actor("window_clerk"), bearer=True),
        "system": client_for(make_officer_actor("system_admin", region_code=TIANHE), bearer=True),
        "security": client_for(
            make_officer_actor("security_admin", region_code=TIANHE), bearer=True
        ),
    }
    everyone = statuses(200, 200, 200, 200, 200)
    signed_in = statuses(302, 200, 200, 200, 200)
    person = statuses(302, 200, 403, 403, 403)
    admin = statuses(302, 403, 403, 200, 200)
    api_signed_in = statuses(401, 200, 200, 200, 200)
    api_person = statuses(401, 200, 403, 403, 403)
    api_admin = statuses(401, 403, 403, 200, 200)
    table = [
        ("GET", "/account/sign-in/", everyone),
        ("GET", "/account/register/", everyone),
        ("GET", "/account/sign-in/code/", statuses(302, 302, 302, 302, 302)),
        ("GET", "/account/", signed_in),
        ("GET", "/account/password/", signed_in),
        ("GET", "/account/second-factor/", signed_in),
        ("GET", "/account/tokens/", signed_in),
        ("GET", "/account/contact/", person),
        ("GET", "/desk/legal-representatives/", statuses(302, 403, 200, 403, 403)),
        ("GET", "/account/mandates/", person),
        ("GET", "/account/mandates/new/", person),
        ("GET", "/account/organisations/new/", person),
        ("GET", "/desk/officers/", admin),
        ("GET", "/desk/officers/new/", statuses(302, 403, 403, 200, 403)),
        ("GET", f"/desk/officers/{NO}/", statuses(302, 403, 403, 404, 404)),
        ("GET", f"/desk/officers/{NO}/person/", statuses(302, 403, 403, 404, 403)),
        ("GET", "/account/choose/", statuses(302, 302, 302, 302, 302)),
        ("POST", "/account/choose/", statuses(302, 302, 302, 302, 302)),
        ("GET", "/desk/roles/", admin),
        ("POST", f"/desk/officers/{NO}/leave/", statuses(302, 403, 403, 404, 403)),
        ("POST", f"/desk/officers/{NO}/second-factor/", statuses(302, 403, 403, 404, 403)),
        (
            "POST",
            f"/desk/officers/{NO}/grants/{NO}/withdraw/",
            statuses(302, 403, 403, 403, 404),
        ),
        ("POST", f"/account/mandates/{NO}/", statuses(302, 404, 403, 403, 403)),
        ("POST", f"/account/tokens/{NO}/revoke/", statuses(302, 404, 404, 404, 404)),
        ("POST", "/account/acting-as/", statuses(302, 404, 404, 404, 404)),
        ("POST", "/account/sessions/end/", statuses(302, 404, 404, 404, 404)),
        ("GET", "/api/v1/me", api_signed_in),
        ("GET", "/api/v1/me/sessions", api_signed_in),
        ("GET", "/api/v1/me/tokens", api_signed_in),
        ("GET", "/api/v1/mandates", api_person),
        ("GET", "/api/v1/organisations", api_person),
        ("GET", "/api/v1/roles", api_admin),
        ("GET", "/api/v1/officers", api_admin),
        ("POST", f"/api/v1/officers/{NO}/departure", statuses(401, 403, 403, 404, 403)),
        ("DELETE", f"/api/v1/officers/{NO}/second-factor", statuses(401, 403, 403, 404, 403)),
        ("DELETE", f"/api/v1/grants/{NO}", statuses(401, 403, 403, 403, 404)),
        ("POST", f"/api/v1/mandates/{NO}/acceptance", statuses(401, 404, 403, 403, 403)),
        ("POST", f"/api/v1/mandates/{NO}/refusal", statuses(401, 404, 403, 403, 403)),
        ("POST", f"/api/v1/mandates/{NO}/revocation", statuses(401, 404, 403, 403, 403)),
        ("DELETE", f"/api/v1/sessions/{NO}", statuses(401, 404, 404, 404, 404)),
        ("DELETE", f"/api/v1/me/tokens/{NO}", statuses(401, 404, 404, 404, 404)),
    ]
    check_routes(clients, table)
    typed = {"name": "陈", "document_type": "resident_id", "document_number": "1"}
    look_up = {**typed, "purpose": "受理"}
    document = {"document_type": "resident_id", "document_number": resident_number()}
    officer = {"name": "李工", "agency_id": NO, "username": "x.officer", **document}
    contact = {"email": "nonsense"}
    password = {"present": "wrong", "new": "Another-2026"}
    bodies: tuple[tuple[str, str, Any, dict[str, int]], ...] = (
        ("post", "/api/v1/persons", typed, statuses(401, 403, 422, 403, 403)),
        ("post", "/api/v1/persons/lookup", look_up, statuses(401, 403, 422, 403, 403)),
        ("post", "/api/v1/officers", officer, statuses(401, 403, 403, 404, 403)),
        ("put", f"/api/v1/officers/{NO}/person", document, statuses(401, 403, 403, 404, 403)),
        (
            "put",
            f"/api/v1/organisations/{NO}/legal-representative",
            {**document, "evidence": "变更登记"},
            statuses(401, 403, 404, 403, 403),
        ),
        (
            "post",
            f"/api/v1/officers/{NO}/grants",
            {"role": "approver", "region_code": TIANHE},
            statuses(401, 403, 403, 403, 404),
        ),
        ("put", "/api/v1/me/contact", contact, statuses(401, 422, 403, 403, 403)),
        ("put", "/api/v1/me/password", password, statuses(401, 403, 403, 403, 403)),
        (
            "post",
            "/api/v1/me/acting-as",
            {"kind": "person", "id": NO},
            statuses(401, 403, 403, 403, 403),
        ),
    )
    for method, path, body, expected in bodies:
        for who, status in expected.items():
            answer = getattr(clients[who], method)(path, body, content_type="application/json")
            assert answer.status_code == status, (path, who, answer.content)


def post(client: Client, path: str, **data: str) -> Any:
    return client.post(path, data)


@pytest.mark.django_db
def test_a_resident_registers_on_the_page_and_is_signed_in() -> None:
    client = Client()
    number = resident_number()
    typed = {
        "name": "陈美玲",
        "document_type": "resident_id",
        "document_number": number[:-1],
        "phone": "13800000001",
        "password": PASSWORD,
        "password_again": PASSWORD,
    }
    wrong = post(client, "/account/register/", **typed)
    page = wrong.content.decode()
    assert wrong.status_code == 422
    assert "error-summary" in page and "陈美玲" in page and PASSWORD not in page
    done = post(client, "/account/register/", **{**typed, "document_number": number})
    assert (done.status_code, done["Location"]) == (302, "/account/welcome/")
    cookie = client.cookies["lingnan_session"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    account = client.get("/account/").content.decode()
    assert "陈美玲" in account and number not in account and "138****0001" in account


@pytest.mark.django_db
def test_everything_wrong_in_a_registration_is_told_at_once_and_by_field() -> None:
    typed = {
        "name": "陈美玲",
        "document_type": "resident_id",
        "document_number": resident_number(),
        "phone": "139",
        "password": "abcdefgh",
        "password_again": "abcdefgh",
    }
    page = post(Client(), "/account/register/", **typed).content.decode()
    summary = page.split('class="error-summary"')[1].split("</div>")[0]
    assert "手机号：请输入手机号" in summary and "密码：请至少使用" in summary
    empty = post(Client(), "/account/register/", name="").content.decode()
    summary = empty.split('class="error-summary"')[1].split("</div>")[0]
    for label in ("姓名", "证件号码", "手机号", "密码", "再次输入密码"):
        assert f"{label}：" in summary
    asked = Client().post("/api/v1/accounts", typed, content_type="application/json").json()
    assert {field["path"] for field in asked["fields"]} == {"phone", "password"}


@pytest.mark.django_db
def test_the_demo_offers_a_number_that_is_nobodys() -> None:
    assert "009999" not in Client().get("/account/register/").content.decode()
    with override_settings(LINGNAN=settings.LINGNAN.model_copy(update={"mode": "demo"})):
        page = Client().get("/account/register/").content.decode()
    (number,) = re.findall(r"009999[0-9]{11}[0-9X]", page)
    assert resident_id.is_valid(number)
    assert queries.find_person("resident_id", number) is None


@pytest.mark.django_db
def test_what_one_decides_about_oneself_offers_to_switch_while_acting_for_another() -> None:
    old, agent = make_person("黄伯"), make_person("黄小华")
    mandate = services.give_mandate(
        actor=make_person_actor(old),
        agent_name=agent.name,
        agent_document_type=agent.document_type,
        agent_document_number=queries.person(agent.pk).document_number,
        relation="relative",
        item_codes=(),
        valid_from=clock.today(),
        valid_until=clock.today() + timedelta(days=30),
        at=clock.now(),
    )
    actor = make_person_actor(agent)
    services.accept_mandate(actor=actor, mandate_id=mandate.pk, at=clock.now())
    client = client_for(actor)
    myself = f"person:{agent.pk}"
    pages = ("/account/close/", "/account/merge/", "/account/mandates/new/")
    assert all(myself not in client.get(path).content.decode().split("<main")[1] for path in pages)
    client.post("/account/acting-as/", {"principal": f"person:{old.pk}"})
    for path in pages:
        page = client.get(path)
        assert page.status_code == 200 and myself in page.content.decode().split("<main")[1]
        assert client.post(path, {}).status_code == 403
    back = client.post("/account/acting-as/", {"principal": myself, "next": pages[0]})
    assert back["Location"] == pages[0]
    assert 'name="password"' in client.get(pages[0]).content.decode()


@pytest.mark.django_db
def test_who_never_set_a_password_is_shown_how_to_set_one() -> None:
    page = client_for(make_person_actor()).get("/account/password/").content.decode()
    assert 'href="/account/recover/"' in page


@pytest.mark.django_db
def test_signing_in_never_keeps_a_token_set_before() -> None:
    make_account(username="someone")
    client = Client()
    client.cookies["lingnan_session"] = "lgs_planted"
    post(client, "/account/sign-in/", username="someone", password=PASSWORD)
    fresh = client.cookies["lingnan_session"].value
    assert fresh != "lgs_planted"
    post(client, "/account/sign-in/", username="someone", password=PASSWORD)
    assert client.cookies["lingnan_session"].value != fresh
    assert services.identify(token=fresh, at=clock.now(), address="") is None


@pytest.mark.django_db
def test_signing_in_leads_on_only_within_the_site() -> None:
    make_account(username="someone")
    for target, where in (
        ("/guides/", "/guides/"),
        ("https://evil.example/", "/account/welcome/"),
        ("//evil.example/", "/account/welcome/"),
        ("javascript:alert(1)", "/account/welcome/"),
    ):
        answer = Client().post(
            "/account/sign-in/", {"username": "someone", "password": PASSWORD, "next": target}
        )
        assert answer["Location"] == where


@pytest.mark.django_db
def test_an_officer_sets_up_the_second_factor_before_getting_in() -> None:
    officer = make_officer("approver")
    client = Client()
    first = post(
        client,
        "/account/sign-in/",
        username=officer.account.username,
        password=PASSWORD,
        as_officer="on",
    )
    assert first["Location"] == "/account/sign-in/second-factor/"
    assert client.get("/account/").status_code == 302
    page = client.get(first["Location"]).content.decode()
    session = Session.objects.get(account_id=officer.account_id, stage="enrol")
    secret = services.start_second_factor(account_id=officer.account_id, session_id=session.pk)
    assert "data:image/svg+xml" in page and secret[:4] in page
    assert post(client, first["Location"], code="000000").status_code == 401
    done = post(client, first["Location"], code=code_at(secret, clock.now()))
    assert done.status_code == 200 and done.content.decode().count("<code>") == 10
    assert client.get("/account/welcome/")["Location"] == "/desk/"


@pytest.mark.django_db
def test_switching_identity_shows_on_the_page_and_in_the_api() -> None:
    leader = make_person("周志强")
    firm = make_organisation(leader, name="演示一号有限公司")
    client = client_for(make_person_actor(leader))
    answer = client.post(
        "/account/acting-as/", {"principal": f"organisation:{firm.pk}", "next": "/account/"}
    )
    assert answer["Location"] == "/account/"
    assert "演示一号有限公司" in client.get("/account/").content.decode()
    me = client.get("/api/v1/me").json()
    assert me["principal"]["id"] == str(firm.pk) and me["kind"] == "person"
    other = make_organisation()
    refused = client.post("/account/acting-as/", {"principal": f"organisation:{other.pk}"})
    assert refused.status_code == 403


@pytest.mark.django_db
def test_over_the_api_one_signs_in_makes_a_narrow_key_and_signs_out() -> None:
    make_account(username="someone")
    client = Client()
    body = {"username": "someone", "password": PASSWORD}
    opened = client.post("/api/v1/sessions", body, content_type="application/json")
    assert opened.status_code == 201
    bearer = Client(headers={"Authorization": f"Bearer {opened.json()['token']}"})
    made = bearer.post(
        "/api/v1/me/tokens",
        {"name": "报表", "scopes": ["identity"], "days": 5},
        content_type="application/json",
    )
    assert made.status_code == 201
    program = Client(headers={"Authorization": f"Bearer {made.json()['token']}"})
    assert program.get("/api/v1/me").json()["scopes"] == ["identity"]
    again = program.post(
        "/api/v1/me/tokens",
        {"name": "更多", "scopes": ["identity"], "days": 5},
        content_type="application/json",
    )
    assert again.status_code == 403
    assert bearer.delete("/api/v1/sessions").status_code == 204
    assert bearer.get("/api/v1/me").status_code == 401
    assert program.get("/api/v1/me").status_code == 200


@pytest.mark.django_db
def test_a_cookie_session_needs_the_csrf_token_over_the_api_and_a_bearer_does_not() -> None:
    actor = make_person_actor()
    client = Client(enforce_csrf_checks=True)
    client.cookies["lingnan_session"] = session_token(actor)
    body = {"email": "", "address": "", "region_code": ""}
    put = {"path": "/api/v1/me/contact", "data": body, "content_type": "application/json"}
    assert client.put(**put).status_code == 403  # type: ignore[arg-type]
    bearer = Client(
        enforce_csrf_checks=True, headers={"Authorization": f"Bearer {session_token(actor)}"}
    )
    assert bearer.put(**put).status_code == 204  # type: ignore[arg-type]


@pytest.mark.django_db
def test_another_device_is_signed_out_from_the_account_page() -> None:
    actor = make_person_actor()
    here, there = client_for(actor), client_for(actor)
    mine = there.get("/api/v1/me/sessions").json()["items"]
    (other,) = [item["id"] for item in mine if item["is_current"]]
    assert here.post("/account/sessions/end/", {"session": other}).status_code == 302
    assert there.get("/api/v1/me").status_code == 401
    assert here.get("/api/v1/me").status_code == 200
    stranger = client_for(make_person_actor())
    assert actor.account_id is not None
    (own,) = Session.objects.filter(account_id=actor.account_id, ended_at=None)
    assert stranger.post("/account/sessions/end/", {"session": own.pk}).status_code == 404


@pytest.mark.django_db
def test_everything_wrong_about_a_new_officer_is_told_at_once() -> None:
    system = client_for(make_officer_actor("system_admin", region_code=TIANHE), bearer=True)
    agency = make_officer("approver").agency
    typed = {
        "name": " ",
        "agency_id": str(agency.pk),
        "username": "A",
        "document_type": "resident_id",
        "document_number": "440106199003071234",
    }
    wrong = system.post("/api/v1/officers", typed, content_type="application/json")
    assert wrong.status_code == 422
    assert [field["path"] for field in wrong.json()["fields"]] == [
        "name",
        "username",
        "document_number",
    ]
    right = {**typed, "name": "新同事", "username": "fresh", "document_number": resident_number()}
    made = system.post("/api/v1/officers", right, content_type="application/json").json()
    assert re.fullmatch(
        r"([A-HJ-NP-Za-km-z2-9]{4}-){3}[A-HJ-NP-Za-km-z2-9]{4}", made["first_password"]
    )
    found = system.get("/api/v1/officers", {"q": "新同"}).json()["items"]
    assert [officer["username"] for officer in found] == ["fresh"]


@pytest.mark.django_db
def test_administrators_work_on_their_pages() -> None:
    system = client_for(make_officer_actor("system_admin", region_code=TIANHE))
    security = client_for(make_officer_actor("security_admin", region_code=TIANHE))
    from_page = make_officer("approver").agency
    made = system.post(
        "/desk/officers/new/",
        {
            "name": "新同事",
            "username": "fresh",
            "agency": from_page.uscc,
            "document_type": "resident_id",
            "document_number": resident_number(),
        },
    )
    assert made.status_code == 200 and "fresh" in made.content.decode()
    (row,) = [r for r in system.get("/api/v1/officers").json()["items"] if r["username"] == "fresh"]
    page = f"/desk/officers/{row['id']}/"
    granted = security.post(page, {"role": "window_clerk", "agency": from_page.uscc})
    assert granted.status_code == 302
    refused = security.post(page, {"role": "audit_admin", "agency": from_page.uscc})
    assert refused.status_code == 409 and "error-summary" in refused.content.decode()
    assert "窗口受理人员" in system.get(page).content.decode()
    assert system.post(f"{page}leave/").status_code == 302


@pytest.mark.django_db
def test_the_demo_loads_once_and_its_people_can_sign_in() -> None:
    for officer in {(spec.kind, spec.place) for spec in queries.demo.OFFICERS}:
        make_agency(*officer)
    at = clock.now()
    added = load(at=at)
    assert added == len(queries.demo.PEOPLE) + len(queries.demo.OFFICERS)
    assert load(at=at) == 0
    accounts = {account.username: account for account in queries.demo_accounts()}
    assert len(accounts) == added
    chosen = accounts["system"]
    opened = services.sign_in(
        username="system",
        password=chosen.password,
        code=code_at(chosen.totp_secret, at),
        channel="api",
        address="",
        at=at,
    )
    assert opened.stage == "open"
    agent = services.sign_in(username="hemin", password=chosen.password, address="", at=at)
    found = services.identify(token=agent.token, at=at, address="")
    assert found is not None
    assert {choice.kind for choice in found.choices} == {"person", "organisation"}


@pytest.mark.django_db
def test_the_demo_accounts_are_on_the_page_in_the_demo_only(settings) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    for officer in {(spec.kind, spec.place) for spec in queries.demo.OFFICERS}:
        make_agency(*officer)
    load(at=clock.now())
    for mode, shown in (("demo", True), ("test", False)):
        with override_settings(LINGNAN=settings.LINGNAN.model_copy(update={"mode": mode})):
            page = Client().get("/account/sign-in/").content.decode()
            assert ("林晓燕演示" in page) is shown


@pytest.mark.django_db
def test_two_posts_of_one_account_do_not_share_answers() -> None:
    person = make_person("李工")
    first = make_officer("window_clerk", agency_id=make_agency("other", TIANHE).id, person=person)
    second = add_to_account(
        actor=SYSTEM,
        name="李工",
        agency_id=make_agency("fire", TIANHE).id,
        account_id=first.account_id,
        at=clock.now(),
    )
    services.grant_role(
        actor=SYSTEM,
        officer_id=second.officer_id,
        role="window_clerk",
        region_code=TIANHE,
        at=clock.now(),
    )
    body = {"name": "陈美玲", "document_type": "resident_id", "document_number": resident_number()}
    statuses_seen = []
    for officer_id in (first.pk, first.pk, second.officer_id):
        client = client_for(queries.actor_of_officer(officer_id), bearer=True)
        answer = client.post(
            "/api/v1/persons",
            body,
            content_type="application/json",
            headers={"Idempotency-Key": "one"},
        )
        statuses_seen.append((answer.status_code, "Idempotency-Replayed" in answer))
    assert statuses_seen == [(201, False), (201, True), (409, False)]
