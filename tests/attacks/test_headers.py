"""What every answer carries, and what no address does without a token of the page."""

from uuid import UUID

import pytest
from django.http import HttpResponseBase
from django.test import Client, override_settings
from django.urls import get_resolver

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.platforms.identity import services as identities
from lingnan.platforms.identity.testing import (
    PASSWORD,
    client_for,
    make_account,
    make_officer_actor,
    make_person_actor,
)
from lingnan.standards.agencies.testing import make_agency

from ..architecture.test_routes import pages as patterns
from .asking import api_routes, ask, filled, guards_of, page_routes, parts_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(300)]

# Programs speak here, with their own secret or token in each request. Where a browser comes too
# (authorize, logout), a page with a token asks before anything is done.
FOR_PROGRAMS = ("oauth/", "scim/v2/", "^scim/v2/", ".well-known/", "openid4vci/", "openid4vp/",
                "licences/credential-types/", "licences/status-lists/")  # fmt: skip
# A signed answer to a question this browser asked, brought by a page of the provider (SAML POST).
FROM_ANOTHER_SITE = {"account/sign-in/with/<slug:code>/acs/"}
# The same for everybody, so that a cache may keep it: keys, descriptions, lists of revocations.
SAME_FOR_ALL = {
    "oauth/jwks",
    ".well-known/openid-credential-issuer",
    ".well-known/jwt-vc-issuer",
    "licences/credential-types/<str:type_code>",
    "licences/status-lists/<uuid:list_id>",
    "pki/<str:serial_number>.crl",
}
WORDS = {"kind": "fee"}


def address(route: str) -> str:
    values = {part: WORDS.get(part, "1") for part in parts_of(route)}
    ids = {part: str(UUID(int=1)) for part in values if part.endswith(("_id", "_pk"))}
    return filled(route, {**values, **ids})


def pages() -> list[str]:
    found = [route for route in page_routes() if "?P<" not in route]
    assert len(found) > 250
    return found


def someone(who: str) -> Actor | None:
    if who == "anonymous":
        return None
    return make_person_actor() if who == "person" else make_officer_actor("approver")


