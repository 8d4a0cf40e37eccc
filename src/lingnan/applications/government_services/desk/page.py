"""Everything the page of a case shows, gathered with a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from lingnan.kernel.actors import Actor, Principal
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import NotFound
from lingnan.kernel.text import localise
from lingnan.kernel.web.schema_forms import BoundForm, Prefilled
from lingnan.platforms.documents import queries as documents
from lingnan.platforms.documents.types import JPEG, PDF, PNG, FileCard
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.types import OfficerCard
from lingnan.platforms.licences import queries as licences
from lingnan.platforms.licences import services as licence_services
from lingnan.platforms.licences.types import LicenceCard, Status
from lingnan.platforms.payment import queries as payment
from lingnan.platforms.workflow import queries as workflow
from lingnan.platforms.workflow.types import (
    APPROVE_EXTENSIONS,
    ASSIGN_TASKS,
    NO_DUE,
    STOP_CLOCKS,
    SUSPENSION_REASONS,
    WORK_TASKS,
    TaskFilters,
    TaskKind,
)
from lingnan.security.masking import services as masking
from lingnan.security.masking.types import Kind, Purpose
from lingnan.standards.matters.types import Item, Material

from .. import access, queries
from ..models import Case, CaseMaterial
from ..services import answers, credit_check, state
from ..services import materials as material_rules
from ..services.corrections import CORRECTION_WORKDAYS
from ..services.decisions import LITIGATION_MONTHS, RECONSIDERATION_DAYS
from ..services.delivery import address_of
from ..types import DELIVER, IN_PROGRESS, SUBJECT_KIND
from . import outcomes
from .known import known_of

CORRECTION_ROWS = 3
FINDING_ROWS = 3
LIGHT_COLOURS = {"green": "green", "yellow": "yellow", "red": "red", "stopped": "grey"}
LICENCE_COLOURS = {Status.VALID: "green", Status.SUSPENDED: "yellow", Status.SUPERSEDED: "grey"}
DOCUMENT_STATES = {
    "submitted": ("blue", "document"),
    "accepted": ("green", "check-circle"),
    "to_correct": ("yellow", "alert"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One thing handed in for a material: a file, or a licence with its status of today."""

    row: CaseMaterial
    file: FileCard | None
    licence: LicenceCard | None
    licence_colour: str = ""
    promised: str = ""
    lacks_original: bool = False

    @property
    def is_picture(self) -> bool:
        return self.file is not None and self.file.media_type in (PNG, JPEG)

    @property
    def is_pdf(self) -> bool:
        return self.file is not None and self.file.media_type == PDF


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One material the item asks for, and what stands in its place."""

    code: str
    name: str
    papers: tuple[Paper, ...]
    is_required: bool
    state: str
    """missing, absent (optional), submitted, accepted, to_correct"""

    @property
    def is_missing(self) -> bool:
        return self.state == "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHand:
    """The step the officer can do now."""

    task: Any
    form: outcomes.Form
    outcomes: tuple[tuple[str, str, str, bool], ...]
    due_on: date | None
    is_mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact about the applicant. `whole` may be opened by those who need it."""

    label: str
    value: str
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """What came with a request that was refused, so that no word is lost."""

    post: QueryDict = field(default_factory=QueryDict)
    verb: str = ""

    def get(self, name: str, default: str = "") -> str:
        return str(self.post.get(name, default))


def case_page(
    actor: Actor, case_id: UUID, *, task_id: UUID | None, typed: Typed, at: datetime
) -> dict[str, Any]:
    """The context of the case page. Raises: CaseNotFound, Forbidden."""
    file = queries.case_file(actor, case_id, at=at)
    case, item = file.case, file.item
    tasks = workflow.tasks_of(case.instance_id) if case.instance_id else []
    workable = _workable(actor, case, at=at)
    at_hand = _at_hand(actor, tasks, workable, wanted=task_id)
    works = bool(file.own_steps) or bool(workable)
    licence = _issued(case, on=local_date(at))
    return {
        "file": file,
        "case": case,
        "item": item,
        "at_hand": at_hand,
        "other_tasks": [t for t in tasks if t.is_open and (not at_hand or t.pk != at_hand.task.pk)],
        "own_others": [
            task
            for task in tasks
            if task.pk in workable and (not at_hand or task.pk != at_hand.task.pk)
        ],
        "is_own": state.has_interest(case, actor),
        "facts": _applicant_facts(actor, case, needs=works),
        "handed_in_by": file.handed_in_by,
        "bound": _bound(item, file.answers, case, needs=works),
        "shows_sensitive": works,
        "documents": _documents(actor, file, on=local_date(at)),
        "colour": LIGHT_COLOURS.get(file.clock.light, "") if file.clock else "",
        "stop_reason": _stop_reason(file.clock.stopped_reason) if file.clock else "",
        "licence": licence,
        "licence_colour": LICENCE_COLOURS.get(licence.status, "red") if licence else "",
        "bill": payment.bill(case.bill_id) if case.bill_id else None,
        "standing": credit_check.standing_of(case, on=local_date(at)) if works else None,
        "bars": [bar for bar in file.bars if bar.until_on > local_date(at)],
        "hand_over": _hand_over(actor, file),
        "remedies": _remedies(item),
        "law": [(basis, basis_text(basis)) for basis in item.legal_basis],
        "typed": typed,
        **_tools(actor, case, tasks, at_hand, file.clock),
        **_rows(actor, item, at_hand, typed, at=at),
    }


