"""What every answer carries, and what no address does without a token of the page."""

from uuid import UUID

import pytest
from django.http import HttpResponseBase
from django.test import Client

from lingnan.platforms.identity.testing import (
    PASSWORD,
    client_for,
    make_account,
    make_officer_actor,
    make_person_actor,
)

from .asking import api_routes, ask, filled, page_routes, parts_of

pytestmark = pytest.mark.django_db

# Programs speak here, with their own secret or token in each request; no cookie counts.
FOR_PROGRAMS = ("oauth/", "scim/", "^scim/", ".well-known/")
WITH_COOKIE = {"oauth/consent", "oauth/logout/confirm"}


def address(route: str) -> str:
    values = dict.fromkeys(parts_of(route), "1")
    return filled(route, {p: str(UUID(int=1)) if p.endswith(("_id", "_pk")) else v
                          for p, v in values.items()})  # fmt: skip


def is_for_programs(route: str) -> bool:
    return route.startswith(FOR_PROGRAMS) and route not in WITH_COOKIE


def pages() -> list[str]:
    found = [route for route in page_routes() if "?P<" not in route]
    assert len(found) > 150
    return found


def missing(answer: HttpResponseBase) -> str:
    policy = answer.get("Content-Security-Policy", "")
    if "unsafe" in policy or "default-src 'self'" not in policy:
        return f"policy {policy!r}"
    if "frame-ancestors 'none'" not in policy or "object-src 'none'" not in policy:
        return f"frames or objects: {policy!r}"
    if answer.get("X-Content-Type-Options") != "nosniff":
        return "nosniff"
    if answer.get("Referrer-Policy") != "same-origin":
        return "referrer"
    return ""


@pytest.mark.parametrize("who", ["anonymous", "person", "officer"])
def test_every_page_is_framed_by_no_one_and_kept_by_no_cache(who: str) -> None:
    client = client_for(
        {"person": make_person_actor, "officer": make_officer_actor}.get(who, lambda: None)()
    )
    wrong = []
    for route in pages():
        answer = ask(client, "GET", address(route))
        problem = missing(answer)
        if who != "anonymous" and "no-store" not in answer.get("Cache-Control", ""):
            problem = problem or f"Cache-Control {answer.get('Cache-Control')!r}"
        if problem:
            wrong.append(f"{route} ({answer.status_code}): {problem}")
    assert not wrong, "\n".join(wrong)


def strict(client: Client) -> Client:
    """The same browser, whose requests come from another site: no token."""
    made = Client(enforce_csrf_checks=True, raise_request_exception=False)
    made.cookies = client.cookies
    return made


@pytest.mark.parametrize("who", ["person", "officer"])
def test_no_page_acts_on_a_request_of_another_site(who: str) -> None:
    actor = make_person_actor() if who == "person" else make_officer_actor()
    client = strict(client_for(actor))
    wrong, asked = [], 0
    for route in pages():
        if is_for_programs(route):
            continue
        answer = ask(client, "POST", address(route), data=b"",
                     content_type="application/x-www-form-urlencoded")  # fmt: skip
        asked += 1
        if answer.status_code not in {403, 405}:
            wrong.append(f"POST {route}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert asked > 100


def test_no_operation_acts_on_a_request_of_another_site() -> None:
    client = strict(client_for(make_person_actor()))
    wrong, asked = [], 0
    for route, operation in api_routes().items():
        method = route.split()[0]
        if method == "GET":
            continue
        path = address(route)
        for parameter in operation.get("parameters", ()):
            for choice in parameter.get("schema", {}).get("enum", ())[:1]:
                name = parameter["name"]
                path = filled(
                    route, {p: str(UUID(int=1)) for p in parts_of(route)} | {name: choice}
                )
        answer = ask(client, method, path, data=b"{}", content_type="application/json")
        asked += 1
        if answer.status_code != 403:
            wrong.append(f"{route}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert asked > 100


ELSEWHERE = ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)",
             "http:evil.example", "///evil.example", "\t//evil.example", "/%09/evil.example",
             "https://testserver@evil.example/")  # fmt: skip


@pytest.mark.parametrize("onward", ELSEWHERE)
def test_signing_in_leads_to_no_other_site(onward: str) -> None:
    account = make_account()
    client = Client()
    answer = client.post(
        "/account/sign-in/password/",
        {"username": account.username, "password": PASSWORD, "next": onward},
        query_params={"next": onward},
    )
    assert answer.status_code == 302, answer.status_code
    location = answer["Location"]
    assert location.startswith("/") and not location.startswith(("//", "/\\", "/%09"))
    assert "javascript" not in location.split("?")[0]


def test_a_session_begins_anew_at_sign_in_and_its_cookie_is_for_no_script() -> None:
    account = make_account()
    client = Client()
    client.cookies["lingnan_session"] = "lgs_chosen_by_another"
    answer = client.post(
        "/account/sign-in/password/", {"username": account.username, "password": PASSWORD}
    )
    cookie = answer.cookies["lingnan_session"]
    assert cookie.value and cookie.value != "lgs_chosen_by_another"
    assert cookie["httponly"] and cookie["samesite"] in {"Lax", "Strict"}
    assert client.get("/account/").status_code == 200
    again = client.post(
        "/account/sign-in/password/", {"username": account.username, "password": PASSWORD}
    )
    assert again.cookies["lingnan_session"].value != cookie.value


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver@evil"])
def test_another_host_is_refused(host: str) -> None:
    for path in ("/", "/account/sign-in/", "/api/v1/health", "/.well-known/openid-configuration"):
        answer = Client(raise_request_exception=False).get(path, headers={"Host": host})
        assert answer.status_code == 400, path
        assert b"evil" not in answer.content
