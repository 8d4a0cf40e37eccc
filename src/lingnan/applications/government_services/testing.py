"""Builders for tests and benchmarks: a matter with its agencies, people and process; many cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from django.db import connection

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.platforms.identity.testing import make_officer_actor, make_person_actor
from lingnan.platforms.licences import services as licences
from lingnan.platforms.licences.testing import type_content
from lingnan.platforms.workflow import services as workflow
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.matters.testing import make_published_item
from lingnan.standards.matters.types import Item

from . import services
from .models import Case
from .types import MaterialGiven

REGION = "440106000000"
_serial = count(1)

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\n"
    b"xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n"
    b"0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n163\n%%EOF\n"
)

FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "applicant_name": {
            "type": "string",
            "minLength": 1,
            "x-title": {"zh-hans": "姓名", "en": "Name"},
            "x-prefill": "person.name",
        },
        "document_number": {
            "type": "string",
            "minLength": 6,
            "x-title": {"zh-hans": "证件号码", "en": "Document number"},
            "x-prefill": "person.document_number",
            "x-sensitive": True,
        },
        "place": {
            "type": "string",
            "minLength": 2,
            "x-title": {"zh-hans": "经营场所", "en": "Premises"},
        },
        "business_scope": {
            "type": "string",
            "x-title": {"zh-hans": "经营项目", "en": "Scope"},
            "x-widget": "select",
            "enum": ["hot", "cold"],
            "x-options": [
                {"value": "hot", "title": {"zh-hans": "热食", "en": "Hot food"}},
                {"value": "cold", "title": {"zh-hans": "冷食", "en": "Cold food"}},
            ],
        },
    },
    "required": ["applicant_name", "document_number", "place", "business_scope"],
}
ANSWERS: dict[str, Any] = {
    "applicant_name": "陈美玲",
    "document_number": "009999199005170025",
    "place": "中山一路 1 号",
    "business_scope": "hot",
}
MATERIALS = [
    {"code": "M01", "name": {"zh-hans": "申请书", "en": "Application"}, "kind": "form"},
    {
        "code": "M02",
        "name": {"zh-hans": "平面图", "en": "Plan"},
        "required": False,
    },
]
FEES = [
    {
        "code": "F01",
        "name": {"zh-hans": "工本费", "en": "Production fee"},
        "standard": {"zh-hans": "每证 10 元", "en": "CNY 10 each"},
        "legal_basis": "粤发改规〔2020〕1号",
        "unit_price_fen": 1000,
    }
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A published matter and everyone who has to do with it."""

    item: Item
    window_id: UUID
    agency_id: UUID
    applicant: Actor
    clerk: Actor
    handler: Actor
    inspector: Actor
    approver: Actor


def make_setting(
    *,
    with_fee: bool = False,
    with_inspection: bool = False,
    with_licence: bool = True,
    code12: str = "",
    region: str = REGION,
    form: Mapping[str, Any] | None = None,
    process: str = "",
    **item_changes: Any,
) -> Setting:
    """A matter of the market supervision bureau, received at the service centre of its district."""
    number = next(_serial)
    code12 = code12 or f"44019{number:04d}000"[:12].ljust(12, "0")
    window = make_agency("government_service", region)
    agency = make_agency("market_supervision", region)
    key = f"test_case_{number}"
    people = {
        role: make_officer_actor(role, agency_id=agency.id, name=name)
        for role, name in (
            ("case_handler", "黄承办"),
            ("inspector", "何核查"),
            ("approver", "梁审批"),
        )
    }
    clerk = make_officer_actor("window_clerk", agency_id=window.id, name="林窗口")
    workflow.publish_process(
        key=key,
        bpmn=process or process_xml(key, with_inspection=with_inspection, with_fee=with_fee),
        actor=SYSTEM,
        at=clock.now(),
    )
    licence_code = ""
    if with_licence:
        licence_code = str(licences.define_type(type_content(), at=clock.now()).code)
    changes: dict[str, Any] = {
        "materials": MATERIALS,
        "form_schema": dict(form or FORM),
        "process_key": key,
        "licence_type_code": licence_code,
        "fee_charged": with_fee,
        "fees": FEES if with_fee else [],
        "fee_basis": "粤发改规〔2020〕1号" if with_fee else "",
        **item_changes,
    }
    item = make_published_item(agency.id, code12=code12, **changes)
    return Setting(
        item=item,
        window_id=window.id,
        agency_id=agency.id,
        applicant=make_person_actor(),
        clerk=clerk,
        handler=people["case_handler"],
        inspector=people["inspector"],
        approver=people["approver"],
    )


