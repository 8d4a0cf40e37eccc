"""One thing: themes, plans and joint cases."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Status

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, open_to_all, person_only, signed_in

from .. import access, queries, services
from ..errors import ThemeNotFound
from ..schemas import (
    JointCaseIn,
    JointCaseOut,
    PlanOut,
    PlanPartOut,
    ScenarioIn,
    ThemeCardOut,
    WithdrawalIn,
)
from .router import router

JointCasePage = paged(JointCaseOut)


@router.get("/joint-themes", response=list[ThemeCardOut], summary="Themes")
@open_to_all
def list_themes(request: HttpRequest) -> list[ThemeCardOut]:
    """Every theme with its scenario questions (a JSON Schema)."""
    return [ThemeCardOut.of(theme) for theme in queries.joint_themes()]


@router.get("/joint-themes/{code}", response=ThemeCardOut, summary="One theme")
@open_to_all
def read_theme(request: HttpRequest, code: str) -> ThemeCardOut:
    """Refusals: joint.theme_not_found."""
    theme = queries.joint_theme(code)
    if theme is None:
        raise ThemeNotFound
    return ThemeCardOut.of(theme)


@router.post("/joint-themes/{code}/plan", response=PlanOut, summary="What a scenario comes to")
@open_to_all
def plan_joint_case(request: HttpRequest, code: str, payload: ScenarioIn) -> PlanOut:
    """The matters in order, the one form, the merged materials and the promise. Writes nothing.

    Refusals: joint.theme_not_found, joint.answers_incomplete, joint.nothing_chosen,
    joint.promise_too_long, case.item_not_online.
    """
    plan = services.plan_joint_case(
        theme_code=code, scenario=payload.answers, region_path=payload.region_path
    )
    return PlanOut(
        theme_code=plan.theme_code,
        parts=[
            PlanPartOut(
                key=part.key,
                item_code=part.item.code31,
                item_name=part.item.name,
                is_mandatory=part.is_mandatory,
                after=list(part.after),
                promised_workdays=part.item.promised_limit_workdays,
            )
            for part in plan.parts
        ],
        form_schema=dict(plan.form_schema),
        materials=[dict(material) for material in plan.materials],
        promise_workdays=plan.promise_workdays,
        fields_saved=plan.fields_saved,
        materials_saved=plan.materials_saved,
    )


@router.post("/joint-cases", response={201: JointCaseOut}, summary="Submit a joint case")
@person_only
@idempotent
def submit_joint_case(request: HttpRequest, payload: JointCaseIn) -> Status[JointCaseOut]:
    """Everything at once; parts that wait for another start when it is granted.

    Refusals: those of the plan and of POST /cases.
    """
    joint = services.submit_joint_case(
        actor=actor_of(request),
        theme_code=payload.theme_code,
        scenario=payload.answers,
        data=payload.data,
        given=[material.given() for material in payload.materials],
        region_path=payload.region_path,
        at=clock.now(),
    )
    return Status(201, JointCaseOut.of(joint))


@router.get("/joint-cases", response=JointCasePage, summary="My joint cases")
@person_only
def list_joint_cases(
    request: HttpRequest, cursor: str | None = None, limit: int = 20
) -> dict[str, Any]:
    """Newest first. Refusals: pagination.bad_cursor."""
    page = queries.my_joint_cases(actor_of(request), cursor=cursor, limit=limit)
    return {
        "items": [JointCaseOut.of(joint) for joint in page.items],
        "next_cursor": page.next_cursor,
    }


@router.get("/joint-cases/{joint_case_id}", response=JointCaseOut, summary="One joint case")
@signed_in
def read_joint_case(request: HttpRequest, joint_case_id: UUID) -> JointCaseOut:
    """With its parts. Refusals: case.not_found."""
    actor = actor_of(request)
    joint = access.own_joint_case(actor, joint_case_id)
    services.note_look_at_joint(actor=actor, joint=joint, at=clock.now())
    return JointCaseOut.of(joint)


@router.post(
    "/joint-cases/{joint_case_id}/withdrawal", response=JointCaseOut, summary="Withdraw the whole"
)
@person_only
@idempotent
def withdraw_joint_case(
    request: HttpRequest, joint_case_id: UUID, payload: WithdrawalIn
) -> JointCaseOut:
    """Parts still open are withdrawn; parts decided stay. Refusals: case.not_found,
    case.fee_settled.
    """
    joint = services.withdraw_joint_case(
        actor=actor_of(request),
        joint_case_id=joint_case_id,
        reason=payload.reason,
        at=clock.now(),
    )
    return JointCaseOut.of(joint)
