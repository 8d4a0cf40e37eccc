"""Questions about cases; never writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import SHANGHAI
from lingnan.kernel.errors import NotFound
from lingnan.kernel.pagination import Page, keyset_page
from lingnan.kernel.text import LocalisedText, localise
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.payment import queries as payment
from lingnan.platforms.workflow import queries as workflow
from lingnan.platforms.workflow.types import Clock, CurrentStep, TimelineItem
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.matters import queries as matters
from lingnan.standards.matters.types import Item

from . import access, answers
from .models import (
    ApplicantBar,
    Case,
    CaseMaterial,
    Correction,
    Decision,
    Delivery,
    Draft,
    JointCase,
    JointChild,
    JointDraft,
    JointTheme,
    Notice,
    ServiceRating,
    SiteInspection,
)
from .types import (
    ACCEPT,
    DECIDE,
    INSPECT,
    OPEN,
    READ,
    REVIEW,
    SUBJECT_KIND,
    CaseState,
    WaitingFor,
)

ORDER = ("-submitted_at", "-id")
OPEN_CASES_LOOKED_AT = 20
LIST_COLUMNS = (
    "id",
    "number",
    "item_code",
    "item_name",
    "applicant_kind",
    "applicant_name",
    "state",
    "state_since",
    "result",
    "channel",
    "submitted_at",
    "accepted_at",
    "decided_at",
    "concluded_at",
    "promised_due_on",
    "statutory_due_on",
    "light",
    "receiving_agency_id",
    "deciding_agency_id",
    "region_path",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilters:
    """What a list of cases narrows by; empty values do not narrow."""

    state: str = ""
    is_open: bool | None = None
    item_code: str = ""
    number: str = ""
    light: str = ""
    agency_id: UUID | None = None
    region_path: str = ""
    submitted_from: date | None = None
    submitted_until: date | None = None
    applicant_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """Everything the applicant sees of his case."""

    case: Case
    item: Item
    agency_name: str
    waiting_for: tuple[WaitingFor, ...]
    clock: Clock | None
    timeline: Sequence[TimelineItem]
    materials: Sequence[CaseMaterial]
    notices: Sequence[Notice]
    correction: Correction | None
    decision: Decision | None
    delivery: Delivery | None
    rating: ServiceRating | None
    joint_case_id: UUID | None
    handed_in_by: str
    can_withdraw: bool
    can_correct: bool
    can_rate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """Everything an officer decides on, on one page."""

    case: Case
    item: Item
    handed_in_by: str
    receiving_agency_name: str
    deciding_agency_name: str
    answers: Mapping[str, Any]
    materials: Sequence[CaseMaterial]
    required_codes: frozenset[str]
    steps: Sequence[CurrentStep]
    own_steps: Sequence[CurrentStep]
    clock: Clock | None
    timeline: Sequence[TimelineItem]
    notices: Sequence[Notice]
    correction: Correction | None
    inspections: Sequence[SiteInspection]
    decision: Decision | None
    delivery: Delivery | None
    bars: Sequence[ApplicantBar]
    earlier_cases: Sequence[Case]
    siblings: Sequence[JointChild] = field(default=())


def my_cases(
    actor: Actor, *, is_open: bool | None = None, cursor: str | None = None, limit: int = 20
) -> Page[Case]:
    """The cases of the principal the actor acts for, newest first. One query."""
    if actor.principal is None:
        return Page(items=[], next_cursor=None)
    rows = Case.objects.filter(actor.matters_q(), applicant_id=actor.principal.id)
    if is_open is not None:
        rows = rows.filter(_openness(is_open))
    return keyset_page(rows.only(*LIST_COLUMNS), order=ORDER, cursor=cursor, limit=limit)


def open_cases_of(actor: Actor, item: Item) -> list[Case]:
    """Applications under way for the same matter, wherever handed in, newest first."""
    if actor.principal is None:
        return []
    rows = (
        Case.objects.filter(actor.matters_q(), applicant_id=actor.principal.id)
        .filter(_openness(True))
        .only(*LIST_COLUMNS, "item_version_id")
        .order_by(*ORDER)[:OPEN_CASES_LOOKED_AT]
    )
    return [
        case
        for case in rows
        if matters.item_version(case.item_version_id).basic_code == item.basic_code
    ]


def list_cases(
    actor: Actor,
    filters: CaseFilters | None = None,
    *,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[Case]:
    """The cases an officer may read, newest first; page 500 costs what page 1 costs. One query."""
    rows = _narrow(Case.objects.filter(access.in_reach(actor, READ)), filters or CaseFilters())
    return keyset_page(rows.only(*LIST_COLUMNS), order=ORDER, cursor=cursor, limit=limit)


def case_by_number(number: str) -> Case | None:
    """For callers that authorise by other means. One query."""
    return Case.objects.filter(number=number.strip().upper()).first()


def case_view(actor: Actor, case_id: UUID, *, at: datetime) -> CaseView:
    """The applicant's page: who has it, since when, until when. Raises: CaseNotFound."""
    case = access.own_case(actor, case_id)
    correction = Correction.objects.filter(case=case).first()
    rating = ServiceRating.objects.filter(case=case).first()
    return CaseView(
        case=case,
        item=matters.item_version(case.item_version_id),
        agency_name=agencies.agency(case.deciding_agency_id).name,
        waiting_for=waiting_for(case),
        clock=clock_of(case, at=at),
        timeline=workflow.timeline(SUBJECT_KIND, case.pk, audience="citizen"),
        materials=live_materials(case),
        notices=list(case.notices.all()),
        correction=correction,
        decision=Decision.objects.filter(case=case).first(),
        delivery=Delivery.objects.filter(case=case).first(),
        rating=rating,
        joint_case_id=JointChild.objects.filter(case=case)
        .values_list("joint_id", flat=True)
        .first(),
        handed_in_by=handed_in_by(case),
        can_withdraw=case.state in OPEN and case.decided_at is None,
        can_correct=case.state == CaseState.CORRECTION_NOTICED,
        can_rate=case.concluded_at is not None and rating is None,
    )