def process_xml(key: str, *, with_inspection: bool = False, with_fee: bool = False) -> str:
    """A case: accept, correct, review, perhaps inspect, decide, perhaps pay, deliver."""
    after_review = "stop" if with_inspection else "decide"
    inspection = (
        _service("stop", "case.stop_clock")
        + _user("inspect", "inspector", "handling_agency", "passed,rectify,failed")
        + _service("restart", "case.restart_clock")
        + _flow("stop", "inspect")
        + _flow("inspect", "restart")
        + _flow("restart", "decide")
        if with_inspection
        else ""
    )
    after_grant = "bill" if with_fee else "issue_gate"
    fee = (
        _service("bill", "case.open_bill") + '<bpmn:intermediateCatchEvent id="paid">'
        '<bpmn:messageEventDefinition id="paid_def" messageRef="m_paid"/>'
        "</bpmn:intermediateCatchEvent>" + _flow("bill", "paid") + _flow("paid", "issue_gate")
        if with_fee
        else ""
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:lingnan="urn:lingnan:bpmn:1" targetNamespace="urn:lingnan:test">'
        '<bpmn:message id="m_corrected" name="case.correction_submitted"/>'
        '<bpmn:message id="m_paid" name="payment.settled"/>'
        f'<bpmn:process id="{key}" name="办件 | Case" isExecutable="true">'
        '<bpmn:startEvent id="start"/><bpmn:endEvent id="end"/>'
        + _user(
            "accept",
            "window_clerk",
            "receiving_agency",
            "accept,correct,refuse,not_needed,not_ours",
        )
        + '<bpmn:boundaryEvent id="silence" attachedToRef="accept">'
        '<bpmn:timerEventDefinition id="silence_def" lingnan:workdays="5"/></bpmn:boundaryEvent>'
        + _service("deemed", "case.deem_accepted")
        + '<bpmn:exclusiveGateway id="accepted" default="f_accepted_refused"/>'
        + _service("do_accept", "case.accept")
        + _service("tell", "case.notify_correction")
        + '<bpmn:eventBasedGateway id="await"/>'
        '<bpmn:intermediateCatchEvent id="corrected">'
        '<bpmn:messageEventDefinition id="corrected_def" messageRef="m_corrected"/>'
        "</bpmn:intermediateCatchEvent>"
        '<bpmn:intermediateCatchEvent id="late">'
        '<bpmn:timerEventDefinition id="late_def" lingnan:workdays="15"/>'
        "</bpmn:intermediateCatchEvent>"
        + _service("returned", "case.return")
        + _service("refused", "case.refuse")
        + _service("not_needed", "case.not_needed")
        + _service("not_ours", "case.not_ours")
        + _user("review", "case_handler", "handling_agency", "pass,object")
        + inspection
        + _user("decide", "approver", "handling_agency", "grant,deny,return")
        + '<bpmn:exclusiveGateway id="decided" default="f_decided_deny"/>'
        + _service("grant", "case.grant")
        + _service("deny", "case.deny")
        + fee
        + '<bpmn:exclusiveGateway id="issue_gate" default="f_issue_gate_deliver"/>'
        + _service("issue", "case.issue_licence")
        + _service("deliver", "case.deliver")
        + _flow("start", "accept")
        + _flow("silence", "deemed")
        + _flow("deemed", "review")
        + _flow("accept", "accepted")
        + _flow("accepted", "do_accept", 'outcome == "accept"')
        + _flow("accepted", "tell", 'outcome == "correct"')
        + _flow("accepted", "not_needed", 'outcome == "not_needed"')
        + _flow("accepted", "not_ours", 'outcome == "not_ours"')
        + _flow("accepted", "refused")
        + _flow("do_accept", "review")
        + _flow("tell", "await")
        + _flow("await", "corrected")
        + _flow("await", "late")
        + _flow("corrected", "accept")
        + _flow("late", "returned")
        + "".join(_flow(name, "end") for name in ("returned", "refused", "not_needed", "not_ours"))
        + _flow("review", after_review)
        + _flow("decide", "decided")
        + _flow("decided", "grant", 'outcome == "grant"')
        + _flow("decided", "review", 'outcome == "return"')
        + _flow("decided", "deny")
        + _flow("deny", "end")
        + _flow("grant", after_grant)
        + _flow("issue_gate", "issue", "has_licence == true")
        + _flow("issue_gate", "deliver")
        + _flow("issue", "deliver")
        + _flow("deliver", "end")
        + "</bpmn:process></bpmn:definitions>"
    )