def _issued(case: Case, *, on: date) -> LicenceCard | None:
    return licences.licence(case.licence_id, on=on) if case.licence_id else None


def basis_text(basis: Any) -> str:
    """A provision as a decision cites it: 《title》article."""
    return f"《{basis.title.strip('《》')}》{basis.article}"


# --- the step at hand --------------------------------------------------------------------------


def _workable(actor: Actor, case: Case, *, at: datetime) -> frozenset[UUID]:
    """The open tasks of this case that the officer may work on, also for one who is away."""
    if case.instance_id is None or case.concluded_at is not None:
        return frozenset()
    wanted = TaskFilters(subject_kind=SUBJECT_KIND, number=case.number)
    return frozenset(task.pk for task in workflow.open_tasks(actor, wanted, at=at).items)


def _at_hand(
    actor: Actor, tasks: Sequence[Any], workable: frozenset[UUID], *, wanted: UUID | None
) -> AtHand | None:
    """The task asked for; else one's own, else one waiting for anybody of one's role."""
    found = [task for task in tasks if task.pk in workable]
    if not found:
        return None
    found.sort(
        key=lambda task: (task.pk != wanted, task.assignee_id != actor.officer_id, task.due_on)
    )
    task = found[0]
    return AtHand(
        task=task,
        form=outcomes.form_of(task.step_id, task.kind),
        outcomes=tuple(
            (
                code,
                outcomes.label(code),
                str(outcomes.HINTS.get(code, "")),
                code in outcomes.NEGATIVE,
            )
            for code in task.outcomes
        ),
        due_on=None if task.due_on == NO_DUE else task.due_on,
        is_mine=task.assignee_id is not None,
    )


# --- left: who and what ------------------------------------------------------------------------


def _applicant_facts(actor: Actor, case: Case, *, needs: bool) -> list[Fact]:
    """What identity knows of the applicant; numbers in part, the whole only for who needs it."""
    purpose = Purpose.DECIDE if needs else Purpose.LIST

    def hidden(label: str, value: str, kind: Kind) -> Fact:
        part = masking.mask(value, kind)
        whole = masking.mask_for(actor, value, kind, purpose)
        return Fact(label=label, value=part, whole=whole if needs and whole != part else "")

    facts = [Fact(label=_("Applicant's name"), value=case.applicant_name)]
    try:
        if case.applicant_kind == "person":
            person = identity.person(case.applicant_id)
            is_resident = person.document_type == "resident_id"
            kind = Kind.RESIDENT_ID if is_resident else Kind.DOCUMENT_NUMBER
            facts.append(hidden(_("Identity document"), person.document_number, kind))
            facts.append(hidden(_("Telephone"), person.phone, Kind.PHONE))
            facts.append(hidden(_("Address"), person.address, Kind.ADDRESS))
        else:
            firm = identity.organisation(case.applicant_id)
            facts.append(Fact(label=_("Registration number"), value=firm.registration_number))
            facts.append(
                Fact(label=_("Legal representative"), value=firm.legal_representative_name)
            )
            facts.append(hidden(_("Telephone"), firm.phone, Kind.PHONE))
            facts.append(Fact(label=_("Address"), value=firm.address))
    except NotFound:  # a case outlives the register entry of its applicant
        pass
    return [fact for fact in facts if fact.value]


def _bound(item: Item, given: Mapping[str, Any], case: Case, *, needs: bool) -> BoundForm | None:
    """The answers as a summary; what equals the register says so."""
    if not item.form_schema:
        return None
    known: dict[str, Prefilled] = {}
    if needs:
        try:
            known = known_of(case.applicant_kind, case.applicant_id)
        except NotFound:
            known = {}
    return answers.definition(item).bind(given, prefill=known)


# --- middle: documents -------------------------------------------------------------------------


