"""One thing (一件事): questions choose the matters; one form and one set of materials serve all.

Each chosen matter becomes a case of its own; those that need another's result wait for it. The
promise is the critical path. A part that is corrected or denied stops itself and what depends on
it, nothing else. Source: Administrative Licensing Law art. 42(2); reference section 2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from lingnan.kernel import clock, events
from lingnan.kernel.actors import Actor, Principal
from lingnan.kernel.errors import FieldProblem, Refusal
from lingnan.kernel.web.schema_forms import FormDefinition
from lingnan.security.audit import services as audit
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar.types import Workdays
from lingnan.standards.matters import queries as matters
from lingnan.standards.matters.types import Item

from .. import access, answers
from ..errors import (
    AnswersIncomplete,
    CommitmentNotAllowed,
    FormInvalid,
    ItemNotOnline,
    MaterialUnknown,
    NothingChosen,
    PromiseTooLong,
    ThemeMalformed,
    ThemeNotFound,
)
from ..events import JointCaseConcluded, JointCaseSubmitted
from ..models import Case, JointCase, JointChild, JointTheme
from ..types import (
    DESIGN_THEMES,
    JOINT_SUBJECT_KIND,
    WITHDRAWABLE,
    CaseState,
    Channel,
    MaterialGiven,
    Result,
)
from . import cases, eligibility, materials, numbers, routing

PROMISE_WORKDAYS_MAX = 45
GOOD = frozenset({Result.GRANTED, Result.NOT_NEEDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One matter chosen for a joint case."""

    key: str
    item: Item
    is_mandatory: bool
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a scenario comes to: parts in order, one form, one list of materials, one promise."""

    theme_code: str
    parts: tuple[Part, ...]
    form_schema: Mapping[str, Any]
    materials: tuple[Mapping[str, Any], ...]
    promise_workdays: int
    fields_saved: int
    materials_saved: int


@transaction.atomic
def publish_theme(*, content: Mapping[str, Any], actor: Actor, at: datetime) -> JointTheme:
    """Publish a theme, or a new edition of it; unchanged content changes nothing.

    `content`: {code, title, summary, region_path, questions (form schema), children: [{key,
    item_code (31) or basic_code (12), mandatory, show_if, after}]}.
    Raises: ThemeMalformed, Forbidden.
    """
    actor.check(DESIGN_THEMES)
    children = [_child(entry) for entry in content.get("children") or ()]
    _check_children(children)
    values = {
        "title": content["title"],
        "summary": content.get("summary") or {},
        "questions": content.get("questions") or {},
        "children": children,
        "region_path": content.get("region_path") or "",
    }
    current = (
        JointTheme.objects.select_for_update().filter(code=content["code"], is_current=True).first()
    )
    if current is not None:
        if all(getattr(current, name) == value for name, value in values.items()):
            return current
        JointTheme.objects.filter(pk=current.pk).update(is_current=False)
    theme = JointTheme.objects.create(
        code=content["code"],
        number=current.number + 1 if current else 1,
        published_at=at,
        **values,
    )
    audit.record(
        actor=actor,
        act="government_services.theme.publish",
        object_kind="joint_theme",
        object_id=theme.pk,
        facts={"code": theme.code, "number": theme.number},
        at=at,
    )
    return theme


def plan_joint_case(*, theme_code: str, scenario: Mapping[str, Any], region_path: str = "") -> Plan:
    """What these answers come to, before anything is entered.

    Raises: ThemeNotFound, AnswersIncomplete, NothingChosen, PromiseTooLong.
    """
    theme = JointTheme.objects.filter(code=theme_code, is_current=True).first()
    if theme is None:
        raise ThemeNotFound
    return _plan(theme, scenario, region_path)


@transaction.atomic
def submit_joint_case(
    *,
    actor: Actor,
    theme_code: str,
    scenario: Mapping[str, Any],
    data: Mapping[str, Any],
    given: Sequence[MaterialGiven] = (),
    region_path: str = "",
    channel: Channel = Channel.WEB,
    request_key: str | None = None,
    at: datetime,
) -> JointCase:
    """Hand in everything at once; parts that wait for nothing become cases now.

    Every part's form and materials are checked now, also of those that start later. The same
    `request_key` gives the same joint case.
    Raises: as `plan_joint_case` and `submit_case`.
    """
    assert actor.principal is not None, "for residents and those acting for them"
    if request_key:
        known = JointCase.objects.filter(request_key=request_key).first()
        if known is not None and known.applicant_id == actor.principal.id:
            return known
    theme = JointTheme.objects.filter(code=theme_code, is_current=True).first()
    if theme is None:
        raise ThemeNotFound
    plan = _plan(theme, scenario, region_path)
    _check_answers(plan, data)
    _check_materials(plan, given, data=data, actor=actor)
    for part in plan.parts:
        eligibility.check(part.item, actor.principal, actor=actor, at=at)
    eligibility.check_assurance([part.item for part in plan.parts], actor=actor, at=at)
    day = clock.local_date(at)
    joint = JointCase.objects.create(
        number=f"LB{day:%Y%m%d}{numbers.take(f'joint/{day:%Y%m%d}'):06d}",
        theme=theme,
        applicant_kind=actor.principal.kind,
        applicant_id=actor.principal.id,
        applicant_name=actor.principal.name,
        submitter_account_id=actor.account_id,
        submitter_person_id=actor.person_id,
        mandate_id=actor.mandate_id,
        region_path=routing.route(plan.parts[0].item).region_path,
        answers=dict(scenario),
        form_data=answers.seal(plan.form_schema, data),
        materials=[
            {
                "code": row.code,
                "kind": row.kind,
                "file_id": str(row.file_id) if row.file_id else None,
                "licence_id": str(row.licence_id) if row.licence_id else None,
                "name": row.name,
            }
            for row in given
        ],
        promise_workdays=plan.promise_workdays,
        promised_due_on=calendar.add_workdays(
            day, Workdays(plan.promise_workdays), region_code=region_path
        ).on,
        submitted_at=at,
        request_key=request_key,
    )
    JointChild.objects.bulk_create(
        JointChild(
            joint=joint,
            key=part.key,
            item_version_id=part.item.item_version_id,
            item_code=part.item.code31,
            item_name=part.item.name,
            is_mandatory=part.is_mandatory,
            after=list(part.after),
            position=position,
            promise_workdays=part.item.promised_limit_workdays,
        )
        for position, part in enumerate(plan.parts)
    )
    audit.record(
        actor=actor,
        act="government_services.joint_case.submit",
        object_kind=JOINT_SUBJECT_KIND,
        object_id=joint.pk,
        facts={"number": joint.number, "parts": [part.key for part in plan.parts]},
        at=at,
    )
    events.publish(JointCaseSubmitted(joint_case_id=joint.pk, theme_code=theme.code), at=at)
    _start_ready(joint, actor=actor, channel=channel, at=at)
    return joint


@transaction.atomic
def advance(*, case_id: UUID, at: datetime) -> None:
    """A part moved: what waited for it starts, or is dropped; the whole may be finished.

    Called for every decided or concluded case; one that is no part changes nothing. Every part is
    looked at anew, since several may have moved before the first is told. Idempotent.
    """
    child = JointChild.objects.filter(case_id=case_id).first()
    if child is None:
        return
    joint = JointCase.objects.select_for_update().get(pk=child.joint_id)
    if joint.state != JointCase.State.OPEN:
        return
    children = list(joint.children.select_related("case"))
    for part in children:
        if part.case is not None and part.state != (state := _child_state(part.case)):
            part.state = state
            part.save(update_fields=["state"])
    _drop_blocked(children)
    _start_ready(joint, actor=_applicant_actor(joint), channel=Channel.WEB, at=at)
    _close_if_finished(joint, at=at)


@transaction.atomic
def withdraw_joint_case(
    *, actor: Actor, joint_case_id: UUID, reason: str = "", at: datetime
) -> JointCase:
    """Take the whole back: parts still open are withdrawn, parts decided stay as they are.

    Raises: CaseNotFound, FeeSettled.
    """
    joint = access.own_joint_case(actor, joint_case_id)
    joint = JointCase.objects.select_for_update().get(pk=joint.pk)
    if joint.state != JointCase.State.OPEN:
        return joint
    joint.children.filter(state=JointChild.State.WAITING).update(state=JointChild.State.DROPPED)
    for child in joint.children.filter(case__state__in=WITHDRAWABLE).select_related("case"):
        assert child.case_id is not None
        cases.withdraw_case(actor=actor, case_id=child.case_id, reason=reason, at=at)
    joint.state, joint.concluded_at = JointCase.State.WITHDRAWN, at
    joint.save(update_fields=["state", "concluded_at"])
    _announce(joint, at=at)
    return joint


def critical_path(parts: Sequence[Part]) -> int:
    """Working days from the start to the end of the slowest chain; parts stand after what they
    wait for."""
    finish: dict[str, int] = {}
    for part in parts:
        start = max((finish[key] for key in part.after if key in finish), default=0)
        finish[part.key] = start + part.item.promised_limit_workdays
    return max(finish.values(), default=0)


def merge_schemas(items: Sequence[Item]) -> dict[str, Any]:
    """One form from several: fields of the same name are asked once, pages stand in order.

    A field is required when any form requires it.
    """
    properties: dict[str, Any] = {}
    required: list[str] = []
    pages: dict[str, dict[str, Any]] = {}
    definitions: dict[str, Any] = {}
    for item in items:
        schema = item.form_schema
        placed = {name for page in pages.values() for name in page["fields"]}
        properties = {**schema.get("properties", {}), **properties}
        definitions = {**schema.get("$defs", {}), **definitions}
        required += [name for name in schema.get("required", ()) if name not in required]
        for page in schema.get("x-pages") or _one_page(item):
            fields = [name for name in page["fields"] if name not in placed]
            if not fields:
                continue
            known = pages.get(page["id"])
            if known is None:
                pages[page["id"]] = {**page, "fields": fields}
            else:
                known["fields"] = [*known["fields"], *fields]
    merged: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": required,
        "x-pages": list(pages.values()),
    }
    if definitions:
        merged["$defs"] = definitions
    return merged


def merge_materials(items: Sequence[Item]) -> list[dict[str, Any]]:
    """The union of materials by code; a code is required when any part requires it."""
    merged: dict[str, dict[str, Any]] = {}
    for item in items:
        for material in item.materials:
            known = merged.setdefault(
                material.code,
                {
                    "code": material.code,
                    "name": material.name,
                    "required": False,
                    "licence_type_code": material.licence_type_code,
                    "condition": material.condition,
                    "item_codes": [],
                },
            )
            known["required"] = known["required"] or material.required
            known["item_codes"].append(item.code31)
    return list(merged.values())


def _plan(theme: JointTheme, scenario: Mapping[str, Any], region_path: str) -> Plan:
    if theme.questions:
        problems = FormDefinition(dict(theme.questions)).validate(dict(scenario))
        if problems:
            raise AnswersIncomplete(fields=problems)
    chosen = [
        child
        for child in theme.children
        if not child["show_if"] or materials.holds(child["show_if"], scenario)
    ]
    if not chosen:
        raise NothingChosen
    keys = {child["key"] for child in chosen}
    parts = tuple(
        Part(
            key=child["key"],
            item=_item_of(child, region_path or theme.region_path),
            is_mandatory=child["mandatory"],
            after=tuple(key for key in child["after"] if key in keys),
        )
        for child in _in_order(chosen)
    )
    promise = critical_path(parts)
    if promise > PROMISE_WORKDAYS_MAX:
        raise PromiseTooLong(workdays=promise)
    items = [part.item for part in parts]
    schema, merged = merge_schemas(items), merge_materials(items)
    return Plan(
        theme_code=theme.code,
        parts=parts,
        form_schema=schema,
        materials=tuple(merged),
        promise_workdays=promise,
        fields_saved=sum(len(item.form_schema.get("properties", {})) for item in items)
        - len(schema["properties"]),
        materials_saved=sum(len(item.materials) for item in items) - len(merged),
    )


def _item_of(child: Mapping[str, Any], region_path: str) -> Item:
    if child["item_code"]:
        return matters.published_item(child["item_code"])
    item = matters.published_for(child["basic_code"], region_path=region_path)
    if item is None:
        raise ItemNotOnline(basic_code=child["basic_code"])
    return item


def _child(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": str(entry["key"]),
        "item_code": str(entry.get("item_code") or ""),
        "basic_code": str(entry.get("basic_code") or ""),
        "mandatory": bool(entry.get("mandatory", True)),
        "show_if": str(entry.get("show_if") or ""),
        "after": [str(key) for key in entry.get("after") or ()],
    }


def _check_children(children: Sequence[Mapping[str, Any]]) -> None:
    keys = [child["key"] for child in children]
    if not keys or len(set(keys)) != len(keys):
        raise ThemeMalformed(problem="keys must be there and differ")
    for child in children:
        if not child["item_code"] and not child["basic_code"]:
            raise ThemeMalformed(problem=f"{child['key']} names no item")
        unknown = set(child["after"]) - set(keys)
        if unknown:
            raise ThemeMalformed(problem=f"{child['key']} waits for unknown {sorted(unknown)}")
    _in_order(children)


def _in_order(children: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each after what it waits for. Raises: ThemeMalformed on a circle."""
    keys = {child["key"] for child in children}
    placed: list[Mapping[str, Any]] = []
    waiting = list(children)
    while waiting:
        done = {child["key"] for child in placed}
        ready = [c for c in waiting if set(c["after"]) & keys <= done]
        if not ready:
            raise ThemeMalformed(problem="parts wait for each other in a circle")
        placed += ready
        waiting = [child for child in waiting if child not in ready]
    return placed


