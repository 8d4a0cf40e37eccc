"""The developers' pages: complete, true to the code, and their blocks run as they stand."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation
from pytest_django.live_server_helper import LiveServer

from lingnan.applications.government_services.testing import ANSWERS, make_setting
from lingnan.kernel.errors import refusal_classes
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.testing import PASSWORD
from lingnan.project.developers.first_request import FirstCase, blocks
from lingnan.project.developers.reference import TITLES, groups
from lingnan.project.openapi import refusals_by_code

from .conftest import Operation, World

PAGES = (
    "/developers/",
    "/developers/reference/",
    "/developers/errors/",
    "/developers/events/",
    "/developers/health/",
)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_pages_are_open_to_all(client: Client, path: str, language: str) -> None:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode()
    assert 'style="' not in answer.content.decode()


@pytest.mark.django_db
def test_reference_shows_every_operation(client: Client, every_operation: list[Operation]) -> None:
    shown = ""
    for group in groups():
        answer = client.get(f"/developers/reference/{group.slug}/")
        assert answer.status_code == 200
        shown += answer.content.decode()
    for path, _method, operation in every_operation:
        assert f'id="{operation["operationId"]}"' in shown
        assert path in shown
    assert client.get("/developers/reference/no-such-group/").status_code == 404


@pytest.mark.django_db
def test_groups_are_named_in_the_readers_language(client: Client) -> None:
    for path in ("/developers/", "/developers/reference/", "/developers/reference/credit/"):
        pages = {
            language: client.get(path, headers={"Accept-Language": language}).content.decode()
            for language in ("zh-hans", "en")
        }
        assert "社会信用：主体、双公示" in pages["zh-hans"], path
        assert "Social credit: subjects" not in pages["zh-hans"], path
        assert "Social credit: subjects" in pages["en"], path
    with translation.override("zh-hans"):
        for group in groups():
            assert group.title != TITLES[group.tag], f"{group.tag}: no Chinese name"
            assert group.about != group.description, f"{group.tag}: no Chinese description"


@pytest.mark.django_db
def test_reference_is_searched_on_the_server(client: Client) -> None:
    found = client.get("/developers/reference/", {"q": "POST drafts"}).content.decode()
    assert "#government_services_open_draft" in found
    assert "#licences_verify" not in found
    by_code = client.get("/developers/reference/", {"q": "case.materials_missing"}).content.decode()
    assert "#government_services_submit_case" in by_code
    nothing = client.get("/developers/reference/", {"q": "\x00zzz<b>"})
    assert nothing.status_code == 200
    assert "<b>" not in nothing.content.decode()


@pytest.mark.django_db
def test_every_problem_type_leads_to_its_line(client: Client) -> None:
    page = client.get("/developers/errors/").content.decode()
    for code in refusals_by_code():
        assert f'id="{code}"' in page
    problem = client.get("/api/v1/me").json()
    path, _hash, anchor = problem["type"].partition("#")
    assert path == "/developers/errors/"
    assert f'id="{anchor}"' in page


def test_codes_are_not_shared() -> None:
    """Two refusals under one code would be one line on the page."""
    own = [
        cls
        for cls in refusal_classes()
        if cls.__module__.startswith("lingnan.") and ".tests" not in cls.__module__
    ]
    by_code: dict[str, set[str]] = {}
    for cls in own:
        by_code.setdefault(cls.code, set()).add(f"{cls.__module__}.{cls.__qualname__}")
    inherited = {cls for cls in own if "code" not in vars(cls)}
    shared = {
        code: names
        for code, names in by_code.items()
        if len(names - {f"{c.__module__}.{c.__qualname__}" for c in inherited}) > 1
    }
    assert shared == {}


@pytest.mark.django_db
def test_health_is_terse_to_strangers(client: Client) -> None:
    answer = client.get("/api/v1/health")
    assert answer.status_code == 200
    assert {key for key, value in answer.json().items() if value is not None} == {"status"}


def test_health_tells_administrators(world: World, client: Client) -> None:
    told = client.get("/api/v1/health", headers=world.headers("officer")).json()
    assert told["pending_events"] > 0, "the world of this test has undelivered events"
    assert told["versions"].keys() == {"lingnan", "python", "django", "postgresql"}
    assert (
        client.get("/api/v1/health", headers=world.headers("resident")).json()["versions"] is None
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_the_first_requests_run_as_they_stand(live_server: LiveServer, tmp_path: Path) -> None:
    """What the start page shows, pasted into a shell: the last answer is the case."""
    setting = make_setting(materials=[])
    account_id = setting.applicant.account_id
    assert account_id is not None
    case = FirstCase(
        base_url=live_server.url,
        username=identity.account_card(account_id).username,
        password=PASSWORD,
        query=setting.item.name["zh-hans"],
        region="440106000000",
        answers=ANSWERS,
    )
    script = "\n".join(f"{block} > $OUT/{n}.json" for n, block in enumerate(blocks(case)))
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        env={**os.environ, "OUT": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    me, guide, made = (json.loads((tmp_path / f"{n}.json").read_text()) for n in range(3))
    assert me["name"] == setting.applicant.name
    assert guide["code31"] == setting.item.code31
    assert made["number"].startswith(setting.item.code31)
