"""Values that cross the wall: an item as a guide, a form, a process and a fee need it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from pydantic import BeforeValidator, ConfigDict, Field

from lingnan.kernel.permissions import declare
from lingnan.kernel.text import DEFAULT_LANGUAGE, LocalisedText
from lingnan.standards.calendar.types import CalendarDays, Workdays

READ = declare("matters.read", _("Read drafts and history of service items"))
EDIT = declare("matters.edit", _("Draft, import and submit service items"))
REVIEW = declare("matters.review", _("Review, publish, suspend and cancel service items"))
CATALOGUE = declare("matters.catalogue", _("Maintain duties, basic items and unified elements"))


class ItemType(models.TextChoices):
    """What kind of power or service. Source: GB/T 39046-2020 table A.1."""

    LICENSING = "01", _("Administrative licensing")
    PENALTY = "02", _("Administrative penalty")
    COERCION = "03", _("Administrative coercion")
    LEVY = "04", _("Administrative levy")
    PAYMENT = "05", _("Administrative payment")
    INSPECTION = "06", _("Administrative inspection")
    CONFIRMATION = "07", _("Administrative confirmation")
    REWARD = "08", _("Administrative reward")
    ADJUDICATION = "09", _("Administrative adjudication")
    OTHER_POWER = "10", _("Other administrative power")
    PUBLIC_SERVICE = "20", _("Public service")


# Penalty, coercion, levy and inspection are exercised without an application: they belong to the
# supervision catalogue. Source: 广东省政务服务事项管理暂行办法 (2023).
SUPERVISION_TYPES = frozenset(
    {ItemType.PENALTY, ItemType.COERCION, ItemType.LEVY, ItemType.INSPECTION}
)


class ExerciseLevel(models.IntegerChoices):
    """Who exercises it. Source: GB/T 39046-2020 table A.2."""

    NATIONAL = 1, _("National")
    PROVINCE = 2, _("Province")
    CITY = 3, pgettext_lazy("level", "City")
    COUNTY = 4, _("County")
    TOWN = 5, _("Town or subdistrict")
    VILLAGE = 6, _("Village or community")
    GRADED = 7, _("Managed by level")


class BodyNature(models.TextChoices):
    """Source: GB/T 39046-2020 table A.3."""

    STATUTORY = "1", _("Statutory body")
    AUTHORISED = "2", _("Authorised organisation")
    ENTRUSTED = "3", _("Entrusted organisation")
    OTHER = "9", pgettext_lazy("body", "Other")


class ServiceObject(models.TextChoices):
    """For whom. Source: GB/T 39046-2020 table A.4."""

    PERSON = "1", _("Natural person")
    ENTERPRISE = "2", _("Enterprise")
    INSTITUTION = "3", _("Public institution")
    SOCIAL_ORGANISATION = "4", _("Social organisation")
    AGENCY = "5", _("Administrative organ")
    OTHER = "6", _("Other organisation")


class HandlingForm(models.TextChoices):
    """Where one applies. Source: GB/T 39046-2020 table A.5."""

    WINDOW = "1", _("At a window")
    WEB = "2", _("Online by computer")
    MOBILE = "3", _("Online by phone")
    COURIER = "4", _("By courier")
    OTHER = "9", pgettext_lazy("form", "Other")


class CaseType(models.TextChoices):
    """Source: GB/T 39046-2020 table A.6."""

    INSTANT = "1", _("Decided at once")
    PROMISED = "2", _("Decided within a promised time")
    OTHER = "9", pgettext_lazy("case type", "Other")


class ApprovalMode(models.TextChoices):
    """How it is decided: by whoever receives it, or received first and decided behind."""

    ON_THE_SPOT = "on_the_spot", _("Received and decided by one person")
    REVIEW_THEN_APPROVE = "review_then_approve", _("Received in front, decided behind")


class LimitUnit(models.TextChoices):
    """Working days and calendar days are never mixed."""

    WORKDAYS = "workdays", _("working days")
    CALENDAR_DAYS = "calendar_days", _("calendar days")


class Scope(models.TextChoices):
    """Where one may apply besides the place itself (通办范围)."""

    NONE = "", _("Only here")
    COUNTIES = "counties", _("In every county of the city")
    CITIES = "cities", _("In every city of the province")
    PROVINCES = "provinces", _("In agreed provinces")
    NATIONWIDE = "nationwide", _("In the whole country")


class Representation(models.TextChoices):
    """Whether another may apply for the applicant. Source: 民法典 161."""

    ANY = "any", _("Yes, whoever holds a mandate, and a guardian")
    GUARDIANS = "guardians", _("Only a guardian")
    NONE = "none", _("No: the law wants the applicant himself")


class ResultKind(models.TextChoices):
    LICENCE = "licence", _("Licence")
    DOCUMENT = "document", _("Written decision")
    PAYMENT = "payment", _("Payment")
    OTHER = "other", pgettext_lazy("result", "Other")


class VersionState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")
    SUSPENDED = "suspended", _("Suspended")
    CANCELLED = "cancelled", _("Cancelled")


class ItemState(models.TextChoices):
    """The list as a whole; `draft` means that no version of it was ever published."""

    DRAFT = "draft", _("Not yet published")
    PUBLISHED = "published", _("Published")
    SUSPENDED = "suspended", _("Suspended")
    CANCELLED = "cancelled", _("Cancelled")


class Theme(models.TextChoices):
    """Life events and business events that people start from."""

    BIRTH = "birth", _("Having a child")
    EDUCATION = "education", _("Going to school")
    WORK = "work", _("Finding work")
    MARRIAGE = "marriage", _("Marrying")
    HOUSING = "housing", _("A home")
    RESIDENCE = "residence", _("Moving and settling")
    DRIVING = "driving", _("Driving and vehicles")
    HEALTH = "health", _("Health and medical care")
    AGEING = "ageing", _("Growing old")
    DISABILITY = "disability", _("Living with a disability")
    TRAVEL = "travel", _("Travelling abroad")
    DEATH = "death", _("When someone dies")
    START_BUSINESS = "start_business", _("Starting a business")
    RUN_BUSINESS = "run_business", _("Running a business")
    HIRE = "hire", _("Employing people")
    BUILD = "build", _("Building and renovating")
    TAX = "tax", _("Taxes and fees")
    LAND = "land", _("Land and farming")
    ENVIRONMENT = "environment", _("Environment")
    CLOSE_BUSINESS = "close_business", _("Closing a business")


STRICT: ConfigDict = ConfigDict(extra="forbid")
LANGUAGES = ("zh-hans", "zh-hant", "en")


def _as_localised(value: object) -> object:
    """A plain text is Chinese; an empty one is no text; unknown languages are refused."""
    if isinstance(value, str):
        return {DEFAULT_LANGUAGE: value.strip()} if value.strip() else {}
    if isinstance(value, dict):
        unknown = [key for key in value if key not in LANGUAGES]
        if unknown:
            raise ValueError(f"unknown language {unknown[0]!r}")
        return {key: text for key, text in value.items() if text}
    return value


Localised = Annotated[LocalisedText, BeforeValidator(_as_localised)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalBasis:
    """One provision an item rests on."""

    __pydantic_config__: ClassVar = STRICT

    title: str
    article: str = ""
    text: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentOffer:
    """What may be promised in writing instead of handing a material in (告知承诺制).

    `check_days`: how many days after acceptance the agency checks it at the latest.
    Source: 国办发〔2020〕42号.
    """

    __pydantic_config__: ClassVar = STRICT

    text: Localised
    version: Annotated[str, Field(min_length=1, max_length=40)]
    check_days: Annotated[int, Field(ge=1, le=1095)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One thing to hand in. The same `code` in two items is the same material, asked for once.

    `required` false means it may follow later (容缺) or applies only when `condition` (CEL over the
    form's answers) holds. `licence_type_code` names the licence that can stand in its place;
    `commitment` the promise that can.
    """

    __pydantic_config__: ClassVar = STRICT

    code: str
    name: Localised
    required: bool = True
    kind: Literal["original", "copy", "form", "photo"] = "copy"
    medium: Literal["paper", "electronic", "both"] = "both"
    licence_type_code: str | None = None
    stage: Literal["submit", "inspection", "pickup"] = "submit"
    condition: str = ""
    originals: int = 0
    copies: int = 1
    page_format: str = ""
    source: Literal["applicant", "government", "other"] = "applicant"
    source_note: Localised = field(default_factory=dict)
    acceptance: Localised = field(default_factory=dict)
    legal_basis: str = ""
    blank_form: str = ""
    sample: str = ""
    note: Localised = field(default_factory=dict)
    media_types: tuple[str, ...] = ()
    size_max_mb: int = 10
    commitment: CommitmentOffer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """One charge the law allows. `unit_price_fen` is null where a decision table computes it."""

    __pydantic_config__: ClassVar = STRICT

    code: str
    name: Localised
    standard: Localised
    legal_basis: str
    unit_price_fen: int | None = None
    unit: Localised = field(default_factory=dict)
    reducible: bool = False
    reduction_note: Localised = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStep:
    """One step of how it goes, for people to read; the process itself is BPMN."""

    __pydantic_config__: ClassVar = STRICT

    name: Localised
    description: Localised = field(default_factory=dict)
    limit_workdays: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Faq:
    """A question people ask, and the answer."""

    __pydantic_config__: ClassVar = STRICT

    question: Localised
    answer: Localised


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A counter where one may apply, and when."""

    __pydantic_config__: ClassVar = STRICT

    name: Localised
    address: Localised
    hours: Localised = field(default_factory=dict)
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """Where one may object: administrative review or the court."""

    __pydantic_config__: ClassVar = STRICT

    kind: Literal["review", "court"]
    body: Localised
    address: Localised = field(default_factory=dict)
    phone: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the applicant gets in the end."""

    __pydantic_config__: ClassVar = STRICT

    name: Localised
    kind: Literal["licence", "document", "payment", "other"] = "document"
    licence_type_code: str = ""
    sample: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of several ways an item is handled (业务办理项), with its 33-character code."""

    __pydantic_config__: ClassVar = STRICT

    code33: str
    name: Localised
    conditions: tuple[Localised, ...] = ()
    material_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One version of an implementation list with the unified fields of its basic item.

    Everything that a guide page, an application form, a process start, a licence and a fee need.
    `assurance_level`: how surely an applicant must have shown who he is (1 to 4); None: by the rule
    of identity for matters. `representation`: whether another may apply for the applicant.
    """

    item_version_id: UUID
    version_number: int
    state: str
    service_item_id: UUID
    item_state: str
    code31: str
    local_code: str
    local_scheme: str
    basic_item_id: UUID
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
    statutory_limit: Workdays | CalendarDays | None
    statutory_limit_note: LocalisedText
    promised_limit: Workdays | CalendarDays
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
    representation: str
    scope: str
    quantity_limit: LocalisedText
    special_procedures: tuple[str, ...]
    intermediary_services: LocalisedText
    joint_agencies: tuple[str, ...]
    consult_phone: str
    supervise_phone: str
    form_schema: Mapping[str, Any]
    process_key: str
    licence_type_code: str
    fee_decision_key: str
    options: tuple[Option, ...]
    effective_from: date | None
    effective_until: date | None
    published_at: datetime | None

    @property
    def is_instant(self) -> bool:
        return self.case_type == CaseType.INSTANT

    @property
    def is_online(self) -> bool:
        """Whether one can apply here, on this site."""
        return bool(self.form_schema) and bool(self.process_key)

    @property
    def statutory_limit_workdays(self) -> int | None:
        """Null where there is none, or where the law counts calendar days."""
        limit = self.statutory_limit
        return int(limit) if isinstance(limit, Workdays) else None

    @property
    def promised_limit_workdays(self) -> int:
        """The promise in working days; one given in calendar days is rounded down to whole weeks
        and days of five in seven, so that it is never later than what was promised."""
        if isinstance(self.promised_limit, Workdays):
            return int(self.promised_limit)
        return max(1, int(self.promised_limit) * 5 // 7)

    def material(self, code: str) -> Material | None:
        return next((material for material in self.materials if material.code == code), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemHit:
    """One search result: the implementation nearest to the reader, and how many there are besides.

    `nearness`: "here" (the reader's own region or one it lies in), "below" (a part of it),
    "elsewhere".
    """

    service_item_id: UUID
    code31: str
    basic_item_id: UUID
    name: LocalisedText
    summary: LocalisedText
    item_type: str
    agency_name: str
    region_path: str
    exercise_level: int
    themes: tuple[str, ...]
    service_objects: tuple[str, ...]
    promised_limit: int
    promised_unit: str
    case_type: str
    visits: int
    online_depth: int
    is_online: bool
    nearness: Literal["here", "below", "elsewhere"]
    other_places: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeCard:
    code: str
    title: str
    audience: Literal["person", "business"]
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """What is wrong in one row of an imported table; the header is row 1, as in a spreadsheet."""

    row: int
    field: str
    code: str
    message: str
    severity: Literal["refused", "warning"] = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did or would have done. Nothing is written unless `refused_rows` is 0."""

    run_id: UUID | None
    file_name: str
    scheme: str
    dry_run: bool
    rows: int
    created: int
    changed: int
    unchanged: int
    refused_rows: int
    problems: tuple[RowProblem, ...]
    unread_columns: tuple[str, ...] = ()

    @property
    def is_applied(self) -> bool:
        return not self.refused_rows and not self.dry_run


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledForm:
    """A matter whose lists in force use a licence: how many lists, and the paths its form takes."""

    name: LocalisedText
    lists: int
    paths: frozenset[str]
