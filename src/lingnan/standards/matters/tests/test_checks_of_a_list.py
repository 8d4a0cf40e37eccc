"""Standards 1.9: every check of a list is a refusal of its own; 1.8: tighten, never loosen."""

from typing import Any

import pytest

from lingnan.standards.matters import errors, queries, services
from lingnan.standards.matters.checks import (
    DEFAULT_ELEMENTS,
    consistency_problems,
    raise_found,
    unified_problems,
)
from lingnan.standards.matters.content import ItemContent, parse_content
from lingnan.standards.matters.testing import list_content, make_published_item

from .conftest import Places, catalogue_keeper

FEE = {"code": "F1", "name": "工本费", "standard": "10元/本", "legal_basis": "价格法"}


def found(**changes: Any) -> list[type[errors.Inconsistent]]:
    return [type(p) for p in consistency_problems(parse_content(list_content(**changes)))]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"promised_limit": 21}, errors.PromiseBeyondLaw),
        ({"promised_unit": "calendar_days"}, errors.UnitsDiffer),
        ({"case_type": "1", "approval_mode": "on_the_spot"}, errors.InstantTooSlow),
        ({"case_type": "9"}, errors.NotInstantNeedsPromise),
        ({"approval_mode": "on_the_spot"}, errors.PromisedNeedsReview),
        ({"visits_reason": ""}, errors.VisitsUnexplained),
        ({"visits": 0}, errors.VisitNeededInFact),
        ({"online_depth": 4}, errors.DepthFourWithVisits),
        ({"results": [{"name": "食品经营许可证"}]}, errors.LicenceNotIssued),
        ({"fee_charged": True}, errors.FeeRowsMissing),
        ({"fees": [FEE]}, errors.FeeRowsUnexpected),
        ({"fee_charged": True, "fees": [FEE | {"legal_basis": " "}]}, errors.FeeWithoutLaw),
        (
            {"materials": [{"code": "A", "name": "一"}, {"code": "A", "name": "二"}]},
            errors.MaterialRepeated,
        ),
        ({"form_schema": {"type": "objekt"}}, errors.BadFormSchema),
        (
            {"options": [{"number": 1, "name": "新办", "material_codes": ["X"]}]},
            errors.OptionUnknownMaterial,
        ),
        (
            {"options": [{"number": 1, "name": "新办"}, {"number": 1, "name": "变更"}]},
            errors.OptionRepeated,
        ),
    ],
)
def test_each_contradiction_has_its_own_refusal(
    changes: dict[str, Any], refusal: type[errors.Inconsistent]
) -> None:
    assert found(**changes) == [refusal]
    assert refusal.code.startswith("matters.") and refusal.source and refusal.path


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"visits": 0, "visits_reason": "", "supports_courier": True},
        {"visits": 0, "visits_reason": "", "online_depth": 4},
        {"case_type": "1", "approval_mode": "on_the_spot", "promised_limit": 1},
        {"fee_charged": True, "fees": [FEE]},
        {"results": [{"name": "公证"}]},
        {"statutory_limit": None},
    ],
)
def test_what_agrees_is_not_refused(changes: dict[str, Any]) -> None:
    assert found(**changes) == []


def test_several_contradictions_are_told_at_once() -> None:
    content = parse_content(list_content(promised_limit=30, visits_reason="", fees=[FEE]))
    with pytest.raises(errors.Inconsistent) as refused:
        raise_found(consistency_problems(content))
    assert {field.path for field in refused.value.fields} == {
        "promised_limit",
        "visits_reason",
        "fees",
    }


@pytest.mark.parametrize("name", ["name", "item_type", "legal_basis", "code12"])
def test_a_list_has_no_place_for_the_four_unified_fields(name: str) -> None:
    with pytest.raises(errors.UnifiedField):
        parse_content(list_content() | {name: "x"})


def test_unknown_fields_are_named() -> None:
    materials = [{"code": "A", "name": "一", "colour": "red"}]
    with pytest.raises(errors.BadContent) as refused:
        parse_content(list_content(materials=materials, colour="red"))
    assert {field.path for field in refused.value.fields} == {"materials.0.colour", "colour"}


def compare(**changes: Any) -> list[str]:
    above = parse_content(list_content(form_schema={"properties": {"a": {}}}))
    mine: ItemContent = parse_content(
        list_content(**{"form_schema": {"properties": {"a": {}}}, **changes})
    )
    return [
        refusal.path
        for refusal in unified_problems(
            mine,
            level=4,
            above=above,
            above_level=3,
            above_name="广州市",
            elements=DEFAULT_ELEMENTS,
        )
    ]


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"promised_limit": 11}, ["promised_limit"]),
        ({"statutory_limit": 30}, ["promised_limit"]),
        ({"conditions": ["有固定场所", "本地户口"]}, ["conditions"]),
        ({"materials": [{"code": "M09", "name": "保证书"}]}, ["materials"]),
        ({"materials": [{"code": "M01", "name": "申请书", "copies": 3}]}, ["materials"]),
        ({"visits": 2}, ["visits"]),
        ({"flow": [{"name": str(n)} for n in range(4)]}, ["flow"]),
        ({"fee_charged": True, "fees": [FEE]}, ["fees"]),
        ({"form_schema": {"properties": {"a": {}, "b": {}}}}, ["form_schema"]),
        ({"form_schema": {"properties": {"a": {}}, "required": ["a"]}}, ["form_schema"]),
        ({"service_objects": ["1"]}, ["service_objects"]),
        ({"promised_limit": 5}, []),
        ({"materials": [{"code": "M01", "name": "申请书"}]}, []),
        ({"conditions": []}, []),
        ({"visits": 0, "supports_courier": True}, []),
        ({"flow": [{"name": "一次办结"}]}, []),
    ],
)
def test_a_lower_level_may_tighten_and_never_loosen(
    changes: dict[str, Any], paths: list[str]
) -> None:
    assert compare(**changes) == paths


def test_the_nearest_list_above_binds_and_elements_can_be_released(places: Places) -> None:
    make_published_item(places.province.agency_id, exercise_level=2, promised_limit=15)
    make_published_item(places.guangzhou.agency_id, exercise_level=3, promised_limit=12)
    with pytest.raises(errors.Loosens) as refused:
        make_published_item(places.yuexiu.agency_id, exercise_level=4, promised_limit=13)
    assert refused.value.facts["parent"] == "广州市市场监督管理局"
    with pytest.raises(errors.Loosens):
        make_published_item(places.shenzhen.agency_id, exercise_level=3, promised_limit=16)
    services.set_unified_element(
        actor=catalogue_keeper(),
        key="limits",
        name={"zh-hans": "办理时限"},
        owner_level=2,
        rule="tighten",
        is_active=False,
    )
    item = make_published_item(places.yuexiu.agency_id, exercise_level=4, promised_limit=13)
    assert queries.published_item(item.code31).promised_limit_workdays == 13
