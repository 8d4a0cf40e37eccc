"""What the buttons of the case page do: read the form, call the service that has the rule."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Malformed, NotFound
from lingnan.kernel.web.guard import actor_of
from lingnan.platforms.workflow import queries as workflow_queries
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.errors import SuspensionNeedsLength, SuspensionReasonUnknown
from lingnan.platforms.workflow.types import SUSPENSION_REASONS, WORK_TASKS, ActionCall

from .. import access, services
from ..errors import CorrectionEmpty, WrongState
from ..models import Case
from ..services import clocks
from ..types import SUBJECT_KIND, CaseState, CorrectionItem, Finding
from . import outcomes
from .errors import FindingOpen, OutcomeMissing, ReceiverMissing

TEXT_MAX = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One press of a button, read and authorised to see the case."""

    actor: Actor
    case: Case
    post: QueryDict
    at: datetime

    def text(self, name: str) -> str:
        return str(self.post.get(name, "")).strip()[:TEXT_MAX]

    def number(self, name: str) -> int:
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0

    def id(self, name: str) -> UUID:
        """Raises: Malformed."""
        try:
            return UUID(self.text(name))
        except ValueError as error:
            raise Malformed from error

    def task(self) -> Any:
        """The task named in the form, if it is one of this case. Raises: NotFound, Malformed."""
        task_id = self.id("task")
        tasks = workflow_queries.tasks_of(self.case.instance_id) if self.case.instance_id else []
        found = next((task for task in tasks if task.pk == task_id), None)
        if found is None:
            raise NotFound
        return found

    def task_id(self) -> UUID:
        """Raises: NotFound, Malformed."""
        task_id: UUID = self.task().pk
        return task_id


def read_act(request: HttpRequest, case_id: UUID, *, at: datetime) -> Act:
    """Raises: CaseNotFound, Forbidden."""
    actor = actor_of(request)
    return Act(actor=actor, case=access.officer_case(actor, case_id), post=request.POST, at=at)


# --- the step at hand --------------------------------------------------------------------------


def complete(act: Act) -> str:
    """The step with the outcome chosen. Raises: what its service refuses."""
    task = act.task()
    return _FORMS[outcomes.form_of(task.step_id, task.kind)](act, task.pk)


def _intake(act: Act, task_id: UUID) -> str:
    outcome = act.text("outcome")
    if outcome == "accept":
        services.accept_case(
            opinion=act.text("opinion"),
            actor=act.actor,
            case_id=act.case.pk,
            task_id=task_id,
            at=act.at,
        )
        return _("The application is accepted; the clock runs and the notice goes out.")
    if outcome == "correct":
        services.request_correction(
            items=_correction_items(act),
            limit_workdays=act.number("limit_workdays") or 15,
            actor=act.actor,
            case_id=act.case.pk,
            task_id=task_id,
            at=act.at,
        )
        return _("The applicant is told what to correct.")
    if not outcome:
        raise OutcomeMissing
    if outcome in ("refuse", "not_needed", "not_ours"):
        services.refuse_case(
            outcome=outcome,
            reason=act.text("reason"),
            legal_basis=act.text("legal_basis"),
            right_agency=act.text("right_agency"),
            actor=act.actor,
            case_id=act.case.pk,
            task_id=task_id,
            at=act.at,
        )
        return _("The applicant is told in writing.")
    return _plain(act, task_id)


def _correction_items(act: Act) -> list[CorrectionItem]:
    """The rows that say anything; a row half filled is refused by the service, not dropped."""
    columns = [act.post.getlist(name) for name in ("subject", "problem", "what_to_do")]
    items = []
    for subject, problem, what_to_do in zip(*columns, strict=False):
        if not (subject or problem.strip() or what_to_do.strip()):
            continue
        kind, _colon, code = subject.partition(":")
        if kind not in ("m", "f", "g"):
            raise CorrectionEmpty
        items.append(
            CorrectionItem(
                problem=problem.strip()[:TEXT_MAX],
                what_to_do=what_to_do.strip()[:TEXT_MAX],
                material_code=code if kind == "m" else "",
                field=code if kind == "f" else "",
            )
        )
    return items


