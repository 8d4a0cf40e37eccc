"""One thing: questions choose, forms and materials merge, parts follow each other, one promise."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.testing import deliver_all

from .. import services
from ..errors import (
    CommitmentNotAllowed,
    FormInvalid,
    MaterialsMissing,
    NothingChosen,
    PromiseTooLong,
    ThemeMalformed,
)
from ..models import Case, JointCase
from ..testing import ANSWERS, FORM, MATERIALS, Setting, make_setting, upload
from ..types import CorrectionItem, MaterialGiven

AT = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db

PROMISED: dict[str, Any] = {
    "code": "M01",
    "name": {"zh-hans": "申请书", "en": "Application"},
    "commitment": {
        "text": {"zh-hans": "承诺三十日内补齐。", "en": "I hand it in."},
        "version": "1",
        "check_days": 45,
    },
}
SEAL_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "applicant_name": FORM["properties"]["applicant_name"],
        "seal_count": {"type": "integer", "minimum": 1, "x-title": {"zh-hans": "枚数", "en": "N"}},
    },
    "required": ["applicant_name", "seal_count"],
}


@pytest.fixture
def three() -> tuple[Setting, Setting, Setting]:
    """Registration; a seal after it; a licence beside the seal, if food is sold."""
    first = make_setting(with_licence=False, promised_limit=3, materials=[PROMISED, MATERIALS[1]])
    seal = make_setting(
        with_licence=False,
        promised_limit=2,
        form=SEAL_FORM,
        materials=[PROMISED],
    )
    food = make_setting(with_licence=False, promised_limit=10, materials=[PROMISED, MATERIALS[1]])
    _publish(first, seal, food)
    return first, seal, food


def test_answers_choose_and_the_promise_is_the_longest_chain(
    three: tuple[Setting, Setting, Setting],
) -> None:
    both = services.plan_joint_case(theme_code="start", scenario={"food": True})
    assert [part.key for part in both.parts] == ["registration", "seal", "food"]
    assert both.promise_workdays == 13
    few = services.plan_joint_case(theme_code="start", scenario={"food": False})
    assert ([part.key for part in few.parts], few.promise_workdays) == (
        ["registration", "seal"],
        5,
    )


def test_forms_and_materials_are_asked_once(three: tuple[Setting, Setting, Setting]) -> None:
    plan = services.plan_joint_case(theme_code="start", scenario={"food": True})
    assert set(plan.form_schema["properties"]) == {*FORM["properties"], "seal_count"}
    assert [material["code"] for material in plan.materials] == ["M01", "M02"]
    assert (plan.fields_saved, plan.materials_saved) == (5, 3)


def test_parts_start_in_order_and_the_whole_finishes(
    three: tuple[Setting, Setting, Setting],
) -> None:
    first, seal, food = three
    joint = _submit(first)
    children = {child.key: child for child in joint.children.all()}
    assert {key: child.state for key, child in children.items()} == {
        "registration": "started",
        "seal": "waiting",
        "food": "waiting",
    }
    _grant(first, children["registration"].case_id)
    deliver_all()
    assert _states(joint) == {"registration": "granted", "seal": "started", "food": "started"}

    by_key = {child.key: child for child in joint.children.all()}
    case = by_key["seal"].case
    assert case is not None
    assert case.form_data == {"applicant_name": "陈美玲", "seal_count": 2}
    _grant(seal, case.pk)
    _grant(food, by_key["food"].case_id)
    deliver_all()
    joint.refresh_from_db()
    assert joint.state == "finished"


def test_a_correction_stops_only_its_own_part(three: tuple[Setting, Setting, Setting]) -> None:
    first, seal, food = three
    joint = _submit(first)
    _grant(first, joint.children.get(key="registration").case_id)
    deliver_all()
    stopped = joint.children.get(key="seal").case_id
    assert stopped is not None
    services.request_correction(
        actor=seal.clerk,
        case_id=stopped,
        items=[CorrectionItem(material_code="M01", problem="不清晰", what_to_do="重新上传")],
        at=AT,
    )
    _grant(food, joint.children.get(key="food").case_id)
    deliver_all()
    joint.refresh_from_db()
    assert (joint.state, _states(joint)["food"]) == ("open", "granted")


def test_what_waits_for_a_failed_part_is_dropped(three: tuple[Setting, Setting, Setting]) -> None:
    first, _seal, _food = three
    joint = _submit(first)
    case_id = joint.children.get(key="registration").case_id
    assert case_id is not None
    services.refuse_case(actor=first.clerk, case_id=case_id, reason="不符合", at=AT)
    deliver_all()
    joint.refresh_from_db()
    assert joint.state == "failed"
    assert _states(joint) == {"registration": "failed", "seal": "dropped", "food": "dropped"}


def test_everything_is_checked_before_anything_starts(
    three: tuple[Setting, Setting, Setting],
) -> None:
    first = three[0]
    with pytest.raises(FormInvalid) as refused:
        _submit(first, data=ANSWERS)
    assert [problem.path for problem in refused.value.fields] == ["seal_count"]
    with pytest.raises(MaterialsMissing):
        _submit(first, given=[])
    with pytest.raises(CommitmentNotAllowed):  # though each part alone would take it
        _submit(first, given=[MaterialGiven(code="M01", kind="commitment", version="2026-1")])
    assert not JointCase.objects.exists()
    assert not Case.objects.exists()


def test_a_withdrawn_whole_takes_its_open_parts_back(
    three: tuple[Setting, Setting, Setting],
) -> None:
    first = three[0]
    joint = _submit(first)
    services.withdraw_joint_case(actor=first.applicant, joint_case_id=joint.pk, at=AT)
    joint.refresh_from_db()
    assert joint.state == "withdrawn"
    assert Case.objects.get().state == "withdrawn"


def test_the_law_caps_the_promise_at_45_working_days() -> None:
    slow = make_setting(with_licence=False, promised_limit=30, statutory_limit=30)
    slower = make_setting(with_licence=False, promised_limit=16, statutory_limit=20)
    services.publish_theme(
        content=_content(
            {"key": "a", "item_code": slow.item.code31},
            {"key": "b", "item_code": slower.item.code31, "after": ["a"]},
        ),
        actor=SYSTEM,
        at=AT,
    )
    with pytest.raises(PromiseTooLong):
        services.plan_joint_case(theme_code="start", scenario={"food": True})


def test_a_theme_without_order_or_choice_is_refused(
    three: tuple[Setting, Setting, Setting],
) -> None:
    code = three[0].item.code31
    for children in (
        [],
        [{"key": "a", "item_code": code, "after": ["b"]}],
        [
            {"key": "a", "item_code": code, "after": ["b"]},
            {"key": "b", "item_code": code, "after": ["a"]},
        ],
    ):
        with pytest.raises(ThemeMalformed):
            services.publish_theme(content=_content(*children), actor=SYSTEM, at=AT)
    services.publish_theme(
        content=_content({"key": "a", "item_code": code, "show_if": "food == true"}),
        actor=SYSTEM,
        at=AT,
    )
    with pytest.raises(NothingChosen):
        services.plan_joint_case(theme_code="start", scenario={"food": False})


def _content(*children: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": "start",
        "title": {"zh-hans": "企业开办", "en": "Start a business"},
        "questions": {
            "type": "object",
            "properties": {
                "food": {"type": "boolean", "x-title": {"zh-hans": "经营食品", "en": "Food"}}
            },
            "required": ["food"],
        },
        "children": list(children),
    }


def _publish(first: Setting, seal: Setting, food: Setting) -> None:
    services.publish_theme(
        content=_content(
            {"key": "registration", "item_code": first.item.code31},
            {"key": "seal", "item_code": seal.item.code31, "after": ["registration"]},
            {
                "key": "food",
                "item_code": food.item.code31,
                "after": ["registration"],
                "show_if": "food == true",
            },
        ),
        actor=SYSTEM,
        at=AT,
    )


def _submit(
    setting: Setting,
    *,
    data: dict[str, Any] | None = None,
    given: list[MaterialGiven] | None = None,
) -> JointCase:
    return services.submit_joint_case(
        actor=setting.applicant,
        theme_code="start",
        scenario={"food": True},
        data={**ANSWERS, "seal_count": 2} if data is None else data,
        given=[upload(setting)] if given is None else given,
        at=AT,
    )


def _grant(setting: Setting, case_id: UUID | None) -> None:
    assert case_id is not None
    case = Case.objects.get(pk=case_id)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    services.review_case(actor=setting.handler, case_id=case.pk, at=AT)
    services.decide_case(actor=setting.approver, case_id=case.pk, outcome="grant", at=AT)


def _states(joint: JointCase) -> dict[str, str]:
    return dict(joint.children.values_list("key", "state"))