def missing(answer: HttpResponseBase) -> str:
    policy = answer.get("Content-Security-Policy", "")
    if "unsafe" in policy or "*" in policy or "default-src 'self'" not in policy:
        return f"policy {policy!r}"
    for directive in ("frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"):
        if directive not in policy:
            return f"no {directive}: {policy!r}"
    for name, value in (
        ("X-Frame-Options", "DENY"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
    ):
        if answer.get(name) != value:
            return f"{name} {answer.get(name)!r}"
    return ""


@pytest.mark.parametrize("who", ["anonymous", "person", "officer"])
def test_every_page_is_framed_by_no_one_and_kept_by_no_cache(who: str) -> None:
    client, guards = client_for(someone(who)), guards_of()
    wrong, asked = [], 0
    for route in pages():
        if who == "anonymous" and guards[route].rule != "open":
            continue  # to the sign-in page, as one test of the strangers asks of each
        answer = ask(client, "GET", address(route))
        asked += 1
        problem = missing(answer)
        kept = answer.get("Cache-Control", "")
        if not problem and "no-store" not in kept and route not in SAME_FOR_ALL:
            problem = f"Cache-Control {kept!r}"
        if problem:
            wrong.append(f"{route} ({answer.status_code}): {problem}")
    assert not wrong, "\n".join(wrong)
    assert asked > (50 if who == "anonymous" else 250)


def test_operations_are_kept_by_no_cache_either() -> None:
    client = client_for(make_person_actor(), bearer=True)
    wrong = []
    for path in ("/api/v1/me", "/api/v1/cases", "/api/v1/licences", "/api/v1/none"):
        answer = client.get(path)
        if missing(answer) or "no-store" not in answer.get("Cache-Control", ""):
            wrong.append(f"{path}: {missing(answer)} {answer.get('Cache-Control')!r}")
    assert not wrong, "\n".join(wrong)


def strict(client: Client) -> Client:
    """The same browser, whose requests come from another site: no token."""
    made = Client(enforce_csrf_checks=True, raise_request_exception=False)
    made.cookies = client.cookies
    return made


def exempt_pages() -> set[str]:
    return {
        path
        for path, pattern in patterns(get_resolver())
        if getattr(pattern.callback, "csrf_exempt", False) and not path.startswith("api/v1/")
    }


def test_only_the_protocols_of_programs_do_without_a_token_of_the_page() -> None:
    exempt = exempt_pages()
    assert {path for path in exempt if not path.startswith(FOR_PROGRAMS)} == FROM_ANOTHER_SITE
    assert len(exempt) > 20


def test_no_page_acts_on_a_request_of_another_site() -> None:
    client, exempt = strict(client_for(make_person_actor())), exempt_pages()
    wrong, asked = [], 0
    for route in pages():
        if route in exempt:
            continue
        answer = ask(client, "POST", address(route), data=b"",
                     content_type="application/x-www-form-urlencoded")  # fmt: skip
        asked += 1
        if answer.status_code not in {403, 405}:
            wrong.append(f"POST {route}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert asked > 250


def test_no_operation_acts_on_a_request_of_another_site() -> None:
    client = strict(client_for(make_person_actor()))
    wrong, asked = [], 0
    for route, operation in api_routes().items():
        method = route.split()[0]
        if method == "GET":
            continue
        choices = {
            parameter["name"]: parameter["schema"]["enum"][0]
            for parameter in operation.get("parameters", ())
            if parameter.get("in") == "path" and "enum" in parameter["schema"]
        }
        parts = {part: str(UUID(int=1)) for part in parts_of(route)} | choices
        answer = ask(
            client, method, filled(route, parts), data=b"{}", content_type="application/json"
        )
        asked += 1
        if answer.status_code != 403 or b"csrf_token" not in getattr(answer, "content", b""):
            wrong.append(f"{route}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert asked > 150


ELSEWHERE = ("//evil.example/", "https://evil.example/", "/\\evil.example", "\\\\evil.example",
             "javascript:alert(1)", "http:evil.example", "http:///evil.example", "///evil.example",
             "\t//evil.example", "/\t/evil.example", "https://testserver@evil.example/",
             "/\r\nLocation: https://evil.example/")  # fmt: skip


def is_here(location: str) -> bool:
    """Whether a browser that follows stays on this site."""
    return location.startswith("/") and not location.startswith(("//", "/\\", "/\t"))


@pytest.mark.parametrize("onward", ELSEWHERE)
def test_nothing_posted_leads_to_another_site(onward: str) -> None:
    account = make_account()
    person = client_for(make_person_actor(account.person))
    typed = {"username": account.username, "password": PASSWORD}
    principal = f"person:{account.person_id}"
    for client, path, data in (
        (Client(), "/account/sign-in/", typed),
        (person, "/preferences/", {"language": "en"}),
        (person, "/account/acting-as/", {"principal": principal}),
    ):
        answer = client.post(path, {**data, "next": onward}, query_params={"next": onward})
        assert answer.status_code == 302, path
        assert is_here(answer["Location"]), (path, answer["Location"])
    for path in ("/account/sign-in/", "/account/step-up/", "/region/", "/account/choose/"):
        for client in (Client(), person):
            answer = client.get(path, {"next": onward})
            assert is_here(answer.get("Location", "/")), (path, answer["Location"])
            page = answer.content.decode()
            assert f'href="{onward}' not in page and f'action="{onward}' not in page, path


def test_a_session_begins_anew_at_sign_in_and_ends_at_sign_out() -> None:
    account = make_account()
    typed = {"username": account.username, "password": PASSWORD}
    client, thief = Client(), Client()
    client.cookies["lingnan_session"] = "lgs_chosen_by_another"
    cookie = client.post("/account/sign-in/", typed).cookies["lingnan_session"]
    first = cookie.value
    assert first and first != "lgs_chosen_by_another"
    again = client.post("/account/sign-in/", typed).cookies["lingnan_session"].value
    assert again != first
    assert identities.identify(token=first, at=clock.now(), address="") is None
    thief.cookies["lingnan_session"] = again
    assert thief.get("/account/").status_code == 200
    assert client.post("/account/sign-out/").status_code == 302
    assert client.cookies["lingnan_session"].value == ""
    assert thief.get("/account/").status_code == 302
    assert Client(headers={"Authorization": f"Bearer {again}"}).get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("production", [True, False])
def test_cookies_are_for_no_script_and_go_over_no_open_line(*, production: bool) -> None:
    account = make_account()
    client = Client()
    secure = {
        "SESSION_COOKIE_SECURE": production,
        "CSRF_COOKIE_SECURE": production,
        "LANGUAGE_COOKIE_SECURE": production,
    }
    with override_settings(**secure):
        client.get("/account/sign-in/")
        client.post("/account/sign-in/", {"username": account.username, "password": PASSWORD})
        client.post("/preferences/", {"language": "en"})
        client.post("/preferences/", {"layout": "large"})
    assert {"lingnan_session", "csrftoken", "lingnan_layout"} <= client.cookies.keys()
    for name, cookie in client.cookies.items():
        assert cookie["samesite"] in {"Lax", "Strict"}, name
        assert bool(cookie["httponly"]) or name == "csrftoken", name
        assert bool(cookie["secure"]) is production, name
        assert not cookie["domain"], name


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver@evil"])
def test_another_host_is_refused(host: str) -> None:
    for path in ("/", "/account/sign-in/", "/api/v1/health", "/.well-known/openid-configuration"):
        with override_settings(ALLOWED_HOSTS=["testserver"]):
            answer = Client(raise_request_exception=False).get(path, headers={"Host": host})
        assert answer.status_code == 400, path
        assert b"evil" not in answer.content, path


def test_no_host_of_a_request_is_believed_where_any_is_let_in() -> None:
    make_agency()
    with override_settings(ALLOWED_HOSTS=["*"]):
        for path in ("/", "/account/sign-in/", "/.well-known/openid-configuration", "/oauth/jwks"):
            answer = Client().get(path, headers={"Host": "evil.example"})
            assert b"evil.example" not in answer.content, path
