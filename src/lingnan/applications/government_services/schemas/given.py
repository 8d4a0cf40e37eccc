"""What is sent: applications, answers, decisions."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from ..types import MATERIALS_MAX, CorrectionReply, MaterialGiven


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
