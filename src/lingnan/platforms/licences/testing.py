"""Builders for tests of this and other modules: plain functions with defaults."""

from dataclasses import replace
from datetime import date
from itertools import count
from uuid import UUID, uuid4

from django.apps import apps

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor, Grant, Principal
from lingnan.platforms.documents import services as documents
from lingnan.standards.codes.types import uscc

from . import services
from .models import Licence, LicenceType
from .types import CHANGE_STATUS, VIEW_LICENCES, Holder

TYPE_CODE = "11440000MD0000101P001"
_serial = count(1)

FIELDS_SCHEMA = {
    "type": "object",
    "properties": {
        "business_scope": {"type": "string", "x-title": {"zh-hans": "经营项目", "en": "Scope"}},
        "place": {"type": "string", "x-title": {"zh-hans": "经营场所", "en": "Place"}},
    },
    "required": ["business_scope"],
}


def type_content(**changes: object) -> dict[str, object]:
    """The definition of a type for tests."""
    body = f"MD{next(_serial):06d}"
    owner = uscc.build(authority="1", org_class="1", region_code="440000", org_body=body)
    return {
        "code": f"{owner}001",
        "name": {"zh-hans": "演示经营许可证", "en": "Demo Business Permit"},
        "fields_schema": FIELDS_SCHEMA,
        "face": {"style": "blue", "fields": ["business_scope", "place"]},
        "issuer_kinds": [],
        "holder_kinds": ["person", "organisation"],
        "validity": {"kind": "years", "years": 5},
        "legal_basis": "食品安全法 35",
        "effective_from": "2020-01-01",
        **changes,
    }


def make_type(**changes: object) -> LicenceType:
    """A defined type."""
    return services.define_type(type_content(**changes), at=clock.now())


def make_agency(name: str = "演示市市场监督管理局", kind: str = "other") -> UUID:
    """An agency in a region of its own, from the reserved block."""
    number = next(_serial)
    code = f"{990000 + number:06d}000000"
    region = apps.get_model("regions", "Region").objects.create(
        code=code, name=f"演示{number}市", full_name=f"演示{number}市", level=2, kind="city",
        path=f"990000000000/{code}/",
    )  # fmt: skip
    agency = apps.get_model("agencies", "Agency").objects.create(
        uscc=uscc.build(
            authority="1", org_class="1", region_code="440100", org_body=f"ME{number:06d}"
        ),
        name=name,
        short_name=name,
        name_en="Demo Bureau",
        kind=kind,
        level=2,
        region=region,
        region_path=region.path,
        is_demo=True,
    )
    return UUID(str(agency.pk))


def make_holder(name: str = "陈美玲", code: str = "009999199005170025") -> Holder:
    """A person who holds."""
    return Holder(kind="person", id=uuid4(), name=name, code=code)


def holder_actor(holder: Holder) -> Actor:
    """The holder, signed in and acting for himself."""
    return Actor(
        kind="person",
        name=holder.name,
        account_id=uuid4(),
        person_id=holder.id,
        principal=Principal(kind=holder.kind, id=holder.id, name=holder.name),
    )


def officer_actor(agency_id: UUID | None, *permissions: str) -> Actor:
    """An officer of an agency who may see licences and change their status (or as named)."""
    held = frozenset(permissions or (VIEW_LICENCES, CHANGE_STATUS))
    return Actor(
        kind="officer",
        name="李科长",
        account_id=uuid4(),
        person_id=uuid4(),
        officer_id=uuid4(),
        agency_id=agency_id,
        grants=(Grant(role="approver", permissions=held, agency_id=agency_id),),
    )


def regional_actor(agency_id: UUID, *permissions: str) -> Actor:
    """An officer of an agency whose role was given for the agency's region, as a window clerk's."""
    actor = officer_actor(agency_id, *permissions)
    path = apps.get_model("agencies", "Agency").objects.get(pk=agency_id).region_path
    held = frozenset(permissions)
    return replace(actor, grants=(Grant(role="window", permissions=held, region_path=path),))


def make_ofd(*, pages: int = 1) -> bytes:
    """A paper of so many pages as an OFD without a seal, with room kept for one on the last."""
    lines = 1 + (pages - 1) * 20
    while True:
        paper = documents.layout(
            "notice",
            {
                "title": "演示通知",
                "number": "演示〔2026〕1号",
                "addressee": "演示单位",
                "paragraphs": ["本件为演示用。"] * lines,
                "agency_name": "演示市市场监督管理局",
                "date": "2026-11-23",
                "made_at": "2026-11-23T10:00:00+08:00",
            },
        )
        if len(paper.pages) >= pages:
            return documents.render_paper(paper, formats=("ofd",))["ofd"]
        lines += 4


def make_licence(**changes: object) -> Licence:
    """A valid licence of a demo type, agency and holder."""
    values: dict[str, object] = {
        "holder": make_holder(),
        "fields": {"business_scope": "热食类食品制售", "place": "演示路 1 号"},
        "valid_from": date(2026, 11, 23),
        "valid_until": date(2031, 11, 22),
        "actor": SYSTEM,
        "at": clock.now(),
        **changes,
    }
    if "type_code" not in values:
        values["type_code"] = make_type().code
    if "agency_id" not in values:
        values["agency_id"] = make_agency()
    return services.issue_licence(**values)  # type: ignore[arg-type]


def draft_content(**changes: object) -> dict[str, object]:
    """A complete type as a steward writes it, without a code."""
    return {
        "key": f"demo_permit_{next(_serial)}",
        "name": {"zh-hans": "演示经营许可证", "en": "Demo Business Permit"},
        "fields": [
            {"name": "scope", "title": {"zh-hans": "经营项目"}, "required": True},
            {
                "name": "kind",
                "title": {"zh-hans": "类别"},
                "kind": "choice",
                "options": [
                    {"value": "a", "title": {"zh-hans": "甲类"}},
                    {"value": "b", "title": {"zh-hans": "乙类"}},
                ],
            },
        ],
        "face": {"layout": "portrait", "style": "green"},
        "issuer_kinds": ["other"],
        "holder_kinds": ["organisation"],
        "validity": {"kind": "years", "years": 3},
        "legal_basis": "演示法 1",
        **changes,
    }
