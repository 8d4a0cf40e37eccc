"""The content of a list: read from JSON at the edge, kept in a version's columns."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from lingnan.kernel.errors import FieldProblem
from lingnan.standards.calendar.types import CalendarDays, Workdays

from .errors import BadContent, UnifiedField
from .models import ItemVersion, ServiceOption
from .types import (
    ApprovalMode,
    CaseType,
    Faq,
    Fee,
    FlowStep,
    HandlingForm,
    Item,
    LegalBasis,
    LimitUnit,
    Localised,
    Material,
    Option,
    Outcome,
    Place,
    Remedy,
    Representation,
    Scope,
    ServiceObject,
    Theme,
)

T = TypeVar("T")

# What belongs to the basic item; sent with a list, it is refused rather than ignored.
UNIFIED_FIELDS = frozenset({"name", "code", "code12", "code31", "item_type", "legal_basis"})
Days = Annotated[int, Field(ge=0, le=3660)]
Phone = Annotated[str, Field(max_length=40)]
Url = Annotated[str, Field(max_length=300, pattern=r"^($|https?://|/)")]


class OptionContent(BaseModel):
    """One way of handling; its code is the list's code and this number."""

    model_config = ConfigDict(extra="forbid")

    number: int = Field(ge=1, le=99)
    name: Localised
    conditions: tuple[Localised, ...] = ()
    material_codes: tuple[str, ...] = ()