def _check_answers(plan: Plan, data: Mapping[str, Any]) -> None:
    problems: dict[str, FieldProblem] = {}
    for part in plan.parts:
        for problem in answers.check(part.item, _slice(part.item, data)):
            problems.setdefault(problem.path, problem)
    if problems:
        raise FormInvalid(count=len(problems), fields=list(problems.values()))


def _check_materials(
    plan: Plan, given: Sequence[MaterialGiven], *, data: Mapping[str, Any], actor: Actor
) -> None:
    assert actor.principal is not None
    for row in given:
        if not any(part.item.material(row.code) for part in plan.parts):
            raise MaterialUnknown(material_code=row.code)
        if row.kind == "commitment":  # each matter has its own agency and its own promise
            raise CommitmentNotAllowed(material_code=row.code)
    for part in plan.parts:
        materials.check(
            part.item,
            [row for row in given if part.item.material(row.code)],
            data=_slice(part.item, data),
            principal=actor.principal,
            actor=actor,
        )


def _slice(item: Item, data: Mapping[str, Any]) -> dict[str, Any]:
    """The answers one part asks for."""
    fields = item.form_schema.get("properties", {})
    return {name: value for name, value in data.items() if name in fields}


def _one_page(item: Item) -> list[dict[str, Any]]:
    return [
        {
            "id": item.basic_code,
            "title": item.name,
            "fields": list(item.form_schema.get("properties", {})),
        }
    ]


