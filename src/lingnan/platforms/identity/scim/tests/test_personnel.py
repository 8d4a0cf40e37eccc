"""Civil servants come, change and leave as their personnel system says; nobody reaches further."""

import json
from typing import Any

import httpx
import pytest
from django.test import Client as Browser
from pytest_django.live_server_helper import LiveServer
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from lingnan.kernel import clock
from lingnan.kernel.errors import Refusal
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import max_queries
from lingnan.standards.agencies.models import Agency
from lingnan.standards.agencies.testing import make_agency

from ... import queries, services
from ...models import Account, Officer, ProvisionedUser, RoleGrant, Session
from ...services import ensure_roles
from ...sso.testing import Asking, make_client
from ...testing import PASSWORD, client_for, make_account, make_officer_actor, make_person
from ..errors import (
    AgencyBeyondReach,
    MemberUnknown,
    ResourceUnknown,
    RoleNotProvisioned,
    UserNameTaken,
    VersionOther,
)

pytestmark = pytest.mark.django_db

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
REFUSALS = (
    AgencyBeyondReach, MemberUnknown, ResourceUnknown, RoleNotProvisioned, UserNameTaken,
    VersionOther,
)  # fmt: skip
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class System:
    """A personnel system with its token."""

    def __init__(self, agency_kind: str = "other", region: str = "440106000000") -> None:
        self.agency = make_agency(agency_kind, region)
        owner = make_officer_actor("", agency_id=self.agency.id)
        client = make_client(
            "scim",
            kind="service",
            grant_types=["client_credentials"],
            redirect_uris=[],
            owner=owner,
        )
        data = {"grant_type": "client_credentials", "scope": "scim"}
        answer = Browser().post("/oauth/token", data, headers=client.basic)
        self.client, self.token = client, answer.json()["access_token"]
        self.browser = Browser(headers={"Authorization": f"Bearer {self.token}"})

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {} if body is None else {"data": json.dumps(body)}
        return self.browser.generic(
            method,
            f"/scim/v2{path}",
            content_type="application/scim+json",
            headers=headers,
            **sent,  # type: ignore[arg-type]
        )

    def add(self, name: str = "zhang.wei", **more: Any) -> dict[str, Any]:
        answer = self.call("POST", "/Users", person(name, **more))
        assert answer.status_code == 201, answer.content
        return dict(answer.json())

    def patch(self, path: str, *operations: dict[str, Any], **headers: str) -> Any:
        return self.call("PATCH", path, {"schemas": [PATCH], "Operations": operations}, **headers)


def said(answer: Any) -> type[Refusal] | None:
    """Which refusal of the feed an error of SCIM tells in its words."""
    detail = answer.json()["detail"]
    return next((kind for kind in REFUSALS if str(kind.message) in detail), None)


def person(name: str, **more: Any) -> dict[str, Any]:
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": name,
        "name": {"familyName": "张", "givenName": "伟"},
        "active": True,
        ENTERPRISE: {"employeeNumber": "A-7", "department": "审批科"},
        **more,
    }