def handed_in_by(case: Case) -> str:
    """Who acted for the applicant: an agent, or a clerk at a window; empty where he did himself."""
    try:
        if case.submitter_officer_id is not None:
            return identity.officer(case.submitter_officer_id).name
        if case.submitter_person_id not in (None, case.applicant_id):
            return identity.person(case.submitter_person_id).name
    except NotFound:  # a case outlives whoever handed it in
        return ""
    return ""


def case_file(actor: Actor, case_id: UUID, *, at: datetime) -> CaseFile:
    """The officer's page. Answers marked sensitive are clear to those who work on the case only.

    Raises: CaseNotFound, Forbidden.
    """
    case = access.officer_case(actor, case_id)
    item = matters.item_version(case.item_version_id)
    steps = current_steps(case)
    own = [step for step in steps if is_candidate(actor, step, case.region_path)]
    names = agencies.agencies([case.receiving_agency_id, case.deciding_agency_id])
    joint_id = JointChild.objects.filter(case=case).values_list("joint_id", flat=True).first()
    return CaseFile(
        case=case,
        item=item,
        handed_in_by=handed_in_by(case),
        receiving_agency_name=names[case.receiving_agency_id].name,
        deciding_agency_name=names[case.deciding_agency_id].name,
        answers=_answers_for(actor, case, item, works_on_it=bool(own)),
        materials=live_materials(case),
        required_codes=frozenset(m.code for m in item.materials if m.required),
        steps=steps,
        own_steps=own,
        clock=clock_of(case, at=at),
        timeline=workflow.timeline(SUBJECT_KIND, case.pk, audience="officer"),
        notices=list(case.notices.all()),
        correction=Correction.objects.filter(case=case).first(),
        inspections=list(case.inspections.order_by("recorded_at")),
        decision=Decision.objects.filter(case=case).first(),
        delivery=Delivery.objects.filter(case=case).first(),
        bars=list(ApplicantBar.objects.filter(applicant_id=case.applicant_id)),
        earlier_cases=list(
            Case.objects.filter(applicant_id=case.applicant_id, item_code=case.item_code)
            .exclude(pk=case.pk)
            .only(*LIST_COLUMNS)
            .order_by("-submitted_at")[:5]
        ),
        siblings=list(
            JointChild.objects.filter(joint_id=joint_id).select_related("case") if joint_id else ()
        ),
    )