def _start_ready(joint: JointCase, *, actor: Actor, channel: Channel, at: datetime) -> None:
    """Make cases of the waiting parts whose predecessors have been granted."""
    children = list(joint.children.all())
    granted = {child.key for child in children if child.state == JointChild.State.GRANTED}
    given = [
        MaterialGiven(
            code=row["code"],
            kind=row["kind"],
            file_id=UUID(row["file_id"]) if row["file_id"] else None,
            licence_id=UUID(row["licence_id"]) if row["licence_id"] else None,
            name=row["name"],
        )
        for row in joint.materials
    ]
    for child in children:
        if child.state != JointChild.State.WAITING or not set(child.after) <= granted:
            continue
        item = matters.item_version(child.item_version_id)
        data = answers.unseal(item.form_schema, _slice(item, joint.form_data))
        try:
            with transaction.atomic():
                child.case = cases.submit_case(
                    actor=actor,
                    item_code=child.item_code,
                    data=data,
                    given=[row for row in given if item.material(row.code)],
                    channel=channel,
                    joint=True,
                    at=at,
                )
        except Refusal as refusal:
            if not child.after:
                raise
            # The rules changed while it waited: the part ends here, and says why.
            child.state = JointChild.State.DROPPED
            child.note = f"{refusal.code}: {refusal.text}"[:300]
            child.save(update_fields=["state", "note"])
            continue
        child.state = JointChild.State.STARTED
        child.save(update_fields=["case", "state"])


