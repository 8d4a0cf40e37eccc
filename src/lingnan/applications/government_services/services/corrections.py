"""Corrections: told once and completely, answered by the applicant, or overdue.

Source: Administrative Licensing Law art. 32(4); reference 1.11.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from lingnan.kernel import events
from lingnan.kernel.actors import Actor, Principal
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import FieldProblem
from lingnan.kernel.text import DEFAULT_LANGUAGE, localise
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.types import ActionCall
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar.types import Workdays
from lingnan.standards.matters import queries as matters

from .. import access, answers
from ..errors import (
    CorrectionAlreadyTold,
    CorrectionEmpty,
    CorrectionIncomplete,
    CorrectionNotOpen,
    CorrectionOutside,
    FormInvalid,
    MaterialUnknown,
)
from ..events import CorrectionRequested, CorrectionSubmitted
from ..models import Case, CaseMaterial, Correction
from ..types import (
    ACCEPT,
    CORRECTED_FROM,
    CaseState,
    CorrectionItem,
    CorrectionReply,
    MaterialGiven,
    NoticeKind,
    Result,
)
from . import materials, notices, state, tasks

CORRECTION_WORKDAYS = 15
"""How long the applicant has. The law gives no number: our default, the form may set another."""
CORRECTION_WORKDAYS_MAX = 60
MESSAGE = "case.correction_submitted"


@transaction.atomic
def request_correction(
    *,
    actor: Actor,
    case_id: UUID,
    items: Sequence[CorrectionItem],
    limit_workdays: int = CORRECTION_WORKDAYS,
    task_id: UUID | None = None,
    at: datetime,
) -> Case:
    """Tell the applicant, once and completely, what is missing or wrong.

    Raises: CorrectionEmpty, CorrectionAlreadyTold, MaterialUnknown, and as `accept_case`.
    """
    return tasks.complete(
        actor=actor,
        case_id=case_id,
        permission=ACCEPT,
        step="accept",
        task_id=task_id,
        outcome="correct",
        form={
            "items": [
                {
                    "material_code": item.material_code,
                    "field": item.field,
                    "problem": item.problem,
                    "what_to_do": item.what_to_do,
                }
                for item in items
            ],
            "limit_workdays": limit_workdays,
        },
        at=at,
    )


def act_notify_correction(call: ActionCall) -> dict[str, object]:
    """Write the correction notice. Raises: CorrectionEmpty, CorrectionAlreadyTold."""
    form = tasks.form_of(call, "accept")
    case = state.lock_case(call.subject_id)
    state.check_not_submitter(case, call.actor)
    told = Correction.objects.filter(case=case).first()
    if told is not None:
        raise CorrectionAlreadyTold(told_on=local_date(told.told_at).isoformat())
    items = _checked_items(case, form.get("items"))
    workdays = _checked_limit(form.get("limit_workdays"))
    due = calendar.add_workdays(
        local_date(call.at), Workdays(workdays), region_code=_region_code(case)
    )
    Correction.objects.create(
        case=case,
        items=items,
        told_at=call.at,
        due_on=due.on,
        officer_id=call.actor.officer_id,
        officer_name=call.actor.name,
    )
    codes = [item["material_code"] for item in items if item["material_code"]]
    CaseMaterial.objects.filter(
        case=case, code__in=codes, state=CaseMaterial.State.SUBMITTED
    ).update(state=CaseMaterial.State.TO_CORRECT)
    state.move(case, CaseState.CORRECTION_NOTICED, at=call.at)
    notices.write_notice(
        case,
        NoticeKind.CORRECTION,
        at=call.at,
        items=_named(case, items),
        due_on=due.on.isoformat(),
    )
    state.record(
        case, actor=call.actor, act="government_services.case.notify_correction", at=call.at
    )
    events.publish(CorrectionRequested(case_id=case.pk, due_on=due.on), at=call.at)
    return {"correction_due_on": due.on.isoformat(), "correction_limit_workdays": workdays}


@transaction.atomic
def submit_correction(
    *,
    actor: Actor,
    case_id: UUID,
    data: Mapping[str, Any] | None = None,
    given: Sequence[MaterialGiven] = (),
    replies: Sequence[CorrectionReply] = (),
    at: datetime,
) -> Case:
    """The applicant hands in everything that was asked for; the case goes back to acceptance.

    `data` holds changed answers only: to what the notice names, or to what nobody had to answer
    before and a changed answer now asks; `replies` answer the general instructions, with words or
    files. The five-day rule runs anew from this receipt.
    Raises: CaseNotFound, CorrectionNotOpen, CorrectionOutside, CorrectionIncomplete, FormInvalid,
    and those of materials.
    """
    case = access.own_case(actor, case_id)
    if case.state != CaseState.CORRECTION_NOTICED or case.instance_id is None:
        raise CorrectionNotOpen
    item = matters.item_version(case.item_version_id)
    changes = dict(data or {})
    # Read before the locks, yet current: only a correction changes answers, and one that came
    # first would have closed this one.
    present = answers.unseal(item.form_schema, case.form_data)
    merged = {**present, **changes}
    workflow.send_message(
        instance_id=case.instance_id,
        message=MESSAGE,
        payload={"answers": answers.plain(item.form_schema, merged)},
        actor=actor,
        at=at,
    )
    case = state.lock_case(case.pk)
    correction = Correction.objects.select_for_update().get(case=case)
    if case.state != CaseState.CORRECTION_NOTICED or correction.state != Correction.State.OPEN:
        raise CorrectionNotOpen
    _check_asked(correction, present=present, changes=changes, given=given)
    said = _checked_replies(correction, replies)
    _check_complete(correction, changes=changes, given=given, said=said)
    problems = answers.check(item, merged)
    if problems:
        raise FormInvalid(count=len(problems), fields=problems)
    principal = Principal(
        kind="person" if case.applicant_kind == "person" else "organisation",
        id=case.applicant_id,
        name=case.applicant_name,
    )
    rows = materials.check_rows(
        item, given, principal=principal, actor=actor, draft_id=case.draft_id
    )
    general = {number: correction.items[number]["problem"] for number in said}
    rows += materials.check_replies(said, general, actor=actor, draft_id=case.draft_id)
    CaseMaterial.objects.filter(case=case, code__in=[row.code for row in rows]).update(
        state=CaseMaterial.State.REPLACED
    )
    CaseMaterial.objects.filter(case=case, state=CaseMaterial.State.TO_CORRECT).update(
        state=CaseMaterial.State.SUBMITTED
    )
    materials.write(case, rows, actor=actor, first_position=CORRECTED_FROM, at=at)
    correction.state, correction.submitted_at = Correction.State.SUBMITTED, at
    correction.replies = [{"item": number, "text": said[number].text} for number in sorted(said)]
    correction.save(update_fields=["state", "submitted_at", "replies"])
    state.move(
        case,
        CaseState.SUBMITTED,
        at=at,
        form_data=answers.seal(item.form_schema, merged),
        received_at=at,
    )
    state.record(case, actor=actor, act="government_services.case.submit_correction", at=at)
    events.publish(CorrectionSubmitted(case_id=case.pk), at=at)
    return case


def act_return(call: ActionCall) -> dict[str, object]:
    """退件: the correction did not come in time."""
    case = state.lock_case(call.subject_id)
    Correction.objects.filter(case=case, state=Correction.State.OPEN).update(
        state=Correction.State.OVERDUE
    )
    state.move(case, CaseState.RETURNED, at=call.at)
    state.conclude(case, result=Result.RETURNED, at=call.at)
    notices.write_notice(case, NoticeKind.RETURNED, at=call.at)
    state.record(case, actor=call.actor, act="government_services.case.return", at=call.at)
    return {"result": Result.RETURNED.value}


def _checked_limit(entered: object) -> int:
    """The applicant's workdays. The generic task form lets anything through, so nothing is
    believed: what is no number of days from 1 to 60 is our default.
    """
    if isinstance(entered, int) and 1 <= entered <= CORRECTION_WORKDAYS_MAX:
        return entered
    return CORRECTION_WORKDAYS


def _checked_items(case: Case, items: object) -> list[dict[str, str]]:
    item = matters.item_version(case.item_version_id)
    checked = []
    for entry in items if isinstance(items, list) else []:
        if not isinstance(entry, Mapping):
            raise CorrectionEmpty
        row = {
            name: str(entry.get(name) or "").strip()
            for name in ("material_code", "field", "problem", "what_to_do")
        }
        if not row["problem"] or not row["what_to_do"]:
            raise CorrectionEmpty
        if row["material_code"] and item.material(row["material_code"]) is None:
            raise MaterialUnknown(material_code=row["material_code"])
        checked.append(row)
    if not checked:
        raise CorrectionEmpty
    return checked


def _check_asked(
    correction: Correction,
    *,
    present: Mapping[str, Any],
    changes: Mapping[str, Any],
    given: Sequence[MaterialGiven],
) -> None:
    """Only what the notice names may change: the rest was read and found in order.

    Raises: CorrectionOutside, with each field.
    """
    fields = {item["field"].split(".")[0] for item in correction.items if item["field"]}
    codes = {item["material_code"] for item in correction.items if item["material_code"]}
    outside = [
        name
        for name, value in changes.items()
        if name not in fields and name in present and present[name] != value
    ]
    outside += sorted({row.code for row in given} - codes)
    if outside:
        message = _("The notice does not ask for this.")
        problems = [FieldProblem(name, "not_asked", message) for name in outside]
        raise CorrectionOutside(names="、".join(outside), fields=problems)


def _named(case: Case, items: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """The items with the name of the material or answer, as the notice says them."""
    item = matters.item_version(case.item_version_id)
    fields = item.form_schema.get("properties", {}) if item.form_schema else {}
    named = []
    for row in items:
        material = item.material(row["material_code"]) if row["material_code"] else None
        title = fields.get(row["field"].split(".")[0], {}).get("x-title") if row["field"] else None
        words = material.name if material else title
        named.append({**row, "name": localise(words, DEFAULT_LANGUAGE) if words else ""})
    return named


def _is_general(row: Mapping[str, str]) -> bool:
    return not row["material_code"] and not row["field"]


def _checked_replies(
    correction: Correction, replies: Sequence[CorrectionReply]
) -> dict[int, CorrectionReply]:
    """The answers by the place of their instruction, once each. Raises: CorrectionOutside."""
    said: dict[int, CorrectionReply] = {}
    for reply in replies:
        known = 0 <= reply.item < len(correction.items)
        if not known or not _is_general(correction.items[reply.item]) or reply.item in said:
            message = _("The notice does not ask for this.")
            problem = FieldProblem(f"replies.{reply.item}", "not_asked", message)
            raise CorrectionOutside(names=str(reply.item + 1), fields=[problem])
        said[reply.item] = replace(reply, text=reply.text.strip())
    return said


def _check_complete(
    correction: Correction,
    *,
    changes: Mapping[str, Any],
    given: Sequence[MaterialGiven],
    said: Mapping[int, CorrectionReply],
) -> None:
    codes = {row.code for row in given}
    missing = [
        item["material_code"] or item["field"]
        for item in correction.items
        if (item["material_code"] and item["material_code"] not in codes)
        or (
            item["field"]
            and not item["material_code"]
            and item["field"].split(".")[0] not in changes
        )
    ]
    missing += [
        item["problem"]
        for number, item in enumerate(correction.items)
        if _is_general(item)
        and (number not in said or not (said[number].text or said[number].file_ids))
    ]
    if missing:
        raise CorrectionIncomplete(missing="、".join(missing))


def _region_code(case: Case) -> str:
    return case.region_path.strip("/").split("/")[-1]