def timeline(actor: Actor, case_id: UUID) -> Sequence[TimelineItem]:
    """What happened to a case, in the reader's words. Raises: CaseNotFound."""
    case = access.any_case(actor, case_id)
    if actor.is_officer:
        return workflow.timeline(SUBJECT_KIND, case.pk, audience="officer")
    return workflow.timeline(SUBJECT_KIND, case.pk, audience="citizen")


def waiting_for(case: Case) -> tuple[WaitingFor, ...]:
    """Who has the case now, since when, until when; the applicant himself while he corrects."""
    if case.state == CaseState.CORRECTION_NOTICED:
        correction = Correction.objects.filter(case=case).first()
        return (
            WaitingFor(
                step=str(CaseState.CORRECTION_NOTICED.label),
                who=case.applicant_name,
                since=case.state_since,
                until=correction.due_on if correction else None,
            ),
        )
    if case.bill_id is not None and case.is_fee_due and case.concluded_at is None:
        bill = payment.bill(case.bill_id)
        return (
            WaitingFor(
                step=gettext("waiting for payment"),
                who=case.applicant_name,
                since=bill.opened_at,
                until=bill.due_on,
            ),
        )
    return tuple(
        WaitingFor(
            step=localise(step.name),
            who=step.agency_name or case.applicant_name,
            since=step.since or case.state_since,
            until=step.due_on,
        )
        for step in current_steps(case)
        if step.kind != "timer"
    )


def current_steps(case: Case) -> list[CurrentStep]:
    """Where the process of a case stands; empty once it is concluded."""
    if case.instance_id is None or case.concluded_at is not None:
        return []
    return list(workflow.current_steps(case.instance_id))


def clock_of(case: Case, *, at: datetime) -> Clock | None:
    if case.instance_id is None or case.accepted_at is None:
        return None
    return workflow.clock(case.instance_id, at=at)


def is_candidate(actor: Actor, step: CurrentStep, region_path: str) -> bool:
    """Whether a step may be this officer's to do, by role and reach."""
    return step.task_id is not None and any(
        grant.role == step.role and grant.covers(agency_id=step.agency_id, region_path=region_path)
        for grant in actor.grants
    )


def live_materials(case: Case) -> list[CaseMaterial]:
    """The materials that count, without those replaced in a correction. One query."""
    return list(case.materials.exclude(state=CaseMaterial.State.REPLACED))


def recent_item_codes(*, limit: int) -> list[str]:
    """The items of the newest cases: what people apply for now. One query on an index."""
    rows = Case.objects.order_by("-submitted_at", "-id").values_list("item_code", flat=True)
    return list(rows[:limit])


def my_drafts(actor: Actor, *, at: datetime) -> list[Draft]:
    """Live drafts for the principal acted for, the last changed first. One query."""
    if actor.person_id is None or actor.principal is None:
        return []
    rows = Draft.objects.filter(
        person_id=actor.person_id,
        principal_id=actor.principal.id,
        state=Draft.State.LIVE,
        expires_at__gt=at,
    )
    return list(rows.order_by("-changed_at")[:100])


