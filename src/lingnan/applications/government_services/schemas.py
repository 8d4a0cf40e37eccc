"""What the API of government services takes and gives."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from lingnan.kernel.text import LocalisedText, localise
from lingnan.platforms.workflow.types import Clock

from . import queries
from .models import (
    Case,
    CaseMaterial,
    Correction,
    Decision,
    Delivery,
    Draft,
    JointCase,
    JointChild,
    JointTheme,
    Notice,
    ServiceRating,
    SiteInspection,
)
from .services import drafts
from .types import MATERIALS_MAX, CorrectionReply, MaterialGiven


class DraftIn(Schema):
    item_code: str = Field(description="31 characters, of the guide", min_length=31, max_length=31)


class DraftChange(Schema):
    data: dict[str, Any] = Field(description="Answers; merged into those given before")
    page: str = ""


class LicenceIn(Schema):
    code: str = Field(description="The material's code in the guide")
    licence_id: UUID


class CommitmentIn(Schema):
    code: str = Field(description="The material's code in the guide")
    agrees: Literal[True] = Field(description="The words of the guide are promised")
    version: str = Field(
        max_length=40,
        description="`commitment.version` of the material in the guide: the words that were read",
    )


class MaterialIn(Schema):
    code: str = Field(description="The material's code in the guide")
    kind: Literal["upload", "licence", "carried_over", "commitment"] = Field(
        "upload", description="`commitment`: the promise the guide allows in its place"
    )
    file_id: UUID | None = Field(None, description="From POST /materials")
    licence_id: UUID | None = Field(None, description="A valid licence of the applicant's wallet")

    version: str = Field(
        "",
        max_length=40,
        description="With `commitment`: `commitment.version` in the guide, of the words read",
    )

    def given(self) -> MaterialGiven:
        return MaterialGiven(
            code=self.code,
            kind=self.kind,
            file_id=self.file_id,
            licence_id=self.licence_id,
            version=self.version if self.kind == "commitment" else None,
        )


class ApplicantIn(Schema):
    kind: Literal["person", "organisation"]
    id: UUID


class CaseIn(Schema):
    item_code: str = Field(description="31 characters, of the guide", min_length=31, max_length=31)
    data: dict[str, Any] = Field({}, description="Answers to the item's form (its JSON Schema)")
    materials: list[MaterialIn] = Field([], max_length=MATERIALS_MAX)
    channel: Literal["web", "app", "wap", "wechat", "alipay", "terminal", "other"] = "web"
    applicant: ApplicantIn | None = Field(
        None, description="Only for officers at a window: for whom they enter the case"
    )


class SubmissionIn(Schema):
    channel: Literal["web", "app", "wap", "wechat", "alipay", "terminal", "other"] = "web"


class OpinionIn(Schema):
    opinion: str = ""
    task_id: UUID | None = None


class RefusalIn(Schema):
    outcome: Literal["refuse", "not_needed", "not_ours"] = "refuse"
    reason: str
    legal_basis: str = ""
    right_agency: str = Field("", description="With `not_ours`: whose business it is")
    task_id: UUID | None = None


class CorrectionItemIn(Schema):
    """About a material, about a field, or with neither: a general instruction."""

    material_code: str = ""
    field: str = Field("", description="Dotted path of a form field")
    problem: str
    what_to_do: str


class CorrectionIn(Schema):
    items: list[CorrectionItemIn]
    limit_workdays: int = Field(15, ge=1, le=60)
    task_id: UUID | None = None


class CorrectionReplyIn(Schema):
    """The answer to a general instruction: words, files, or both."""

    item: int = Field(ge=0, le=999, description="Its place in `items` of the correction, from 0")
    text: str = Field("", max_length=4000)
    file_ids: list[UUID] = Field(
        [], max_length=20, description="From POST /materials with the code `correction`"
    )

    def reply(self) -> CorrectionReply:
        return CorrectionReply(item=self.item, text=self.text, file_ids=tuple(self.file_ids))


class CorrectionAnswerIn(Schema):
    data: dict[str, Any] = {}
    materials: list[MaterialIn] = Field([], max_length=MATERIALS_MAX)
    replies: list[CorrectionReplyIn] = Field([], max_length=100)


class ReviewIn(Schema):
    outcome: str = "pass"
    opinion: str = ""
    form: dict[str, Any] = {}
    task_id: UUID | None = None


class ReasonIn(Schema):
    reason: str
    task_id: UUID | None = None


class WithdrawalIn(Schema):
    reason: str = ""


class FindingIn(Schema):
    point: str
    met: bool
    note: str = ""


class InspectionIn(Schema):
    inspected_on: date
    inspectors: list[str] = Field(description="Names of all who took part, two at least")
    findings: list[FindingIn] = []
    result: Literal["passed", "rectify", "failed"]
    summary: str = ""
    task_id: UUID | None = None


class DecisionIn(Schema):
    outcome: Literal["grant", "deny", "return"]
    reason: str = Field("", description="Required to deny or return")
    legal_basis: list[str] = []
    conditions: str = ""
    false_materials: bool = Field(
        False, description="With `deny`: bars this applicant from the matter for a year (art. 78)"
    )
    task_id: UUID | None = None


class DeliveryIn(Schema):
    method: Literal["electronic", "pickup", "mail"]
    name: str = ""
    phone: str = ""
    address: str = ""


class HandOverIn(Schema):
    handed_to: str = ""
    tracking_number: str = ""


class RatingIn(Schema):
    level: int = Field(ge=1, le=5, description="1 very satisfied ... 5 very dissatisfied")
    text: str = Field("", max_length=1000)
    channel: Literal["web", "app", "wap", "wechat", "terminal", "other"] = "web"


class SupplementIn(Schema):
    text: str = Field(max_length=1000)


class RatingReviewIn(Schema):
    finding: Literal["confirmed", "mistaken", "malicious"]
    note: str = Field(max_length=1000)


class ScenarioIn(Schema):
    answers: dict[str, Any] = {}
    region_path: str = ""


class JointCaseIn(Schema):
    theme_code: str
    answers: dict[str, Any] = {}
    data: dict[str, Any] = {}
    materials: list[MaterialIn] = Field([], max_length=MATERIALS_MAX)
    region_path: str = ""


class DraftMaterialOut(Schema):
    id: UUID
    code: str
    kind: str
    file_id: UUID | None
    licence_id: UUID | None
    name: str


class DraftOut(Schema):
    id: UUID
    item_code: str
    item_version_id: UUID
    principal_kind: str
    principal_id: UUID
    data: dict[str, Any]
    page: str
    materials: list[DraftMaterialOut]
    state: str
    changed_at: datetime
    expires_at: datetime

    @staticmethod
    def of(draft: Draft) -> "DraftOut":
        return DraftOut(
            id=draft.pk,
            item_code=draft.item_code,
            item_version_id=draft.item_version_id,
            principal_kind=draft.principal_kind,
            principal_id=draft.principal_id,
            data=drafts.draft_answers(draft),
            page=draft.page,
            materials=[DraftMaterialOut(**given) for given in draft.materials],
            state=draft.state,
            changed_at=draft.changed_at,
            expires_at=draft.expires_at,
        )


class DraftCardOut(Schema):
    id: UUID
    item_code: str
    page: str
    changed_at: datetime
    expires_at: datetime


class UploadOut(Schema):
    file_id: UUID
    name: str
    media_type: str
    size_bytes: int


class CaseOut(Schema):
    """A case as lists and answers show it."""

    id: UUID
    number: str = Field(description="43 characters")
    item_code: str
    item_name: LocalisedText
    applicant_kind: str
    applicant_name: str
    state: str
    state_since: datetime
    result: str
    exchange_result_code: str = Field(description="办结结果 of the case exchange")
    channel: str
    submitted_at: datetime
    accepted_at: datetime | None
    decided_at: datetime | None
    concluded_at: datetime | None
    promised_due_on: date | None
    statutory_due_on: date | None
    light: str
    receiving_agency_id: UUID
    deciding_agency_id: UUID

    @staticmethod
    def of(case: Case) -> "CaseOut":
        return CaseOut.model_construct(
            id=case.pk,
            number=case.number,
            item_code=case.item_code,
            item_name=case.item_name,
            applicant_kind=case.applicant_kind,
            applicant_name=case.applicant_name,
            state=str(case.state),
            state_since=case.state_since,
            result=str(case.result),
            exchange_result_code=case.exchange_result_code,
            channel=str(case.channel),
            submitted_at=case.submitted_at,
            accepted_at=case.accepted_at,
            decided_at=case.decided_at,
            concluded_at=case.concluded_at,
            promised_due_on=case.promised_due_on,
            statutory_due_on=case.statutory_due_on,
            light=case.light,
            receiving_agency_id=case.receiving_agency_id,
            deciding_agency_id=case.deciding_agency_id,
        )


class CaseMaterialOut(Schema):
    id: UUID
    code: str
    name: LocalisedText
    kind: str
    file_name: str
    licence_id: UUID | None
    state: str
    content: str = Field(description="Path of the content")

    @staticmethod
    def of(row: CaseMaterial) -> "CaseMaterialOut":
        return CaseMaterialOut(
            id=row.pk,
            code=row.code,
            name=row.name,
            kind=row.kind,
            file_name=row.file_name,
            licence_id=row.licence_id,
            state=row.state,
            content=f"/api/v1/cases/{row.case_id}/materials/{row.pk}/content",
        )


class NoticeOut(Schema):
    id: UUID
    kind: str
    number: str
    noticed_at: datetime
    state: str = Field(description="pending until its sealed faces are rendered")
    is_sealed: bool
    pdf: str | None
    ofd: str | None

    @staticmethod
    def of(row: Notice) -> "NoticeOut":
        base = f"/api/v1/notices/{row.pk}"
        return NoticeOut(
            id=row.pk,
            kind=row.kind,
            number=row.number,
            noticed_at=row.noticed_at,
            state=row.state,
            is_sealed=row.is_sealed,
            pdf=f"{base}/pdf" if row.pdf_file_id else None,
            ofd=f"{base}/ofd" if row.ofd_file_id else None,
        )


class CorrectionReplyOut(Schema):
    item: int
    text: str


class CorrectionOut(Schema):
    items: list[CorrectionItemIn]
    replies: list[CorrectionReplyOut]
    told_at: datetime
    due_on: date
    state: str
    submitted_at: datetime | None

    @staticmethod
    def of(row: Correction | None) -> "CorrectionOut | None":
        if row is None:
            return None
        return CorrectionOut(
            items=[CorrectionItemIn(**item) for item in row.items],
            replies=[CorrectionReplyOut(**reply) for reply in row.replies],
            told_at=row.told_at,
            due_on=row.due_on,
            state=row.state,
            submitted_at=row.submitted_at,
        )


class DecisionOut(Schema):
    outcome: str
    reason: str
    legal_basis: list[str]
    remedy: dict[str, Any]
    conditions: str
    decided_at: datetime

    @staticmethod
    def of(row: Decision | None) -> "DecisionOut | None":
        if row is None:
            return None
        return DecisionOut(
            outcome=row.outcome,
            reason=row.reason,
            legal_basis=row.legal_basis,
            remedy=row.remedy,
            conditions=row.conditions,
            decided_at=row.decided_at,
        )


class DeliveryOut(Schema):
    method: str
    due_on: date
    delivered_at: datetime | None
    handed_to: str
    tracking_number: str

    @staticmethod
    def of(row: Delivery | None) -> "DeliveryOut | None":
        if row is None:
            return None
        return DeliveryOut(
            method=row.method,
            due_on=row.due_on,
            delivered_at=row.delivered_at,
            handed_to=row.handed_to,
            tracking_number=row.tracking_number,
        )


class InspectionOut(Schema):
    id: UUID
    inspected_on: date
    inspectors: list[str]
    findings: list[FindingIn]
    result: str
    summary: str
    recorded_at: datetime

    @staticmethod
    def of(row: SiteInspection) -> "InspectionOut":
        return InspectionOut(
            id=row.pk,
            inspected_on=row.inspected_on,
            inspectors=row.inspectors,
            findings=[FindingIn(**finding) for finding in row.findings],
            result=row.result,
            summary=row.summary,
            recorded_at=row.recorded_at,
        )


class RatingOut(Schema):
    level: int
    text: str
    rated_at: datetime
    supplement: str
    supplemented_at: datetime | None
    review: str
    is_excluded: bool

    @staticmethod
    def of(row: ServiceRating | None) -> "RatingOut | None":
        if row is None:
            return None
        return RatingOut(
            level=row.level,
            text=row.text,
            rated_at=row.rated_at,
            supplement=row.supplement,
            supplemented_at=row.supplemented_at,
            review=row.review,
            is_excluded=row.is_excluded,
        )


class WaitingOut(Schema):
    step: str
    who: str
    since: datetime | None
    until: date | None


class StepOut(Schema):
    step_id: str
    name: str
    kind: str
    task_id: UUID | None
    role: str
    agency_id: UUID | None
    agency_name: str
    assignee_name: str
    since: datetime | None
    due_on: date | None
    is_mine: bool = False


class ClockOut(Schema):
    statutory_due_on: date | None
    promised_due_on: date | None
    is_provisional: bool
    light: str
    is_running: bool
    stopped_since: date | None
    stopped_until: date | None
    stopped_reason: str
    workdays_used: int
    workdays_left: int | None


class TimelineOut(Schema):
    at: datetime
    code: str
    text: str
    detail: str
    actor_name: str
    agency_name: str


class CaseViewOut(Schema):
    """One case: to its applicant with what he can do, to officers with the file."""

    case: CaseOut
    agency_name: str
    waiting_for: list[WaitingOut]
    clock: ClockOut | None
    materials: list[CaseMaterialOut]
    notices: list[NoticeOut]
    correction: CorrectionOut | None
    decision: DecisionOut | None
    delivery: DeliveryOut | None
    rating: RatingOut | None
    bill_id: UUID | None
    is_fee_due: bool
    fee_fen: int
    licence_id: UUID | None
    joint_case_id: UUID | None
    handed_in_by: str = Field(description="Who acted for the applicant; empty: himself")
    can_withdraw: bool
    can_correct: bool
    can_rate: bool

    @staticmethod
    def of(view: queries.CaseView) -> "CaseViewOut":
        case = view.case
        return CaseViewOut(
            case=CaseOut.of(case),
            agency_name=view.agency_name,
            waiting_for=[
                WaitingOut(step=w.step, who=w.who, since=w.since, until=w.until)
                for w in view.waiting_for
            ],
            clock=clock_out(view.clock),
            materials=[CaseMaterialOut.of(row) for row in view.materials],
            notices=[NoticeOut.of(row) for row in view.notices],
            correction=CorrectionOut.of(view.correction),
            decision=DecisionOut.of(view.decision),
            delivery=DeliveryOut.of(view.delivery),
            rating=RatingOut.of(view.rating),
            bill_id=case.bill_id,
            is_fee_due=case.is_fee_due,
            fee_fen=case.fee_fen,
            licence_id=case.licence_id,
            joint_case_id=view.joint_case_id,
            handed_in_by=view.handed_in_by,
            can_withdraw=view.can_withdraw,
            can_correct=view.can_correct,
            can_rate=view.can_rate,
        )


class LegalBasisOut(Schema):
    title: str
    article: str
    url: str


class CaseFileOut(Schema):
    """What an officer decides on. The rating is not here: raters stay unknown to those rated."""

    case: CaseOut
    handed_in_by: str = Field(description="Who acted for the applicant; empty: himself")
    receiving_agency_name: str
    deciding_agency_name: str
    answers: dict[str, Any]
    materials: list[CaseMaterialOut]
    required_codes: list[str]
    steps: list[StepOut]
    clock: ClockOut | None
    notices: list[NoticeOut]
    correction: CorrectionOut | None
    inspections: list[InspectionOut]
    decision: DecisionOut | None
    delivery: DeliveryOut | None
    law: list[LegalBasisOut]
    earlier_cases: list[CaseOut]

    @staticmethod
    def of(file: queries.CaseFile) -> "CaseFileOut":
        mine = {step.task_id for step in file.own_steps}
        return CaseFileOut(
            case=CaseOut.of(file.case),
            handed_in_by=file.handed_in_by,
            receiving_agency_name=file.receiving_agency_name,
            deciding_agency_name=file.deciding_agency_name,
            answers=dict(file.answers),
            materials=[CaseMaterialOut.of(row) for row in file.materials],
            required_codes=sorted(file.required_codes),
            steps=[
                StepOut(
                    step_id=step.step_id,
                    name=localise(step.name),
                    kind=step.kind,
                    task_id=step.task_id,
                    role=step.role,
                    agency_id=step.agency_id,
                    agency_name=step.agency_name,
                    assignee_name=step.assignee_name,
                    since=step.since,
                    due_on=step.due_on,
                    is_mine=step.task_id in mine,
                )
                for step in file.steps
            ],
            clock=clock_out(file.clock),
            notices=[NoticeOut.of(row) for row in file.notices],
            correction=CorrectionOut.of(file.correction),
            inspections=[InspectionOut.of(row) for row in file.inspections],
            decision=DecisionOut.of(file.decision),
            delivery=DeliveryOut.of(file.delivery),
            law=[
                LegalBasisOut(title=basis.title, article=basis.article, url=basis.url)
                for basis in file.item.legal_basis
            ],
            earlier_cases=[CaseOut.of(row) for row in file.earlier_cases],
        )


class ThemeCardOut(Schema):
    code: str
    title: LocalisedText
    summary: dict[str, Any]
    questions: dict[str, Any]

    @staticmethod
    def of(theme: JointTheme) -> "ThemeCardOut":
        return ThemeCardOut(
            code=theme.code, title=theme.title, summary=theme.summary, questions=theme.questions
        )


class PlanPartOut(Schema):
    key: str
    item_code: str
    item_name: LocalisedText
    is_mandatory: bool
    after: list[str]
    promised_workdays: int


class PlanOut(Schema):
    theme_code: str
    parts: list[PlanPartOut]
    form_schema: dict[str, Any]
    materials: list[dict[str, Any]]
    promise_workdays: int
    fields_saved: int
    materials_saved: int


class JointChildOut(Schema):
    key: str
    item_code: str
    item_name: LocalisedText
    is_mandatory: bool
    after: list[str]
    state: str
    note: str
    case: CaseOut | None

    @staticmethod
    def of(row: JointChild) -> "JointChildOut":
        return JointChildOut(
            key=row.key,
            item_code=row.item_code,
            item_name=row.item_name,
            is_mandatory=row.is_mandatory,
            after=row.after,
            state=row.state,
            note=row.note,
            case=CaseOut.of(row.case) if row.case else None,
        )


class JointCaseOut(Schema):
    id: UUID
    number: str
    theme_code: str
    theme_title: LocalisedText
    state: str
    promise_workdays: int
    promised_due_on: date | None
    submitted_at: datetime
    concluded_at: datetime | None
    children: list[JointChildOut]

    @staticmethod
    def of(joint: JointCase) -> "JointCaseOut":
        return JointCaseOut(
            id=joint.pk,
            number=joint.number,
            theme_code=joint.theme.code,
            theme_title=joint.theme.title,
            state=joint.state,
            promise_workdays=joint.promise_workdays,
            promised_due_on=joint.promised_due_on,
            submitted_at=joint.submitted_at,
            concluded_at=joint.concluded_at,
            children=[JointChildOut.of(child) for child in queries.joint_children(joint)],
        )


def clock_out(found: Clock | None) -> ClockOut | None:
    if found is None:
        return None
    return ClockOut(**{name: getattr(found, name) for name in ClockOut.model_fields})
