"""Programs are registered, judged by someone else, and stay their owner's; every route."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser
from joserfc.jwk import RSAKey

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.errors import NotFound
from lingnan.kernel.testing import check_routes, max_queries
from lingnan.standards.agencies.testing import make_agency

from ... import queries as people
from ... import services as identity
from ...models import Client, Mandate, Organisation
from ...testing import (
    client_for,
    firm_number,
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
    session_token,
)
from ...types import SelfApproval
from .. import queries, services
from ..errors import (
    ClientHasNoSecret,
    ClientMetadataWrong,
    ClientNeedsOwner,
    ClientStateWrong,
    ReasonMissing,
)
from ..services.clients import ClientDetails
from ..testing import CALLBACK, PURPOSE, Asking, make_client, make_owner

pytestmark = pytest.mark.django_db

NO = str(uuid4())


def details(**changes: Any) -> ClientDetails:
    values: dict[str, Any] = {
        "name": "示范平台",
        "kind": "web",
        "auth_method": "client_secret_basic",
        "scopes": ["openid", "profile"],
        "purposes": {"profile": PURPOSE},
        "redirect_uris": [CALLBACK],
        "contact": "ops@rp.example.cn",
        **changes,
    }
    return ClientDetails(**values)


def body(**changes: Any) -> dict[str, Any]:
    return {
        "name": "示范平台",
        "kind": "web",
        "auth_method": "client_secret_basic",
        "scopes": ["openid", "profile"],
        "purposes": {"profile": PURPOSE},
        "redirect_uris": [CALLBACK],
        "contact": "ops@rp.example.cn",
        **changes,
    }


def test_who_may_open_what() -> None:
    owner = make_owner()
    client = make_client(owner=owner, approved=False)
    pk = client.row.pk
    agency = make_agency("other")
    officer = make_officer_actor("window_clerk")
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor(), bearer=True),
        "owner": client_for(owner, bearer=True),
        "officer": client_for(officer, bearer=True),
        "reviewer": client_for(
            make_officer_actor("security_admin", agency_id=agency.id), bearer=True
        ),
    }

    def row(*statuses: int) -> dict[str, int]:
        return dict(zip(clients, statuses, strict=True))

    page, api = row(302, 200, 200, 200, 200), row(401, 200, 200, 200, 200)
    mine, mine_api = row(302, 404, 200, 404, 404), row(401, 404, 200, 404, 404)
    table = [
        ("GET", "/.well-known/openid-configuration", row(200, 200, 200, 200, 200)),
        ("GET", "/.well-known/oauth-authorization-server", row(200, 200, 200, 200, 200)),
        ("GET", "/oauth/jwks", row(200, 200, 200, 200, 200)),
        ("GET", "/oauth/authorize", row(400, 400, 400, 400, 400)),
        ("GET", "/oauth/resume", row(200, 200, 200, 200, 200)),
        ("POST", "/oauth/consent", row(400, 400, 400, 400, 400)),
        ("POST", "/oauth/token", row(400, 400, 400, 400, 400)),
        ("POST", "/oauth/revoke", row(401, 401, 401, 401, 401)),
        ("POST", "/oauth/introspect", row(401, 401, 401, 401, 401)),
        ("GET", "/oauth/userinfo", row(401, 401, 401, 401, 401)),
        ("POST", "/oauth/device_authorization", row(401, 401, 401, 401, 401)),
        ("POST", "/oauth/register", row(401, 400, 400, 400, 400)),
        ("GET", "/oauth/logout", row(302, 302, 302, 302, 302)),
        ("POST", "/oauth/logout/confirm", row(302, 302, 302, 302, 302)),
        ("GET", "/device/", page),
        ("POST", "/device/answer/", row(302, 403, 403, 403, 403)),
        ("GET", "/developers/sign-in/", page),
        ("GET", "/developers/sign-in/new/", page),
        ("GET", f"/developers/sign-in/{pk}/", mine),
        ("POST", f"/developers/sign-in/{pk}/secret/", mine),
        ("GET", "/account/consents/", page),
        ("POST", f"/account/consents/{NO}/withdraw/", row(302, 404, 404, 404, 404)),
        ("GET", "/desk/sign-in-programs/", row(302, 403, 403, 403, 200)),
        ("GET", f"/desk/sign-in-programs/{pk}/", row(302, 403, 403, 403, 404)),
        ("GET", "/api/v1/sso/clients", api),
        ("GET", f"/api/v1/sso/clients/{pk}", mine_api),
        ("POST", f"/api/v1/sso/clients/{pk}/secret", mine_api),
        ("GET", "/api/v1/sso/reviews", row(401, 403, 403, 403, 200)),
        ("GET", f"/api/v1/sso/reviews/{pk}", row(401, 403, 403, 403, 404)),
        ("POST", f"/api/v1/sso/reviews/{pk}/approval", row(401, 403, 403, 403, 404)),
        ("GET", "/api/v1/me/consents", api),
        ("DELETE", f"/api/v1/me/consents/{NO}", row(401, 404, 404, 404, 404)),
    ]
    check_routes(clients, table)
    reason = {"reason": "理由说明文字"}
    posts: tuple[tuple[str, Any, dict[str, int]], ...] = (
        ("/api/v1/sso/clients", body(), row(401, 403, 201, 201, 201)),
        (f"/api/v1/sso/reviews/{pk}/refusal", reason, row(401, 403, 403, 403, 404)),
        (f"/api/v1/sso/reviews/{pk}/suspension", reason, row(401, 403, 403, 403, 404)),
    )
    for path, sent, expected in posts:
        for who, status in expected.items():
            answer = clients[who].post(path, sent, content_type="application/json")
            assert answer.status_code == status, (path, who, answer.content)


def test_a_program_speaks_only_after_someone_else_approved_it() -> None:
    agency = make_agency("other")
    owner = make_officer_actor("security_admin", agency_id=agency.id)
    reviewer = make_officer_actor("security_admin", agency_id=agency.id)
    client = make_client(owner=owner, approved=False)
    browser = client_for(make_person_actor())
    assert Asking(client).start(browser).status_code == 400
    with pytest.raises(SelfApproval):
        services.approve_client(actor=owner, client_pk=client.row.pk, at=clock.now())
    with pytest.raises(ReasonMissing):
        services.refuse_client(actor=reviewer, client_pk=client.row.pk, reason=" ", at=clock.now())
    services.approve_client(actor=reviewer, client_pk=client.row.pk, at=clock.now())
    assert Asking(client).start(browser).status_code == 200
    with pytest.raises(ClientStateWrong):
        services.refuse_client(
            actor=reviewer, client_pk=client.row.pk, reason="材料不全，请补充", at=clock.now()
        )
    row = Client.objects.get(pk=client.row.pk)
    assert (row.state, row.reviewed_by_id) == ("approved", reviewer.officer_id)
    elsewhere = make_officer_actor(
        "security_admin", agency_id=make_agency("other", "440305000000").id
    )
    with pytest.raises(NotFound):
        services.suspend_client(
            actor=elsewhere, client_pk=client.row.pk, reason="越权尝试测试", at=clock.now()
        )


def test_a_reviewer_decides_on_the_page() -> None:
    agency = make_agency("other")
    owner = make_officer_actor("window_clerk", agency_id=agency.id)
    browser = client_for(make_officer_actor("security_admin", agency_id=agency.id))
    client = make_client(owner=owner, approved=False)
    path = f"/desk/sign-in-programs/{client.row.pk}/"
    assert client.row.name in browser.get("/desk/sign-in-programs/").content.decode()
    refused = browser.post(path, {"decision": "refuse", "reason": ""})
    assert refused.status_code == 422 and b"error-summary" in refused.content
    assert browser.post(path, {"decision": "approve"}).status_code == 302
    assert browser.post(path, {"decision": "suspend", "reason": "用户投诉核实"}).status_code == 302
    client.row.refresh_from_db()
    assert (client.row.state, client.row.reason) == ("suspended", "用户投诉核实")
    assert browser.post(path, {"decision": "approve"}).status_code == 302


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": " "}, "name"),
        ({"kind": "toaster"}, "kind"),
        ({"redirect_uris": ["http://rp.example.cn/cb"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://*.example.cn/cb"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://rp.example.cn/cb#x"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://u:p@rp.example.cn/cb"]}, "redirect_uris.0"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "redirect_uris.0"),
        ({"redirect_uris": ["cn.gov.app:/cb"]}, "redirect_uris.0"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"backchannel_logout_uri": "ftp://a.cn"}, "backchannel_logout_uri"),
        ({"scopes": ["openid", "everything"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["openid", "scim"]}, "scopes"),
        ({"purposes": {}}, "purposes.profile"),
        ({"auth_method": "none", "kind": "service"}, "grant_types"),
        ({"auth_method": "private_key_jwt"}, "jwks"),
        ({"auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "oct", "k": "AA"}]}}, "jwks"),
        ({"grant_types": ["password"]}, "grant_types"),
        ({"id_token_algorithm": "none"}, "id_token_algorithm"),
        ({"default_level": 9}, "default_level"),
        ({"contact": ""}, "contact"),
    ],
)
def test_a_registration_is_judged_field_by_field(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(ClientMetadataWrong) as refused:
        services.register_client(actor=make_owner(), details=details(**changes), at=clock.now())
    assert path in {problem.path for problem in refused.value.fields}
    assert not Client.objects.exists()


def test_private_keys_and_weak_ones_are_not_taken() -> None:
    strong = RSAKey.generate_key(2048)
    weak = {**strong.as_dict(private=False), "n": "w" * 171}
    for key in (strong.as_dict(private=True), weak):
        with pytest.raises(ClientMetadataWrong):
            services.register_client(
                actor=make_owner(),
                details=details(auth_method="private_key_jwt", jwks={"keys": [key]}),
                at=clock.now(),
            )


def test_nobody_registers_for_himself() -> None:
    with pytest.raises(ClientNeedsOwner):
        services.register_client(actor=make_person_actor(), details=details(), at=clock.now())


def test_who_may_not_register_is_told_before_he_types() -> None:
    for_himself = client_for(make_person_actor()).get("/developers/sign-in/new/").content.decode()
    assert "应用须以单位或部门名义登记，不能以个人名义登记。" in for_himself
    assert 'name="purpose_profile"' not in for_himself and 'href="/account/"' in for_himself
    leader = make_person()
    firm = identity.register_organisation(
        actor=SYSTEM,
        name="广州市自报贸易有限公司",
        registration_number=firm_number(),
        legal_representative_id=leader.pk,
        source=Organisation.Source.DECLARED,
        at=clock.now(),
    )
    unproven = client_for(make_person_actor(leader, organisation=firm))
    page = unproven.get("/developers/sign-in/new/").content.decode()
    assert f'href="/account/organisations/{firm.pk}/"' in page
    assert 'name="purpose_profile"' not in page
    assert (
        'name="purpose_profile"'
        in client_for(make_owner()).get("/developers/sign-in/new/").content.decode()
    )


def test_pages_of_a_program_say_in_words_what_it_is() -> None:
    agency = make_agency("other")
    owner = make_officer_actor("window_clerk", agency_id=agency.id)
    row = make_client(owner=owner, approved=False).row
    reviewer = client_for(make_officer_actor("security_admin", agency_id=agency.id))
    for browser, url in (
        (client_for(owner), f"/developers/sign-in/{row.pk}/"),
        (reviewer, f"/desk/sign-in-programs/{row.pk}/"),
    ):
        page = browser.get(url).content.decode()
        assert "有自有服务器的网站" in page
        assert "<code>web</code>" not in page and "<code>client_secret_basic</code>" not in page


def test_a_developer_registers_on_the_page_and_keeps_what_was_typed() -> None:
    owner = make_owner()
    browser = client_for(owner)
    typed = {
        "name": "示范平台",
        "kind": "web",
        "auth_method": "client_secret_basic",
        "redirect_uris": "https://rp.example.cn/cb\nhttp://rp.example.cn/x",
        "default_level": "1",
        "contact": "ops@rp.example.cn",
        "purpose_profile": "核对申请人姓名",
    }
    wrong = browser.post("/developers/sign-in/new/", typed)
    assert wrong.status_code == 422 and "核对申请人姓名" in wrong.content.decode()
    right = browser.post(
        "/developers/sign-in/new/", {**typed, "redirect_uris": "https://rp.example.cn/cb"}
    )
    assert right.status_code == 201
    row = Client.objects.get()
    assert row.scopes == ["openid", "profile"] and row.state == "submitted"
    assert right.context["secret"] not in row.secret_digest
    with max_queries(12):
        assert "示范平台" in browser.get("/developers/sign-in/").content.decode()
    assert browser.get(f"/developers/sign-in/{row.pk}/").status_code == 200
    assert list(queries.clients_of(make_owner()).items) == []


def test_programs_register_themselves_with_a_token() -> None:
    token = session_token(make_owner())
    browser = Browser(headers={"Authorization": f"Bearer {token}"})

    def register(**changes: Any) -> Any:
        sent = {
            "client_name": "示范平台",
            "redirect_uris": [CALLBACK],
            "scope": "openid profile",
            "purposes": {"profile": PURPOSE},
            "contacts": ["ops@rp.example.cn"],
            **changes,
        }
        return browser.post("/oauth/register", sent, content_type="application/json")

    made = register()
    assert made.status_code == 201, made.content
    assert made.json()["lingnan_state"] == "submitted"
    assert made.json()["client_secret"]
    assert register(redirect_uris=["http://x.cn/"]).json()["error"] == "invalid_redirect_uri"
    wrong: tuple[dict[str, Any], ...] = (
        {"scope": 5},
        {"redirect_uris": "x"},
        {"client_name": "a\x00"},
        {"purposes": []},
    )
    for bad in wrong:
        answer = register(**bad)
        assert answer.status_code == 400 and answer.json()["error"] == "invalid_client_metadata"
    by_cookie = client_for(make_owner())
    answer = by_cookie.post("/oauth/register", {}, content_type="application/json")
    assert answer.status_code == 401
    assert Client.objects.count() == 1


def test_a_person_sees_and_takes_back_what_he_agreed_to() -> None:
    actor = make_person_actor()
    browser = client_for(actor)
    client = make_client()
    Asking(client).tokens(browser)
    page = browser.get("/account/consents/").content.decode()
    assert client.row.name in page and client.row.owner_name in page
    token = session_token(actor)
    api = Browser(headers={"Authorization": f"Bearer {token}"})
    (item,) = api.get("/api/v1/me/consents").json()["items"]
    assert item["client_name"] == client.row.name
    stranger = client_for(make_person_actor(), bearer=True)
    assert stranger.delete(f"/api/v1/me/consents/{item['id']}").status_code == 404
    assert api.delete(f"/api/v1/me/consents/{item['id']}").status_code == 204
    assert api.get("/api/v1/me/consents").json()["items"] == []
    assert Asking(client).start(browser).status_code == 200, "asked anew"


@pytest.mark.django_db
def test_a_reviewer_reads_what_scopes_in_the_programs_own_name_are_for() -> None:
    browser = client_for(make_officer_actor("window_clerk"))
    typed = {
        "name": "人事系统",
        "kind": "service",
        "auth_method": "client_secret_basic",
        "contact": "hr@example.cn",
        "default_level": "1",
        "extra_scopes": "scim",
        "extra_purpose": "同步工作人员的任职",
    }
    assert browser.post("/developers/sign-in/new/", typed).status_code == 201
    row = Client.objects.get(name="人事系统")
    assert row.purposes == {"scim": "同步工作人员的任职"}
    reviewer = client_for(make_officer_actor("security_admin", region_code="440000000000"))
    page = reviewer.get(f"/desk/sign-in-programs/{row.pk}/").content.decode()
    assert "同步工作人员的任职" in page


@pytest.mark.django_db
def test_an_agent_for_named_matters_neither_sees_nor_registers_programs() -> None:
    firm = make_organisation()
    leader = make_person_actor(firm.legal_representative, organisation=firm)
    mine = make_client(owner=leader)
    agent = make_person("何代办")

    def acting(item_codes: list[str]) -> Browser:
        given = identity.give_mandate(
            actor=leader,
            agent_name=agent.name,
            agent_document_type=agent.document_type,
            agent_document_number=people.person(agent.pk).document_number,
            relation="employee",
            item_codes=item_codes,
            valid_from=clock.today(),
            valid_until=clock.today() + timedelta(days=30),
            at=clock.now(),
        )
        actor = make_person_actor(agent)
        identity.accept_mandate(actor=actor, mandate_id=given.pk, at=clock.now())
        browser = client_for(actor)
        browser.post("/account/acting-as/", {"principal": f"organisation:{firm.pk}"})
        return browser

    narrow = acting(["440790002000"])
    assert narrow.get("/api/v1/sso/clients").json()["items"] == []
    for path in (f"/api/v1/sso/clients/{mine.row.pk}", f"/developers/sign-in/{mine.row.pk}/"):
        assert narrow.get(path).status_code == 404
    renew = f"/api/v1/sso/clients/{mine.row.pk}/secret"
    assert narrow.post(renew, {}, content_type="application/json").status_code == 404
    refused = narrow.post("/api/v1/sso/clients", body(), content_type="application/json")
    assert refused.status_code == 403
    assert refused.json()["code"] == "identity.mandate_of_matters_only"
    mandate = Mandate.objects.get(agent=agent)
    identity.revoke_mandate(actor=leader, mandate_id=mandate.pk, at=clock.now())
    whole = acting([])
    assert len(whole.get("/api/v1/sso/clients").json()["items"]) == 1


def test_who_keeps_no_secret_gets_no_new_one() -> None:
    owner = make_owner()
    client = make_client(owner=owner, kind="native", auth_method="none")
    before = Client.objects.get(pk=client.row.pk).secret_digest
    answer = client_for(owner, bearer=False).post(
        f"/api/v1/sso/clients/{client.row.pk}/secret", {}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, ClientHasNoSecret.code)
    assert Client.objects.get(pk=client.row.pk).secret_digest == before