def _child_state(case: Case) -> str:
    if case.decided_at is not None and case.result == Result.GRANTED:
        return JointChild.State.GRANTED
    if case.concluded_at is None:
        return JointChild.State.STARTED
    if case.result in GOOD:
        return JointChild.State.GRANTED
    return JointChild.State.FAILED


def _drop_blocked(children: Sequence[JointChild]) -> None:
    """Parts that wait for one that failed will never start."""
    dead = {
        child.key
        for child in children
        if child.state in (JointChild.State.FAILED, JointChild.State.DROPPED)
    }
    for child in children:
        if child.state == JointChild.State.WAITING and set(child.after) & dead:
            child.state = JointChild.State.DROPPED
            child.save(update_fields=["state"])
            dead.add(child.key)


def _close_if_finished(joint: JointCase, *, at: datetime) -> None:
    children = list(joint.children.select_related("case"))
    mandatory = [child for child in children if child.is_mandatory]
    if any(child.state == JointChild.State.WAITING for child in mandatory):
        return
    running = [
        child for child in mandatory if child.case is not None and child.case.concluded_at is None
    ]
    if running:
        return
    good = all(child.state == JointChild.State.GRANTED for child in mandatory)
    joint.state = JointCase.State.FINISHED if good else JointCase.State.FAILED
    joint.concluded_at = at
    joint.save(update_fields=["state", "concluded_at"])
    _announce(joint, at=at)