def _review(act: Act, task_id: UUID) -> str:
    if not act.text("outcome"):
        raise OutcomeMissing
    services.review_case(
        actor=act.actor,
        case_id=act.case.pk,
        outcome=act.text("outcome"),
        opinion=act.text("opinion"),
        task_id=task_id,
        at=act.at,
    )
    return _("The review is done.")


def _inspection(act: Act, task_id: UUID) -> str:
    result = act.text("outcome")
    if result not in ("passed", "rectify", "failed"):
        raise OutcomeMissing
    try:
        inspected_on = date.fromisoformat(act.text("inspected_on"))
    except ValueError as error:
        raise Malformed from error
    points, notes = act.post.getlist("point"), act.post.getlist("note")
    rows = [
        (point.strip(), act.text(f"met_{number}"), note.strip())
        for number, (point, note) in enumerate(zip(points, notes, strict=False))
        if point.strip()
    ]
    if any(not met for _point, met, _note in rows):
        raise FindingOpen(points="、".join(point for point, met, _note in rows if not met))
    services.record_inspection(
        actor=act.actor,
        case_id=act.case.pk,
        inspected_on=inspected_on,
        inspectors=act.post.getlist("inspector"),
        findings=[
            Finding(point=point[:500], met=met == "yes", note=note[:TEXT_MAX])
            for point, met, note in rows
        ],
        result=result,
        summary=act.text("summary"),
        task_id=task_id,
        at=act.at,
    )
    return _("The inspection is on record.")


def _decision(act: Act, task_id: UUID) -> str:
    outcome = act.text("outcome")
    if not outcome:
        raise OutcomeMissing
    services.decide_case(
        actor=act.actor,
        case_id=act.case.pk,
        outcome=outcome,
        reason=act.text("reason"),
        legal_basis=[text[:300] for text in act.post.getlist("legal_basis")],
        conditions=act.text("conditions"),
        false_materials=act.text("false_materials") == "on",
        task_id=task_id,
        at=act.at,
    )
    return {
        "grant": _("The case is granted."),
        "deny": _("The case is denied; the notice says where to object."),
        "return": _("The case went back to the review."),
    }.get(outcome, _("The step is finished."))


def _plain(act: Act, task_id: UUID) -> str:
    if not act.text("outcome"):
        raise OutcomeMissing
    workflow.complete_task(
        actor=act.actor,
        task_id=task_id,
        outcome=act.text("outcome"),
        opinion=act.text("opinion"),
        at=act.at,
    )
    return _("The step is finished.")


def _consult(act: Act, task_id: UUID) -> str:
    workflow.complete_task(
        actor=act.actor, task_id=task_id, outcome="answered", opinion=act.text("opinion"), at=act.at
    )
    return _("Your opinion is given.")


_FORMS: Mapping[str, Callable[[Act, UUID], str]] = {
    "intake": _intake,
    "inspection": _inspection,
    "decision": _decision,
    "review": _review,
    "consult": _consult,
}


# --- around the step ---------------------------------------------------------------------------


def claim(act: Act) -> str:
    workflow.claim_task(actor=act.actor, task_id=act.task_id(), at=act.at)
    return _("You have taken the task.")


def release(act: Act) -> str:
    workflow.release_task(actor=act.actor, task_id=act.task_id(), at=act.at)
    return _("The task is back in the pool.")


def transfer(act: Act) -> str:
    workflow.transfer_task(
        actor=act.actor,
        task_id=act.task_id(),
        to_officer_id=act.id("transfer_officer"),
        reason=act.text("transfer_reason"),
        at=act.at,
    )
    return _("The task was handed over.")


def consult(act: Act) -> str:
    workflow.add_consultant(
        actor=act.actor,
        task_id=act.task_id(),
        officer_id=act.id("consult_officer"),
        question=act.text("question"),
        at=act.at,
    )
    return _("The colleague was asked.")