def test_someone_comes_works_and_leaves_with_everything_at_once() -> None:
    ensure_roles()
    system = System()
    made = system.add("Zhang.Wei@gd.gov.cn", password=PASSWORD, externalId="HR-1")
    row = ProvisionedUser.objects.get(pk=made["id"])
    assert row.officer_id is not None and row.account_id is not None
    officer = Officer.objects.get(pk=row.officer_id)
    assert (officer.name, officer.agency_id) == ("张伟", system.agency.id)
    assert officer.account.username == "zhang.wei-gd.gov.cn"
    assert officer.account.must_change_password
    assert made["meta"]["version"] == 'W/"1"' and "password" not in made
    group = {
        "schemas": [GROUP],
        "displayName": "case_handler",
        "members": [{"value": made["id"], "type": "User"}],
    }
    grouped = system.call("POST", "/Groups", group)
    assert grouped.status_code == 201, grouped.content
    grant = RoleGrant.objects.get(officer=officer)
    assert (grant.role.code, grant.agency_id) == ("case_handler", system.agency.id)
    shown = system.call("GET", f"/Users/{made['id']}").json()
    assert shown["groups"][0]["display"] == "case_handler"

    browser = client_for(queries.actor_of_officer(officer.pk))
    program = make_client("openid", "officer", "offline_access")
    tokens = Asking(program, scope="openid officer offline_access").tokens(browser)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert Browser().get("/oauth/userinfo", headers=headers).status_code == 200

    gone = system.patch(f"/Users/{made['id']}", {"op": "replace", "path": "active", "value": False})
    assert gone.status_code == 200, gone.content
    assert gone.json()["active"] is False
    officer.refresh_from_db()
    grant.refresh_from_db()
    assert not officer.active and grant.revoked_at is not None
    assert not Session.objects.filter(account=officer.account, ended_at=None).exists()
    assert browser.get("/account/").status_code == 302
    assert Browser().get("/oauth/userinfo", headers=headers).status_code == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert Browser().post("/oauth/token", refresh, headers=program.basic).status_code == 400
    assert OutboxEvent.objects.filter(name="identity.officer_left_agency").count() == 1
    assert Account.objects.get(pk=row.account_id).state == "closed"

    back = system.patch(f"/Users/{made['id']}", {"op": "replace", "path": "active", "value": True})
    assert back.json()["active"] is True
    row = ProvisionedUser.objects.get(pk=made["id"])
    assert row.officer_id is not None and row.account_id is not None
    assert row.account_id == officer.account_id and row.officer_id != officer.pk
    assert RoleGrant.objects.filter(officer_id=row.officer_id, revoked_at=None).count() == 1
    assert system.call("DELETE", f"/Users/{made['id']}").status_code == 204
    assert system.call("GET", f"/Users/{made['id']}").status_code == 404
    assert not Officer.objects.filter(account_id=row.account_id, active=True).exists()


def test_who_joined_his_work_to_his_own_account_is_not_put_back_on_it_unasked() -> None:
    system = System()
    made = system.add(password=PASSWORD)
    row = ProvisionedUser.objects.get(pk=made["id"])
    assert row.officer_id is not None and row.account_id is not None
    made_for_work = row.account_id
    owner = make_account(make_person("张伟"))
    Officer.objects.filter(pk=row.officer_id).update(account=owner, person_id=owner.person_id)
    joined = Account.objects.filter(pk=row.account_id)
    joined.update(  # as `merge_accounts` leaves it
        state="closed",
        closed_at=clock.now(),
        closed_because="merged",
        merged_into=owner,
        username="closed-1",
    )
    ProvisionedUser.objects.filter(pk=row.pk).update(account=owner)
    below = make_agency("fire", "440106000000")
    Agency.objects.filter(pk=below.id).update(parent=system.agency.id)
    moved = {"op": "replace", "path": f"{ENTERPRISE}:organization", "value": below.uscc}
    assert system.patch(f"/Users/{made['id']}", moved).status_code == 200
    assert Officer.objects.get(account=owner, active=True).agency_id == below.id
    active = {"op": "replace", "path": "active"}
    assert system.patch(f"/Users/{made['id']}", {**active, "value": False}).status_code == 200
    for account in (owner.pk, made_for_work):  # as he has it, and as an older feed remembers it
        ProvisionedUser.objects.filter(pk=row.pk).update(account=account)
        back = system.patch(f"/Users/{made['id']}", {**active, "value": True})
        assert back.status_code == 200, back.content
        assert not Officer.objects.filter(account=owner, active=True).exists()
        row.refresh_from_db()
        assert row.officer_id is not None
        officer = Officer.objects.get(pk=row.officer_id)
        assert officer.account_id != owner.pk and officer.account.person_id is None
        assert officer.person_id == owner.person_id, "who he is stays known"
        assert system.patch(f"/Users/{made['id']}", {**active, "value": False}).status_code == 200
        Account.objects.filter(pk=officer.account_id).update(username=f"left-{account.hex}")
        row.refresh_from_db()
    joined.get().refresh_from_db()
    assert joined.get().state == "closed"


def test_a_move_told_after_the_post_was_ended_at_the_desk_brings_nobody_back_on_his_own() -> None:
    system = System()
    made = system.add(password=PASSWORD)
    row = ProvisionedUser.objects.get(pk=made["id"])
    assert row.officer_id is not None and row.account_id is not None
    owner = make_account(make_person("张伟"))
    Officer.objects.filter(pk=row.officer_id).update(account=owner, person_id=owner.person_id)
    Account.objects.filter(pk=row.account_id).update(username="closed-1")
    ProvisionedUser.objects.filter(pk=row.pk).update(account=owner)  # he joined it to his own
    services.deactivate_officer(
        actor=make_officer_actor("system_admin", region_code="440106000000"),
        officer_id=row.officer_id,
        at=clock.now(),
    )
    below = make_agency("fire", "440106000000")
    Agency.objects.filter(pk=below.id).update(parent=system.agency.id)
    moved = {"op": "replace", "path": f"{ENTERPRISE}:organization", "value": below.uscc}
    assert system.patch(f"/Users/{made['id']}", moved).status_code == 200
    assert not Officer.objects.filter(account=owner, active=True).exists()
    row.refresh_from_db()
    assert row.officer_id is not None
    officer = Officer.objects.get(pk=row.officer_id)
    assert (officer.active, officer.agency_id) == (True, below.id)
    assert officer.account.person_id is None and officer.person_id == owner.person_id