def _announce(joint: JointCase, *, at: datetime) -> None:
    events.publish(
        JointCaseConcluded(
            joint_case_id=joint.pk,
            theme_code=joint.theme.code,
            state=joint.state,
            concluded_at=at,
        ),
        at=at,
    )


def _applicant_actor(joint: JointCase) -> Actor:
    """Whoever handed the whole in, for the parts that start later."""
    return Actor(
        kind="person",
        name=joint.applicant_name,
        account_id=joint.submitter_account_id,
        person_id=joint.submitter_person_id,
        mandate_id=joint.mandate_id,
        principal=Principal(
            kind="person" if joint.applicant_kind == "person" else "organisation",
            id=joint.applicant_id,
            name=joint.applicant_name,
        ),
    )


def started_case_ids(joint: JointCase) -> list[UUID]:
    """The parts that are cases by now, in order."""
    found = joint.children.exclude(case=None).values_list("case_id", flat=True)
    return [case_id for case_id in found if case_id is not None]


__all__ = (
    "CaseState",
    "Part",
    "Plan",
    "advance",
    "critical_path",
    "merge_materials",
    "merge_schemas",
    "plan_joint_case",
    "publish_theme",
    "started_case_ids",
    "submit_joint_case",
    "withdraw_joint_case",
)
