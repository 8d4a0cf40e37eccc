"""The verbs of government services: the only writers of its tables."""

from .. import answers
from ..types import (
    Applicant,
    Channel,
    CorrectionItem,
    CorrectionReply,
    Finding,
    MaterialGiven,
)
from .bills import record_settlement, renew_bill
from .cases import submit_case, withdraw_case
from .commitments import offer_for, offer_of
from .corrections import request_correction, submit_correction
from .decisions import decide_case, record_inspection, return_step, review_case
from .delivery import address_of, choose_delivery, hand_over
from .drafts import (
    add_commitment,
    add_licence,
    add_upload,
    discard_draft,
    draft_answers,
    expire_drafts,
    given_of,
    open_draft,
    prefill_of,
    present_item,
    remove_material,
    save_draft,
    standing_materials,
    submit_draft,
)
from .eligibility import check_assurance
from .intake import accept_case, refuse_case
from .joint import plan_joint_case, publish_theme, submit_joint_case, withdraw_joint_case
from .joint_drafts import (
    add_joint_licence,
    add_joint_upload,
    discard_joint_draft,
    expire_joint_drafts,
    joint_draft_answers,
    joint_given_of,
    open_joint_draft,
    plan_of,
    remove_joint_material,
    save_joint_draft,
    submit_joint_draft,
)
from .notices import issue_notice
from .ratings import rate_case, review_rating, supplement_rating
from .reading import note_look, note_look_at_draft, note_look_at_joint, note_look_at_subject
from .shipped import load_content
from .uploads import upload_material

__all__ = (
    "Applicant",
    "Channel",
    "CorrectionItem",
    "CorrectionReply",
    "Finding",
    "MaterialGiven",
    "accept_case",
    "add_commitment",
    "add_joint_licence",
    "add_joint_upload",
    "add_licence",
    "add_upload",
    "address_of",
    "answers",
    "check_assurance",
    "choose_delivery",
    "decide_case",
    "discard_draft",
    "discard_joint_draft",
    "draft_answers",
    "expire_drafts",
    "expire_joint_drafts",
    "given_of",
    "hand_over",
    "issue_notice",
    "joint_draft_answers",
    "joint_given_of",
    "load_content",
    "note_look",
    "note_look_at_draft",
    "note_look_at_joint",
    "note_look_at_subject",
    "offer_for",
    "offer_of",
    "open_draft",
    "open_joint_draft",
    "plan_joint_case",
    "plan_of",
    "prefill_of",
    "present_item",
    "publish_theme",
    "rate_case",
    "record_inspection",
    "record_settlement",
    "refuse_case",
    "remove_joint_material",
    "remove_material",
    "renew_bill",
    "request_correction",
    "return_step",
    "review_case",
    "review_rating",
    "save_draft",
    "save_joint_draft",
    "standing_materials",
    "submit_case",
    "submit_correction",
    "submit_draft",
    "submit_joint_case",
    "submit_joint_draft",
    "supplement_rating",
    "upload_material",
    "withdraw_case",
    "withdraw_joint_case",
)
