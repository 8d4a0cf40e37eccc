"""Builders for tests of this module and of those above it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM

from . import services
from .types import Item

LAW: dict[str, str] = {
    "title": "中华人民共和国行政许可法",
    "article": "第十二条",
    "text": "",
    "url": "",
}


def list_content(**changes: Any) -> dict[str, Any]:
    """A complete and consistent list; changes replace whole fields."""
    return {
        "summary": {"zh-hans": "申请办理本事项。", "en": "Apply for this item."},
        "everyday_words": ["开店", "卖吃的要办什么证"],
        "themes": ["start_business"],
        "service_objects": ["1", "2"],
        "handling_forms": ["1", "2"],
        "case_type": "2",
        "approval_mode": "review_then_approve",
        "statutory_limit": 20,
        "promised_limit": 10,
        "conditions": ["有固定场所", "有专职人员"],
        "materials": [
            {"code": "M01", "name": {"zh-hans": "申请书", "en": "Application"}, "kind": "form"},
            {"code": "M02", "name": {"zh-hans": "身份证明", "en": "Proof of identity"}},
        ],
        "flow": [{"name": "申请"}, {"name": "受理"}, {"name": "决定"}],
        "results": [{"name": "食品经营许可证", "kind": "licence"}],
        "places": [{"name": "政务服务中心", "address": "中山一路1号", "hours": "9:00-17:00"}],
        "visits": 1,
        "visits_reason": "现场核验",
        "online_depth": 3,
        "consult_phone": "020-12345",
        "supervise_phone": "12345",
        **changes,
    }


def item_content(
    *,
    code12: str = "440199801000",
    name: str = "食品经营许可",
    name_en: str = "Food business licence",
    exercise_level: int = 4,
    everyday_words: tuple[str, ...] = (),
    **changes: Any,
) -> dict[str, Any]:
    """What `services.publish_from_content` takes; `changes` go into the list."""
    return {
        "basic": {
            "code12": code12,
            "name": {"zh-hans": name, "en": name_en},
            "legal_basis": [LAW],
            "everyday_words": list(everyday_words),
        },
        "exercise_level": exercise_level,
        "list": list_content(**changes),
    }


def make_published_item(
    agency_id: UUID, *, content: Mapping[str, Any] | None = None, **changes: Any
) -> Item:
    """A published list of an agency; the arguments are those of `item_content`."""
    return services.publish_from_content(
        content or item_content(**changes), agency_id=agency_id, actor=SYSTEM, at=clock.now()
    )