def upload(setting: Setting, code: str = "M01", *, actor: Actor | None = None) -> MaterialGiven:
    """A material the actor has uploaded and may hand in."""
    card = services.upload_material(
        actor=actor or setting.applicant,
        item_code=setting.item.code31,
        code=code,
        content=PDF,
        name=f"{code}.pdf",
        at=clock.now(),
    )
    return MaterialGiven(code=code, file_id=card.id)


def make_case(
    setting: Setting, *, actor: Actor | None = None, at: datetime | None = None, **changes: Any
) -> Case:
    """A case handed in with good answers and the required material."""
    actor = actor or setting.applicant
    arguments: dict[str, Any] = {
        "data": dict(ANSWERS),
        "given": [upload(setting, actor=actor)],
        **changes,
    }
    return services.submit_case(
        actor=actor, item_code=setting.item.code31, at=at or clock.now(), **arguments
    )


def make_granted_case(setting: Setting, *, at: datetime | None = None) -> Case:
    """A case accepted, reviewed and granted; without fee and inspection it is delivered too."""
    at = at or clock.now()
    case = make_case(setting, at=at)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=at)
    services.review_case(actor=setting.handler, case_id=case.pk, at=at)
    return services.decide_case(actor=setting.approver, case_id=case.pk, outcome="grant", at=at)


def bulk_cases(
    setting: Setting, quantity: int, *, applicant_id: UUID | None = None, at: datetime | None = None
) -> int:
    """Many concluded and running cases of one item at once, for lists at scale; returns how many.

    Written by the server itself (INSERT ... SELECT): no files, no process, no audit. One case a
    minute backwards from `at`: numbers from 5001 on, within 9,999 a day and beside real ones.
    """
    newest = (at or clock.now()) - timedelta(minutes=1)
    region = setting.item.region_path.strip("/").split("/")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO government_services_case (
                id, created_at, number, item_version_id, item_code, item_name,
                applicant_kind, applicant_id, applicant_name, channel,
                receiving_agency_id, deciding_agency_id, region_path, region_2, region_3,
                form_data, state, state_since, result, submitted_at, received_at,
                is_deemed_accepted, concluded_at, light, fee_fen
            )
            SELECT gen_random_uuid(), made.at,
                   %(code)s || to_char(made.at AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD')
                            || lpad((extract(hour FROM made.at AT TIME ZONE 'Asia/Shanghai') * 60
                                    + extract(minute FROM made.at) + 5001)::int::text, 4, '0'),
                   %(version)s, %(code)s, %(name)s::jsonb,
                   'person', coalesce(%(applicant)s, gen_random_uuid()), '测试申请人', 'web',
                   %(window)s, %(agency)s, %(path)s, %(region_2)s, %(region_3)s,
                   '{}'::jsonb,
                   CASE WHEN n %% 10 = 0 THEN 'review' ELSE 'delivered' END, made.at,
                   CASE WHEN n %% 10 = 0 THEN '' ELSE 'granted' END, made.at, made.at,
                   false, CASE WHEN n %% 10 = 0 THEN NULL ELSE made.at END, '', 0
            FROM generate_series(1, %(quantity)s) AS n,
                 LATERAL (SELECT %(newest)s::timestamptz - n * interval '1 minute' AS at) AS made
            """,
            {
                "code": setting.item.code31,
                "version": setting.item.item_version_id,
                "name": '{"zh-hans": "食品经营许可", "en": "Food business licence"}',
                "applicant": applicant_id,
                "window": setting.window_id,
                "agency": setting.agency_id,
                "path": setting.item.region_path,
                "region_2": region[1] if len(region) > 1 else "",
                "region_3": region[2] if len(region) > 2 else "",
                "quantity": quantity,
                "newest": newest,
            },
        )
        cursor.execute("ANALYZE government_services_case")
    return quantity


def _user(task_id: str, role: str, agency: str, outcomes: str) -> str:
    return (
        f'<bpmn:userTask id="{task_id}" name="{task_id}" lingnan:role="{role}"'
        f' lingnan:agency="{agency}" lingnan:outcomes="{outcomes}"/>'
    )


def _service(task_id: str, action: str) -> str:
    return f'<bpmn:serviceTask id="{task_id}" name="{task_id}" lingnan:action="{action}"/>'


def _flow(source: str, target: str, condition: str = "") -> str:
    name = f"f_{source}_{target}"
    inner = (
        f"<bpmn:conditionExpression>{condition.replace('&', '&amp;').replace('<', '&lt;')}"
        "</bpmn:conditionExpression>"
        if condition
        else ""
    )
    return (
        f'<bpmn:sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">'
        f"{inner}</bpmn:sequenceFlow>"
    )