def test_a_system_reaches_its_own_agency_and_no_other_system() -> None:
    system, other = System(), System("other", "440305000000")
    made = system.add()
    for method in ("GET", "DELETE"):
        hidden = other.call(method, f"/Users/{made['id']}")
        assert (hidden.status_code, said(hidden)) == (404, ResourceUnknown)
    assert other.call("GET", "/Users").json()["totalResults"] == 0
    outside = person("li.na", **{ENTERPRISE: {"organization": other.agency.uscc}})
    refused = system.call("POST", "/Users", outside)
    assert refused.status_code == 400 and refused.json()["scimType"] == "invalidValue"
    assert said(refused) == AgencyBeyondReach
    inside = person("li.na", **{ENTERPRISE: {"organization": system.agency.uscc}})
    assert system.call("POST", "/Users", inside).status_code == 201
    member = {"schemas": [GROUP], "displayName": "x", "members": [{"value": made["id"]}]}
    strange = other.call("POST", "/Groups", member)
    assert (strange.status_code, said(strange)) == (400, MemberUnknown)
    taken = system.call("POST", "/Users", person("ZHANG.WEI"))
    assert taken.status_code == 409 and taken.json()["scimType"] == "uniqueness"
    assert said(taken) == UserNameTaken


def test_administration_is_no_feeds_to_give() -> None:
    ensure_roles()
    system = System()
    made = system.add()
    group = {
        "schemas": [GROUP],
        "displayName": "security_admin",
        "members": [{"value": made["id"]}],
    }
    kept = system.call("POST", "/Groups", group)
    assert (kept.status_code, said(kept)) == (403, RoleNotProvisioned)
    assert not RoleGrant.objects.filter(role__code="security_admin").exists()


def test_only_a_live_token_with_the_scope_gets_in() -> None:
    system = System()
    paths = ("/Users", "/Groups", "/Schemas", "/ServiceProviderConfig", "/Bulk", "/nothing")
    for token in ("", "lgc_x", "lgs_x"):
        browser = Browser(headers={"Authorization": f"Bearer {token}"})
        for path in paths:
            answer = browser.get(f"/scim/v2{path}")
            assert answer.status_code == 401 and "scim" in answer["WWW-Authenticate"], path
    officer = client_for(make_officer_actor("system_admin"), bearer=True)
    assert officer.get("/scim/v2/Users").status_code == 401
    system.client.row.state = "suspended"
    system.client.row.reason = "停用测试"
    system.client.row.save()
    assert system.call("GET", "/Users").status_code == 401


def test_people_are_found_sorted_paged_and_shown_in_part() -> None:
    system = System()
    for name in ("chen.mei", "an.bo", "bai.lu"):
        system.add(name, externalId=f"HR-{name}")

    def names(query: str) -> list[str]:
        answer = system.call("GET", f"/Users?{query}")
        assert answer.status_code == 200, answer.content
        return [item["userName"] for item in answer.json()["Resources"]]

    assert names('filter=userName eq "CHEN.mei"') == ["chen.mei"]
    assert names('filter=externalId eq "HR-an.bo"') == ["an.bo"]
    assert names('filter=userName sw "b" or name.familyName eq "李"') == ["bai.lu"]
    assert names("sortBy=userName") == ["an.bo", "bai.lu", "chen.mei"]
    assert names("sortBy=userName&sortOrder=descending&startIndex=2&count=1") == ["bai.lu"]
    page = system.call("GET", "/Users?count=0").json()
    assert page["totalResults"] == 3 and page["itemsPerPage"] == 0
    part = system.call("GET", "/Users?attributes=userName&count=1").json()["Resources"][0]
    assert set(part) == {"schemas", "id", "userName"}
    for bad in ("filter=userName xx 1", "filter=nothing eq 1", "startIndex=x", "sortBy=name"):
        assert system.call("GET", f"/Users?{bad}").status_code == 400, bad
    search = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": 'userName co "an"',
    }
    assert system.call("POST", "/Users/.search", search).json()["totalResults"] == 1
    with max_queries(8):
        system.call("GET", "/Users")


