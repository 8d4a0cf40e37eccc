"""Joint cases and their plans."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from ninja import Schema

from lingnan.kernel.text import LocalisedText

from .. import queries
from ..models import (
    JointCase,
    JointChild,
    JointTheme,
)
from .parts import CaseOut


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