class ItemContent(BaseModel):
    """Everything a version of a list says, except what its basic item says.

    Texts are {"zh-hans": ..., "en": ...} or plain Chinese. Source: GB/T 39046-2020 table 4 and the
    national exchange model (standards 1.9).
    """

    model_config = ConfigDict(extra="forbid")

    summary: Localised = Field(default_factory=dict)
    everyday_words: tuple[Annotated[str, Field(max_length=60)], ...] = ()
    themes: tuple[Theme, ...] = ()
    service_objects: tuple[ServiceObject, ...] = ()
    handling_forms: tuple[HandlingForm, ...] = ()
    case_type: CaseType = CaseType.PROMISED
    approval_mode: ApprovalMode = ApprovalMode.REVIEW_THEN_APPROVE
    statutory_limit: Days | None = None
    statutory_unit: LimitUnit = LimitUnit.WORKDAYS
    statutory_limit_note: Localised = Field(default_factory=dict)
    promised_limit: Days | None = None
    promised_unit: LimitUnit = LimitUnit.WORKDAYS
    promised_limit_note: Localised = Field(default_factory=dict)
    conditions: tuple[Localised, ...] = ()
    materials: tuple[Material, ...] = ()
    flow: tuple[FlowStep, ...] = ()
    flow_online: Localised = Field(default_factory=dict)
    flow_offline: Localised = Field(default_factory=dict)
    fee_charged: bool = False
    fees: tuple[Fee, ...] = ()
    fee_basis: str = ""
    results: tuple[Outcome, ...] = ()
    faqs: tuple[Faq, ...] = ()
    places: tuple[Place, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    rights: Localised = Field(default_factory=dict)
    visits: int = Field(0, ge=0, le=20)
    visits_reason: Localised = Field(default_factory=dict)
    online_depth: int = Field(1, ge=1, le=4)
    online_url: Url = ""
    mobile_url: Url = ""
    supports_booking: bool = False
    supports_online_payment: bool = False
    supports_courier: bool = False
    supports_terminals: bool = False
    assurance_level: int | None = Field(None, ge=1, le=4)
    representation: Representation = Representation.ANY
    scope: Scope = Scope.NONE
    quantity_limit: Localised = Field(default_factory=dict)
    special_procedures: tuple[str, ...] = ()
    intermediary_services: Localised = Field(default_factory=dict)
    joint_agencies: tuple[str, ...] = ()
    consult_phone: Phone = ""
    supervise_phone: Phone = ""
    form_schema: dict[str, Any] = Field(default_factory=dict)
    process_key: str = Field("", max_length=100)
    licence_type_code: str = Field("", max_length=40)
    fee_decision_key: str = Field("", max_length=100)
    effective_from: date | None = None
    effective_until: date | None = None
    options: tuple[OptionContent, ...] = ()


CONTENT_FIELDS = tuple(name for name in ItemContent.model_fields if name != "options")
_DATES = {"effective_from", "effective_until"}


def parse_content(data: Mapping[str, Any]) -> ItemContent:
    """Raises: UnifiedField, BadContent (422) with the path of each wrong field."""
    unified = sorted(UNIFIED_FIELDS & data.keys())
    if unified:
        raise UnifiedField(
            names=", ".join(unified),
            fields=[FieldProblem(name, UnifiedField.code, "") for name in unified],
        )
    try:
        return ItemContent.model_validate(data)
    except ValidationError as error:
        raise BadContent(
            fields=[
                FieldProblem(
                    ".".join(str(part) for part in item["loc"]),
                    f"input.{item['type']}",
                    item["msg"],
                )
                for item in error.errors(include_url=False)
            ]
        ) from error


def parse_legal_basis(data: object) -> list[dict[str, Any]]:
    """Raises: BadContent (422)."""
    try:
        found = _LAWS.validate_python(data)
    except ValidationError as error:
        raise BadContent(
            fields=[
                FieldProblem(
                    ".".join(["legal_basis", *(str(part) for part in item["loc"])]),
                    f"input.{item['type']}",
                    item["msg"],
                )
                for item in error.errors(include_url=False)
            ]
        ) from error
    return list(_LAWS.dump_python(found, mode="json"))


def columns(content: ItemContent) -> dict[str, Any]:
    """The version's columns for this content."""
    values = content.model_dump(mode="json", exclude={"options"})
    for name in _DATES:
        values[name] = getattr(content, name)
    return values


def content_of(version: ItemVersion) -> ItemContent:
    """A version's content again, as it was given."""
    data = {name: getattr(version, name) for name in CONTENT_FIELDS}
    data["options"] = [
        {
            "number": int(option.code33[-2:]),
            "name": option.name,
            "conditions": option.conditions,
            "material_codes": option.material_codes,
        }
        for option in version.options.all()
    ]
    return ItemContent.model_validate(data)


_LAWS = TypeAdapter(tuple[LegalBasis, ...])
_MATERIALS = TypeAdapter(tuple[Material, ...])
_FEES = TypeAdapter(tuple[Fee, ...])
_FLOW = TypeAdapter(tuple[FlowStep, ...])
_RESULTS = TypeAdapter(tuple[Outcome, ...])
_FAQS = TypeAdapter(tuple[Faq, ...])
_PLACES = TypeAdapter(tuple[Place, ...])
_REMEDIES = TypeAdapter(tuple[Remedy, ...])


def _limit(value: int | None, unit: str) -> Workdays | CalendarDays | None:
    if value is None:
        return None
    return Workdays(value) if unit == LimitUnit.WORKDAYS else CalendarDays(value)


def _option(option: ServiceOption) -> Option:
    return Option(
        code33=option.code33,
        name=option.name,
        conditions=tuple(option.conditions),
        material_codes=tuple(option.material_codes),
    )


def build_item(version: ItemVersion) -> Item:
    """The value others work with; `version` comes with its item, basic item, agency and options."""
    row, basic = version.service_item, version.service_item.basic_item
    agency = row.agency
    return Item(
        item_version_id=version.id,
        version_number=version.number,
        state=version.state,
        service_item_id=row.id,
        item_state=row.state,
        code31=row.code31 or "",
        local_code=row.local_code,
        local_scheme=row.local_scheme,
        basic_item_id=basic.id,
        basic_code=basic.code12 or "",
        name=basic.name,
        item_type=basic.item_type,
        legal_basis=_LAWS.validate_python(basic.legal_basis),
        agency_id=row.agency_id,
        agency_name=agency.name if agency else row.foreign_body_name,
        agency_uscc=agency.uscc if agency else row.foreign_body_uscc,
        body_nature=row.body_nature,
        exercise_level=row.exercise_level,
        region_path=row.region_path,
        summary=version.summary,
        everyday_words=tuple(version.everyday_words),
        themes=tuple(version.themes),
        service_objects=tuple(version.service_objects),
        handling_forms=tuple(version.handling_forms),
        case_type=version.case_type,
        approval_mode=version.approval_mode,
        statutory_limit=_limit(version.statutory_limit, version.statutory_unit),
        statutory_limit_note=version.statutory_limit_note,
        promised_limit=_limit(version.promised_limit, version.promised_unit) or Workdays(0),
        promised_limit_note=version.promised_limit_note,
        conditions=tuple(version.conditions),
        materials=_MATERIALS.validate_python(version.materials),
        flow=_FLOW.validate_python(version.flow),
        flow_online=version.flow_online,
        flow_offline=version.flow_offline,
        fee_charged=version.fee_charged,
        fees=_FEES.validate_python(version.fees),
        fee_basis=version.fee_basis,
        results=_RESULTS.validate_python(version.results),
        faqs=_FAQS.validate_python(version.faqs),
        places=_PLACES.validate_python(version.places),
        remedies=_REMEDIES.validate_python(version.remedies),
        rights=version.rights,
        visits=version.visits,
        visits_reason=version.visits_reason,
        online_depth=version.online_depth,
        online_url=version.online_url,
        mobile_url=version.mobile_url,
        supports_booking=version.supports_booking,
        supports_online_payment=version.supports_online_payment,
        supports_courier=version.supports_courier,
        supports_terminals=version.supports_terminals,
        assurance_level=version.assurance_level,
        representation=version.representation,
        scope=version.scope,
        quantity_limit=version.quantity_limit,
        special_procedures=tuple(version.special_procedures),
        intermediary_services=version.intermediary_services,
        joint_agencies=tuple(version.joint_agencies),
        consult_phone=version.consult_phone,
        supervise_phone=version.supervise_phone,
        form_schema=version.form_schema,
        process_key=version.process_key,
        licence_type_code=version.licence_type_code,
        fee_decision_key=version.fee_decision_key,
        options=tuple(_option(option) for option in version.options.all()),
        effective_from=version.effective_from,
        effective_until=version.effective_until,
        published_at=version.published_at,
    )