def _documents(actor: Actor, file: queries.CaseFile, *, on: date) -> list[Document]:
    """Every material of the guide in its order, then what came besides. Three queries at most."""
    case, item = file.case, file.item
    files = documents.files([row.file_id for row in file.materials if row.file_id])
    held: dict[UUID, LicenceCard] = {}
    if any(row.licence_id for row in file.materials):
        is_person = case.applicant_kind == "person"
        kind: Literal["person", "organisation"] = "person" if is_person else "organisation"
        owner = Principal(kind=kind, id=case.applicant_id, name=case.applicant_name)
        held = {card.id: card for card in licences.licences_of(owner, on=on)}
        for row in file.materials:  # replaced by a newer version since
            if row.licence_id and row.licence_id not in held:
                held[row.licence_id] = licences.licence(row.licence_id, on=on)
    used = [row.licence_use_id for row in file.materials if row.licence_use_id]
    lacking = {use.pk for use in licence_services.originals_lacking(used, on=on)} if used else set()
    papers: dict[str, list[Paper]] = {}
    for row in file.materials:
        licence = held.get(row.licence_id) if row.licence_id else None
        papers.setdefault(row.code, []).append(
            Paper(
                row=row,
                file=files.get(row.file_id) if row.file_id else None,
                licence=licence,
                licence_colour=LICENCE_COLOURS.get(licence.status, "red") if licence else "",
                promised=_promised(item, row),
                lacks_original=row.licence_use_id in lacking,
            )
        )
    needed = {material.code for material in material_rules.required(item, file.answers)}
    shown = [_document(m, papers.pop(m.code, []), needed) for m in item.materials]
    besides = [
        Document(
            code=code,
            name=localise(rows[0].row.name),
            papers=tuple(rows),
            is_required=False,
            state=rows[0].row.state,
        )
        for code, rows in papers.items()
    ]
    return shown + besides


def _promised(item: Item, row: CaseMaterial) -> str:
    """The words of the commitment that stands for a material."""
    material = item.material(row.code)
    if row.kind != CaseMaterial.Kind.COMMITMENT or material is None or material.commitment is None:
        return ""
    return localise(material.commitment.text)


def _document(material: Material, rows: list[Paper], needed: set[str]) -> Document:
    is_required = material.code in needed
    if rows:
        states = {paper.row.state for paper in rows}
        state = next((s for s in ("to_correct", "submitted") if s in states), "accepted")
    else:
        state = "missing" if is_required else "absent"
    return Document(
        code=material.code,
        name=localise(material.name),
        papers=tuple(rows),
        is_required=is_required,
        state=state,
    )


# --- right: tools around the decision ----------------------------------------------------------


def _tools(
    actor: Actor, case: Case, tasks: Sequence[Any], at_hand: AtHand | None, clock: Any
) -> dict[str, Any]:
    """What may be done besides completing the step: hand over, ask, urge, stop the clock."""

    def may(permission: str) -> bool:
        return actor.can(
            permission, agency_id=case.deciding_agency_id, region_path=case.region_path
        )

    open_tasks = [task for task in tasks if task.is_open and task.kind != TaskKind.CONSULT]
    urgeable = [
        task
        for task in open_tasks
        if actor.can(ASSIGN_TASKS, agency_id=task.agency_id, region_path=task.region_path)
    ]
    task = at_hand.task if at_hand and at_hand.form != "consult" else None
    movable = task or (urgeable[0] if urgeable else None)
    runs = clock is not None and clock.is_running and case.decided_at is None
    extensions: list[Any] = []
    if case.instance_id is not None and case.accepted_at is not None:
        instance = workflow.instance_of(SUBJECT_KIND, case.pk)
        extensions = list(instance.extensions.order_by("id"))
    asked = next((e for e in extensions if e.state == "requested"), None)
    may_stop = may(STOP_CLOCKS)
    tools = {
        "may_claim": task is not None
        and task.assignee_id is None
        and not state.has_interest(case, actor),
        "may_release": task is not None and task.assignee_id == actor.officer_id,
        "may_transfer": movable if movable in urgeable or _mine(actor, movable) else None,
        "may_consult": task if task is not None and _mine(actor, task) else None,
        "urgeable": [t for t in urgeable if at_hand is None or t.pk != at_hand.task.pk],
        "colleagues": _colleagues(movable) if movable is not None else [],
        "questions": [t for t in tasks if t.kind == TaskKind.CONSULT],
        "may_suspend": runs and may_stop and not clock.stopped_since and case.state in IN_PROGRESS,
        "may_resume": runs and may_stop and clock.stopped_since is not None,
        "may_extend": runs and asked is None and may(WORK_TASKS),
        "extension_asked": asked,
        "extensions": extensions,
        "may_answer": asked is not None and may(APPROVE_EXTENSIONS),
        "stop_reasons": [(r.code, r.title, r.source) for r in SUSPENSION_REASONS.values()],
    }
    shown = (
        *("may_claim", "may_release", "may_transfer", "may_consult", "questions", "urgeable"),
        *("may_suspend", "may_resume", "may_extend", "extension_asked"),
    )
    return {**tools, "has_tools": any(tools[name] for name in shown)}


