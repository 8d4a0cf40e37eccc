"""Everyone who asks in these tests, and a small world in which much of what is asked for exists."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.test import Client

from lingnan.applications.government_services import services as cases
from lingnan.applications.government_services.testing import make_case, make_setting
from lingnan.kernel import clock, permissions
from lingnan.kernel.actors import Actor
from lingnan.platforms.identity.testing import make_officer_actor, session_token
from lingnan.platforms.payment import services as payment
from lingnan.platforms.payment.testing import make_bill
from lingnan.platforms.payment.types import Source
from lingnan.project.api import api, openapi
from lingnan.project.openapi import walk

from .filled import fill

Operation = tuple[str, str, dict[str, Any]]

WHO = ("anonymous", "resident", "officer")


@dataclass(frozen=True, slots=True)
class World:
    """Ids that exist, by the path parameter they fit, and the token of each who asks."""

    ids: dict[str, str]
    tokens: dict[str, str]

    def known(self, path: str, who: str) -> dict[str, str]:
        """Values for the parameters of a path, as far as something fitting exists."""
        parts = path.split("/")
        found = {}
        for before, part in pairwise(parts):
            name = part.strip("{}")
            if part == name:
                continue
            for key in (f"{who}:{before}/{name}", f"{before}/{name}", name):
                if key in self.ids:
                    found[name] = self.ids[key]
                    break
        return found

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

    _pay(setting.agency_id, officer)
    filled = fill(resident=setting.applicant, officer=officer)

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
            "bill_id": first("payment", "Bill"),
            "refund_id": first("payment", "Refund"),
            "day_id": first("payment", "BusinessDay"),
            "difference_id": first("payment", "Difference"),
            "endpoint_id": first("payment", "ResultEndpoint"),
            "delivery_id": first("payment", "ResultDelivery"),
            "year": "2027",
            **filled,
        },
        tokens={
            "resident": session_token(setting.applicant),
            "officer": session_token(officer),
        },
    )


def _pay(agency_id: UUID, officer: Actor) -> None:
    """A paid bill with a refund and a result told of it, and a day with a difference."""
    at = clock.now()
    bill = make_bill(agency_id=agency_id, at=at)
    payment.collect_at_counter(actor=officer, bill_id=bill.pk, slip="1", at=at)
    payment.apply_refund(actor=officer, bill_id=bill.pk, amount_fen=400, reason="多收", at=at)
    day = payment.business_day("counter", clock.today())
    payment.import_lines(day.pk, source=Source.CHANNEL, name="x", lines=[], actor=officer, at=at)
    payment.compare_day(day.pk, actor=officer, at=at)
    payment.register_endpoint(
        actor=officer, agency_id=agency_id, url="https://1.1.1.1/results", at=at
    )
    payment.queue_result(event="payment.bill_settled", event_id=uuid4(), bill_id=bill.pk, at=at)


@pytest.fixture
def client() -> Client:
    """Answers as the server would, also for a bug."""
    return Client(raise_request_exception=False)
