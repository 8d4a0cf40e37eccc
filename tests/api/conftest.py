"""Everyone who asks in these tests, and a small world in which much of what is asked for exists."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from lingnan.applications.government_services import services as cases
from lingnan.applications.government_services.testing import make_case, make_setting
from lingnan.kernel import clock, permissions
from lingnan.platforms.identity.testing import make_officer_actor, session_token
from lingnan.project.api import api, openapi
from lingnan.project.openapi import walk

Operation = tuple[str, str, dict[str, Any]]

WHO = ("anonymous", "resident", "officer")


@dataclass(frozen=True, slots=True)
class World:
    """Ids that exist, by the path parameter they fit, and the token of each who asks."""

    ids: dict[str, str]
    tokens: dict[str, str]

    def headers(self, who: str) -> dict[str, str]:
        token = self.tokens.get(who)
        return {"Authorization": f"Bearer {token}"} if token else {}


@pytest.fixture
def document() -> dict[str, Any]:
    return openapi(api)


@pytest.fixture
def every_operation(document: dict[str, Any]) -> list[Operation]:
    return list(walk(document))


@pytest.fixture
def world(db: None) -> World:
    """A case under way, a draft, and an officer with every right there is, everywhere: no guard
    may hide a bug from these tests."""
    setting = make_setting()
    case = make_case(setting)
    draft = cases.open_draft(actor=setting.applicant, item_code=setting.item.code31, at=clock.now())
    apps.get_model("identity", "Role").objects.create(
        code="everything",
        name={"en": "Everything", "zh-hans": "全部"},
        permissions=sorted(permissions.declared()),
    )
    officer = make_officer_actor("everything", region_code="440000000000")

    def first(label: str, name: str) -> str:
        return str(apps.get_model(label, name).objects.values_list("pk", flat=True).first())

    return World(
        ids={
            "case_id": str(case.pk),
            "draft_id": str(draft.pk),
            "code31": setting.item.code31,
            "agency_id": str(setting.agency_id),
            "officer_id": str(setting.handler.officer_id),
            "version_id": str(setting.item.item_version_id),
            "list_id": str(setting.item.service_item_id),
            "task_id": first("workflow", "WorkTask"),
            "instance_id": first("workflow", "ProcessInstance"),
            "year": "2027",
        },
        tokens={
            "resident": session_token(setting.applicant),
            "officer": session_token(officer),
        },
    )


@pytest.fixture
def client() -> Client:
    """Answers as the server would, also for a bug."""
    return Client(raise_request_exception=False)
