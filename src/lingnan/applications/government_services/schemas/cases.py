"""One case, to its applicant and to officers."""

from typing import Any
from uuid import UUID

from ninja import Field, Schema

from lingnan.kernel.text import localise

from .. import queries
from .parts import (
    CaseMaterialOut,
    CaseOut,
    ClockOut,
    CorrectionOut,
    DecisionOut,
    DeliveryOut,
    InspectionOut,
    NoticeOut,
    RatingOut,
    StepOut,
    WaitingOut,
    clock_out,
)


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