def my_joint_drafts(actor: Actor, *, at: datetime) -> list[JointDraft]:
    """Live drafts of joint applications, the last changed first. One query."""
    if actor.person_id is None or actor.principal is None:
        return []
    rows = JointDraft.objects.filter(
        person_id=actor.person_id,
        principal_id=actor.principal.id,
        state=JointDraft.State.LIVE,
        expires_at__gt=at,
    )
    return list(rows.order_by("-changed_at")[:100])


def my_joint_cases(actor: Actor, *, cursor: str | None = None, limit: int = 20) -> Page[JointCase]:
    if actor.principal is None:
        return Page(items=[], next_cursor=None)
    rows = JointCase.objects.filter(applicant_id=actor.principal.id).select_related("theme")
    if actor.matter_codes is not None:
        beyond = JointChild.objects.exclude(actor.matters_q()).values("joint_id")
        rows = rows.exclude(pk__in=beyond)
    return keyset_page(rows, order=ORDER, cursor=cursor, limit=limit)


def joint_children(joint: JointCase) -> list[JointChild]:
    """The parts of a joint case in order, with their cases. One query."""
    return list(joint.children.select_related("case"))


def joint_themes() -> list[JointTheme]:
    return list(JointTheme.objects.filter(is_current=True).order_by("code"))


def joint_theme(code: str) -> JointTheme | None:
    return JointTheme.objects.filter(code=code, is_current=True).first()


def ratings_to_review(
    actor: Actor, permission: str, *, cursor: str | None = None, limit: int = 20
) -> Page[ServiceRating]:
    """Negative ratings waiting for a call back, within reach, the longest waiting first."""
    reachable = Case.objects.filter(access.in_reach(actor, permission)).values("pk")
    rows = ServiceRating.objects.filter(
        review=ServiceRating.Review.DUE, case_id__in=reachable
    ).select_related("case")
    return keyset_page(rows, order=("review_due_on", "id"), cursor=cursor, limit=limit)


def item_name(case: Case) -> LocalisedText:
    name: LocalisedText = case.item_name
    return name


def _narrow(rows: QuerySet[Case], filters: CaseFilters) -> QuerySet[Case]:
    plain = {
        name: value
        for name, value in {
            "state": filters.state,
            "item_code": filters.item_code,
            "light": filters.light,
            "applicant_id": filters.applicant_id,
        }.items()
        if value
    }
    rows = rows.filter(**plain)
    if filters.number:
        rows = rows.filter(number=filters.number.strip().upper())
    if filters.is_open is not None:
        rows = rows.filter(_openness(filters.is_open))
    if filters.agency_id is not None:
        rows = rows.filter(
            Q(receiving_agency_id=filters.agency_id) | Q(deciding_agency_id=filters.agency_id)
        )
    if filters.region_path:
        rows = rows.filter(_below(filters.region_path))
    if filters.submitted_from is not None:
        rows = rows.filter(submitted_at__gte=_midnight(filters.submitted_from))
    if filters.submitted_until is not None:
        rows = rows.filter(submitted_at__lt=_midnight(filters.submitted_until))
    return rows


def _below(region_path: str) -> Q:
    """Within a division: equality on the indexed columns as far as they go."""
    parts = region_path.strip("/").split("/")
    condition = Q(region_2=parts[1]) if len(parts) > 1 else Q()
    if len(parts) > 2:
        condition &= Q(region_3=parts[2])
    return condition & Q(region_path__startswith=region_path) if len(parts) > 3 else condition


def _openness(is_open: bool) -> Q:
    return Q(concluded_at=None) if is_open else Q(concluded_at__isnull=False)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def _answers_for(actor: Actor, case: Case, item: Item, *, works_on_it: bool) -> Mapping[str, Any]:
    works = works_on_it or any(
        access.reaches(actor, case, permission) for permission in (ACCEPT, REVIEW, INSPECT, DECIDE)
    )
    if works:
        return answers.unseal(item.form_schema, case.form_data)
    return answers.plain(item.form_schema, case.form_data)