def test_versions_guard_against_lost_changes() -> None:
    system = System()
    made = system.add()
    path = f"/Users/{made['id']}"
    tag = made["meta"]["version"]
    assert system.call("GET", path, **{"If-None-Match": tag}).status_code == 304
    title = {"op": "add", "path": "title", "value": "科长"}
    changed = system.patch(path, title, **{"If-Match": tag})
    assert changed.status_code == 200 and changed["ETag"] == 'W/"2"'
    late = system.patch(path, title, **{"If-Match": tag})
    assert (late.status_code, said(late)) == (412, VersionOther)
    assert system.call("DELETE", path, **{"If-Match": "nonsense"}).status_code == 412
    # All operations of a patch or none.
    half = system.patch(path, {"op": "replace", "path": "title", "value": "处长"}, {"op": "remove"})
    assert half.status_code == 400
    assert system.call("GET", path).json()["title"] == "科长"


def test_many_at_once_refer_to_each_other() -> None:
    system = System()
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "u", "data": person("zhao.yun")},
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "g",
                "data": {
                    "schemas": [GROUP],
                    "displayName": "审批科",
                    "members": [{"value": "bulkId:u"}],
                },
            },
            {"method": "POST", "path": "/Users", "bulkId": "v", "data": person("zhao.yun")},
            {"method": "DELETE", "path": "/Users/bulkId:u"},
        ],
    }
    answer = system.call("POST", "/Bulk", body)
    assert answer.status_code == 200, answer.content
    statuses = [item["status"] for item in answer.json()["Operations"]]
    assert statuses == ["201", "201", "409", "204"]
    stopped = system.call("POST", "/Bulk", {**body, "failOnErrors": 1})
    assert len(stopped.json()["Operations"]) == 3
    many = {**body, "Operations": [{"method": "DELETE", "path": "/Users/x"}] * 101}
    assert system.call("POST", "/Bulk", many).status_code == 413


def test_bad_bodies_are_scim_errors() -> None:
    system = System()
    bodies: tuple[Any, ...] = ([], "x", {"schemas": []}, {"schemas": [USER]}, {"userName": 5})
    for body in bodies:
        answer = system.call("POST", "/Users", body)
        assert answer.status_code == 400, body
        assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    nul = {"schemas": [USER], "userName": "a\x00b"}
    assert system.call("POST", "/Users", nul).status_code == 400
    assert system.call("PUT", "/Users/x", {}).status_code == 404
    assert system.call("TRACE", "/Users").status_code == 405
    assert not ProvisionedUser.objects.exists()


def over_network(http: httpx.Client) -> Any:
    """The tester's door to a server of its own process, opened to one over the network."""

    def forward(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        query = environ.get("QUERY_STRING", "")
        length = int(environ.get("CONTENT_LENGTH") or 0)
        headers = {"Authorization": environ.get("HTTP_AUTHORIZATION", "")}
        for name, key in (("CONTENT_TYPE", "Content-Type"), ("HTTP_IF_MATCH", "If-Match")):
            if environ.get(name):
                headers[key] = environ[name]
        answer = http.request(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"] + (f"?{query}" if query else ""),
            content=environ["wsgi.input"].read(length) if length else None,
            headers=headers,
        )
        kept = [
            (key, answer.headers[key])
            for key in ("content-type", "location", "etag")
            if key in answer.headers
        ]
        start_response(f"{answer.status_code} {answer.reason_phrase}", kept)
        return [answer.content]

    return forward


@pytest.mark.django_db(transaction=True)
def test_the_conformance_tester_finds_nothing(live_server: LiveServer, settings: Any) -> None:
    settings.LINGNAN = settings.LINGNAN.model_copy(update={"public_url": live_server.url})
    system = System()
    with httpx.Client(base_url=live_server.url) as http:
        scim = WSGISCIMClient(
            over_network(http),
            base_url=f"{live_server.url}/scim/v2",
            headers={"Authorization": f"Bearer {system.token}"},
        )
        results = check_server(scim)
    wrong = [
        f"{result.resource_type} {result.title}: {result.status} {result.reason}"
        for result in results
        if result.status != Status.SUCCESS
    ]
    assert not wrong, "\n".join(wrong)
    assert len(results) > 100