def _mine(actor: Actor, task: Any) -> bool:
    if task is None or task.assignee_id is None:
        return False
    return bool(task.assignee_id == actor.officer_id)


def _colleagues(task: Any) -> list[OfficerCard]:
    found = identity.officers_with(
        WORK_TASKS, agency_id=task.agency_id, region_path=task.region_path
    )
    return [card for card in found if card.id != task.assignee_id]


def _stop_reason(code: str) -> str:
    known = SUSPENSION_REASONS.get(code)
    return str(known.title) if known else code


def _hand_over(actor: Actor, file: queries.CaseFile) -> dict[str, Any] | None:
    """The paper result that waits to be handed over, for who may do it."""
    case, delivery = file.case, file.delivery
    if delivery is None or delivery.delivered_at is not None or delivery.method == "electronic":
        return None
    if case.state not in ("granted", "cert_issued") or not access.reaches(actor, case, DELIVER):
        return None
    return {"delivery": delivery, "address": address_of(delivery)}


def _remedies(item: Item) -> list[tuple[str, str]]:
    """What the notice of a denial will say about objecting."""
    named = {remedy.kind: localise(remedy.body) for remedy in item.remedies}
    return [
        (
            _("Reconsideration within %(days)s days") % {"days": RECONSIDERATION_DAYS},
            named.get("review") or _("the people's government of the same level"),
        ),
        (
            _("Lawsuit within %(months)s months") % {"months": LITIGATION_MONTHS},
            named.get("court") or _("the competent people's court"),
        ),
    ]


def _rows(
    actor: Actor, item: Item, at_hand: AtHand | None, typed: Typed, *, at: datetime
) -> dict[str, Any]:
    """The repeated rows of the forms, as typed or as they begin."""
    if at_hand is None:
        return {}
    post = typed.post
    if at_hand.form == "intake":
        return {
            "correction_rows": _correction_rows(post),
            "correction_subjects": _correction_subjects(item),
            "correction_workdays": typed.get("limit_workdays", str(CORRECTION_WORKDAYS)),
            "chosen_basis": typed.get("legal_basis"),
        }
    if at_hand.form == "inspection":
        return {
            "findings": _finding_rows(post, item),
            "inspectors": (post.getlist("inspector") or [actor.name]) + ["", ""],
            "today": local_date(at).isoformat(),
            "inspected_on": typed.get("inspected_on", local_date(at).isoformat()),
        }
    chosen = post.getlist("legal_basis") if post else [basis_text(b) for b in item.legal_basis]
    return {"chosen_bases": chosen}


def _correction_rows(post: QueryDict) -> list[dict[str, str]]:
    columns = [post.getlist(name) for name in ("subject", "problem", "what_to_do")]
    typed = [
        {"subject": subject, "problem": problem, "what_to_do": what}
        for subject, problem, what in zip(*columns, strict=False)
    ]
    empty = {"subject": "", "problem": "", "what_to_do": ""}
    more = CORRECTION_ROWS if post.get("more") or not typed else 0
    return typed + [dict(empty) for _n in range(more)]


def _correction_subjects(item: Item) -> list[tuple[str, list[tuple[str, str]]]]:
    materials = [(f"m:{m.code}", localise(m.name)) for m in item.materials]
    schema = item.form_schema or {}
    properties = schema.get("properties", {})
    # The database keeps no order of names; the pages of the form say how people read them.
    named = [name for page in schema.get("x-pages", ()) for name in page.get("fields", ())]
    place = {name: number for number, name in enumerate(named)}
    fields = [
        (f"f:{name}", localise(schema.get("x-title")) or name)
        for name, schema in sorted(
            properties.items(), key=lambda one: place.get(one[0], len(place))
        )
    ]
    general = [("g:", _("General instruction, about no single document or answer"))]
    groups = [(pgettext("desk", "Documents"), materials), (_("Answers of the form"), fields)]
    groups.append((pgettext("desk", "The whole application"), general))
    return [(title, options) for title, options in groups if options]


def _finding_rows(post: QueryDict, item: Item) -> list[dict[str, str]]:
    """What was typed; at first the conditions of the guide, which the visit is there to check."""
    points, notes = post.getlist("point"), post.getlist("note")
    rows = [
        {"point": point, "met": post.get(f"met_{number}", ""), "note": note}
        for number, (point, note) in enumerate(zip(points, notes, strict=False))
    ]
    if not rows:
        rows = [
            {"point": localise(condition), "met": "", "note": ""} for condition in item.conditions
        ]
    rows = rows[:20]
    more = FINDING_ROWS if post.get("more") or not rows else (0 if points else 1)
    return rows + [{"point": "", "met": "", "note": ""} for _n in range(more)]
