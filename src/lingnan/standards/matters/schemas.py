"""Shapes of the catalogue's API."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from lingnan.kernel.text import LocalisedText

from .content import ItemContent
from .models import BasicItem, Duty, ItemStep, ItemVersion, ServiceItem
from .types import (
    Faq,
    Fee,
    FlowStep,
    ImportReport,
    Item,
    ItemHit,
    LegalBasis,
    LimitUnit,
    Material,
    Option,
    Outcome,
    Place,
    Remedy,
    ThemeCard,
)


class ItemHitOut(Schema):
    """One result: the list nearest to the region asked for."""

    code31: str
    name: LocalisedText
    summary: LocalisedText
    item_type: str
    agency_name: str
    region_path: str
    exercise_level: int
    themes: list[str]
    service_objects: list[str]
    promised_limit: int
    promised_unit: str
    case_type: str
    visits: int
    online_depth: int
    is_online: bool
    nearness: Literal["here", "below", "elsewhere"] = Field(
        description="In the region itself or above it, in a part of it, or somewhere else"
    )
    other_places: int = Field(description="How many other bodies do the same")
    score: float

    @classmethod
    def of(cls, hit: ItemHit) -> "ItemHitOut":
        return cls(**{name: getattr(hit, name) for name in cls.model_fields})


class ThemeOut(Schema):
    code: str
    title: str
    audience: str
    items: int

    @classmethod
    def of(cls, card: ThemeCard) -> "ThemeOut":
        return cls(code=card.code, title=card.title, audience=card.audience, items=card.items)


class ItemOut(Schema):
    """An implementation list with the unified fields of its basic item: the whole guide."""

    item_version_id: UUID
    version_number: int
    state: str
    service_item_id: UUID
    item_state: str
    code31: str
    local_code: str
    local_scheme: str
    basic_code: str
    name: LocalisedText
    item_type: str
    legal_basis: tuple[LegalBasis, ...]
    agency_id: UUID | None
    agency_name: str
    agency_uscc: str
    body_nature: str
    exercise_level: int
    region_path: str
    summary: LocalisedText
    everyday_words: tuple[str, ...]
    themes: tuple[str, ...]
    service_objects: tuple[str, ...]
    handling_forms: tuple[str, ...]
    case_type: str
    approval_mode: str
    statutory_limit: int | None
    statutory_unit: str
    statutory_limit_note: LocalisedText
    promised_limit: int
    promised_unit: str
    promised_limit_note: LocalisedText
    conditions: tuple[LocalisedText, ...]
    materials: tuple[Material, ...]
    flow: tuple[FlowStep, ...]
    flow_online: LocalisedText
    flow_offline: LocalisedText
    fee_charged: bool
    fees: tuple[Fee, ...]
    fee_basis: str
    results: tuple[Outcome, ...]
    faqs: tuple[Faq, ...]
    places: tuple[Place, ...]
    remedies: tuple[Remedy, ...]
    rights: LocalisedText
    visits: int
    visits_reason: LocalisedText
    online_depth: int
    online_url: str
    mobile_url: str
    supports_booking: bool
    supports_online_payment: bool
    supports_courier: bool
    supports_terminals: bool
    assurance_level: int | None
    representation: Literal["any", "guardians", "none"] = Field(
        description="Who may apply for another: anyone with a mandate, guardians only, nobody"
    )
    scope: str
    quantity_limit: LocalisedText
    special_procedures: tuple[str, ...]
    intermediary_services: LocalisedText
    joint_agencies: tuple[str, ...]
    consult_phone: str
    supervise_phone: str
    form_schema: dict[str, Any]
    is_online: bool
    options: tuple[Option, ...]
    effective_from: date | None
    effective_until: date | None
    published_at: datetime | None

    @classmethod
    def of(cls, item: Item) -> "ItemOut":
        own = {"statutory_limit", "statutory_unit", "promised_limit", "promised_unit"}
        values = {name: getattr(item, name) for name in cls.model_fields if name not in own}
        statutory, promised = item.statutory_limit, item.promised_limit
        return cls(
            **values,
            statutory_limit=int(statutory) if statutory is not None else None,
            statutory_unit=_unit(statutory),
            promised_limit=int(promised),
            promised_unit=_unit(promised),
        )


def _unit(limit: object) -> str:
    is_calendar = type(limit).__name__ == "CalendarDays"
    return str(LimitUnit.CALENDAR_DAYS if is_calendar else LimitUnit.WORKDAYS)


class ListOut(Schema):
    """A list as its stewards see it in a table."""

    id: UUID
    code31: str | None
    local_code: str
    local_scheme: str
    name: LocalisedText
    item_type: str
    body_name: str
    region_path: str
    exercise_level: int
    state: str
    created_at: datetime

    @classmethod
    def of(cls, row: ServiceItem) -> "ListOut":
        return cls(
            id=row.id,
            code31=row.code31,
            local_code=row.local_code,
            local_scheme=row.local_scheme,
            name=row.basic_item.name,
            item_type=row.basic_item.item_type,
            body_name=row.agency.name if row.agency else row.foreign_body_name,
            region_path=row.region_path,
            exercise_level=row.exercise_level,
            state=row.state,
            created_at=row.created_at,
        )


class VersionOut(Schema):
    """One version with its content, as it is sent back when a draft is saved."""

    id: UUID
    service_item_id: UUID
    number: int
    state: str
    revision: int
    change_note: str
    submitted_at: datetime | None
    published_at: datetime | None
    content: ItemContent

    @classmethod
    def of(cls, row: ItemVersion, content: ItemContent) -> "VersionOut":
        return cls(
            id=row.id,
            service_item_id=row.service_item_id,
            number=row.number,
            state=row.state,
            revision=row.revision,
            change_note=row.change_note,
            submitted_at=row.submitted_at,
            published_at=row.published_at,
            content=content,
        )


class StepOut(Schema):
    act: str
    actor_name: str
    at: datetime
    note: str
    item_version_id: UUID | None

    @classmethod
    def of(cls, row: ItemStep) -> "StepOut":
        return cls(
            act=row.act,
            actor_name=row.actor_name,
            at=row.at,
            note=row.note,
            item_version_id=row.version_id,
        )


class ListCardOut(Schema):
    """A list with all its versions and its history."""

    item: ListOut
    versions: list[VersionOut]
    steps: list[StepOut]


class ListIn(Schema):
    """Claim a basic item for an agency."""

    basic_code: str = Field(min_length=12, max_length=12)
    agency_id: UUID
    exercise_level: int = Field(ge=1, le=7)
    body_nature: Literal["1", "2", "3", "9"] = "1"
    content: dict[str, Any] = Field(
        default_factory=dict, description="Fields of a list; see ItemContent"
    )


class DraftIn(Schema):
    revision: int = Field(description="The revision that was opened")
    content: dict[str, Any]


class NoteIn(Schema):
    note: str = Field("", max_length=2000)


class ReasonIn(Schema):
    reason: str = Field(max_length=2000)


class AdoptIn(Schema):
    basic_code: str = Field(min_length=12, max_length=12)
    agency_id: UUID
    exercise_level: int = Field(ge=1, le=7)


class BasicItemIn(Schema):
    code12: str = Field(min_length=12, max_length=12)
    name: LocalisedText
    legal_basis: list[dict[str, Any]] = []
    everyday_words: list[str] = Field(default_factory=list, max_length=60)
    duty_id: UUID | None = None


class BasicItemChange(Schema):
    revision: int
    name: LocalisedText
    legal_basis: list[dict[str, Any]] = []
    everyday_words: list[str] = Field(default_factory=list, max_length=60)


class BasicItemOut(Schema):
    id: UUID
    code12: str
    name: LocalisedText
    item_type: str
    legal_basis: list[dict[str, Any]]
    everyday_words: list[str]
    revision: int

    @classmethod
    def of(cls, row: BasicItem) -> "BasicItemOut":
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class DutyIn(Schema):
    code: str = Field(min_length=1, max_length=32)
    name: LocalisedText
    item_type: str
    agency_id: UUID
    legal_basis: list[dict[str, Any]] = []
    responsibility: LocalisedText = Field(default_factory=dict)


class DutyOut(Schema):
    id: UUID
    code: str
    name: LocalisedText
    item_type: str
    agency_id: UUID
    legal_basis: list[dict[str, Any]]
    responsibility: LocalisedText

    @classmethod
    def of(cls, row: Duty) -> "DutyOut":
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class ElementIn(Schema):
    name: LocalisedText
    owner_level: int = Field(ge=1, le=7)
    rule: Literal["same", "tighten"]
    is_active: bool = True


class ElementOut(Schema):
    key: str
    name: str
    owner_level: int
    rule: str
    is_active: bool


class RowProblemOut(Schema):
    row: int = Field(description="As in a spreadsheet: the header is row 1")
    field: str
    code: str
    message: str
    severity: str


class ImportOut(Schema):
    """What an import did; nothing is written unless `refused_rows` is 0."""

    id: UUID | None
    file_name: str
    scheme: str
    dry_run: bool
    is_applied: bool
    rows: int
    created: int
    changed: int
    unchanged: int
    refused_rows: int
    problems: list[RowProblemOut]
    unread_columns: list[str]

    @classmethod
    def of(cls, report: ImportReport) -> "ImportOut":
        names = ("row", "field", "code", "message", "severity")
        return cls(
            id=report.run_id,
            file_name=report.file_name,
            scheme=report.scheme,
            dry_run=report.dry_run,
            is_applied=report.is_applied,
            rows=report.rows,
            created=report.created,
            changed=report.changed,
            unchanged=report.unchanged,
            refused_rows=report.refused_rows,
            problems=[
                RowProblemOut(**{name: getattr(problem, name) for name in names})
                for problem in report.problems
            ],
            unread_columns=list(report.unread_columns),
        )