def unask(act: Act) -> str:
    workflow.withdraw_consultant(actor=act.actor, task_id=act.task_id(), at=act.at)
    return _("The question is withdrawn.")


def urge(act: Act) -> str:
    workflow.urge(actor=act.actor, task_id=act.task_id(), note=act.text("urge_note"), at=act.at)
    return _("The task was urged.")


def suspend(act: Act) -> str:
    """The clock stops with a notice to the applicant, who must be told how long.

    Raises: SuspensionReasonUnknown, SuspensionNeedsLength, WrongState, workflow's refusals.
    """
    reason, workdays = act.text("stop_reason"), act.number("stop_workdays")
    if reason not in SUSPENSION_REASONS:
        raise SuspensionReasonUnknown(reason=reason)
    if not workdays:
        raise SuspensionNeedsLength
    variables = {
        "stop_reason": reason,
        "stop_workdays": workdays,
        "stop_note": act.text("stop_note"),
    }
    with transaction.atomic():
        clocks.act_stop_clock(_call(act, variables))
    return _("The clock stands still; the applicant is told for how long.")


def resume(act: Act) -> str:
    with transaction.atomic():
        clocks.act_restart_clock(_call(act, {}))
    return _("The clock runs again.")


def extend(act: Act) -> str:
    """Ask for more time. Raises: Forbidden, WrongState, workflow's refusals."""
    case = act.case
    act.actor.check(WORK_TASKS, agency_id=case.deciding_agency_id, region_path=case.region_path)
    workflow.request_extension(
        instance_id=_instance(act),
        workdays=act.number("extension_workdays"),
        reason=act.text("extension_reason"),
        joint=act.text("extension_joint") == "on",
        actor=act.actor,
        at=act.at,
    )
    return _("The extension is asked for; the head of the agency answers.")


def answer(act: Act) -> str:
    """Grant or refuse the extension asked for on this case. Raises: NotFound, workflow's."""
    request_id = act.id("extension")
    instance = workflow_queries.instance_of(SUBJECT_KIND, act.case.pk)
    if not instance.extensions.filter(pk=request_id).exists():
        raise NotFound
    if act.text("answer") == "approve":
        workflow.approve_extension(
            request_id=request_id, actor=act.actor, answer=act.text("answer_note"), at=act.at
        )
        return _("The extension is granted.")
    workflow.refuse_extension(
        request_id=request_id, actor=act.actor, answer=act.text("answer_note"), at=act.at
    )
    return _("The extension is refused.")


def hand_over(act: Act) -> str:
    """Over the counter, or to the post. Raises: ReceiverMissing, DeliveryMissing."""
    if not act.text("handed_to") and not act.text("tracking_number"):
        raise ReceiverMissing
    services.hand_over(
        actor=act.actor,
        case_id=act.case.pk,
        handed_to=act.text("handed_to")[:100],
        tracking_number=act.text("tracking_number")[:60],
        at=act.at,
    )
    return _("The result is handed over.")


VERBS: Mapping[str, tuple[Callable[[Act], str], bool]] = {
    # verb -> what it does, and whether the officer is done with the case for now
    "complete": (complete, True),
    "claim": (claim, False),
    "release": (release, True),
    "transfer": (transfer, True),
    "consult": (consult, False),
    "unask": (unask, False),
    "urge": (urge, False),
    "suspend": (suspend, False),
    "resume": (resume, False),
    "extend": (extend, False),
    "answer": (answer, False),
    "hand-over": (hand_over, False),
}


def _instance(act: Act) -> UUID:
    if act.case.instance_id is None:
        raise WrongState(state=str(CaseState(act.case.state).label))
    return act.case.instance_id


def _call(act: Act, variables: Mapping[str, object]) -> ActionCall:
    return ActionCall(
        instance_id=_instance(act),
        subject_kind=SUBJECT_KIND,
        subject_id=act.case.pk,
        variables=variables,
        actor=act.actor,
        at=act.at,
        step_id="desk",
    )
