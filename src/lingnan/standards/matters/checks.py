"""What an implementation list must satisfy: within itself, and beside the level above. Pure.

Every check yields refusals; `raise_found` raises a single one as itself and several as one that
names them all.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import jsonschema_rs
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lingnan.kernel.errors import FieldProblem
from lingnan.kernel.text import LocalisedText, localise

from .content import ItemContent
from .errors import (
    BadFormSchema,
    DepthFourWithVisits,
    Differs,
    FeeRowsMissing,
    FeeRowsUnexpected,
    FeeWithoutLaw,
    Incomplete,
    Inconsistent,
    InstantTooSlow,
    LicenceNotIssued,
    Loosens,
    MaterialRepeated,
    NotInstantNeedsPromise,
    OptionRepeated,
    OptionUnknownMaterial,
    PromiseBeyondLaw,
    PromisedNeedsReview,
    UnitsDiffer,
    VisitNeededInFact,
    VisitsUnexplained,
)
from .types import ApprovalMode, CaseType, ExerciseLevel, LimitUnit, Localised

INSTANT_WORKDAYS_MAX = 1  # our reading of 即办件; the plan gives no number
ONLINE_DEPTH_FULL = 4


def raise_found(found: Iterable[Inconsistent]) -> None:
    """Raises: the refusal itself when there is one; else Inconsistent with all as fields."""
    refusals = list(found)
    for refusal in refusals:
        if not refusal.fields:
            refusal.fields = (FieldProblem(refusal.path, refusal.code, refusal.text),)
    if len(refusals) == 1:
        raise refusals[0]
    if refusals:
        fields = [field for refusal in refusals for field in refusal.fields]
        raise Inconsistent(fields=fields, count=len(fields))


def consistency_problems(content: ItemContent) -> Iterator[Inconsistent]:
    """The checks of standards 1.9, on every save. Absent values are not yet inconsistent."""
    yield from _limit_problems(content)
    yield from _visit_problems(content)
    yield from _fee_problems(content)
    for result in content.results:
        name = localise(result.name, "zh-hans")
        if _is_licence_name(name) and result.kind != "licence":
            yield LicenceNotIssued(result=name)
    yield from _material_problems(content)
    if content.form_schema:
        try:
            jsonschema_rs.validator_for(content.form_schema)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            yield BadFormSchema(reason=str(error).splitlines()[0][:200])


def _is_licence_name(name: str) -> bool:
    """Whether a result is a licence by its name; 公证, 认证 and the like are acts, not papers."""
    acts = ("公证", "认证", "验证", "论证", "查证", "鉴证", "见证")
    return name.endswith(("证", "证书", "执照")) and not name.endswith(acts)


def _limit_problems(content: ItemContent) -> Iterator[Inconsistent]:
    promised, statutory = content.promised_limit, content.statutory_limit
    instant = content.case_type == CaseType.INSTANT
    if promised is not None and statutory is not None:
        if content.promised_unit != content.statutory_unit:
            yield UnitsDiffer(
                statutory=content.statutory_unit.label, promised=content.promised_unit.label
            )
        elif promised > statutory:
            yield PromiseBeyondLaw(promised=promised, statutory=statutory)
    if promised is not None:
        in_workdays = content.promised_unit == LimitUnit.WORKDAYS
        if instant and (promised > INSTANT_WORKDAYS_MAX or not in_workdays):
            yield InstantTooSlow(promised=promised)
        if content.case_type == CaseType.OTHER and promised > INSTANT_WORKDAYS_MAX:
            yield NotInstantNeedsPromise(promised=promised)
    if (
        content.case_type == CaseType.PROMISED
        and content.approval_mode != ApprovalMode.REVIEW_THEN_APPROVE
    ):
        yield PromisedNeedsReview()


def _visit_problems(content: ItemContent) -> Iterator[Inconsistent]:
    fully_online = content.online_depth == ONLINE_DEPTH_FULL
    if content.visits and not content.visits_reason:
        yield VisitsUnexplained(visits=content.visits)
    if content.visits and fully_online:
        yield DepthFourWithVisits(visits=content.visits)
    declared = bool(content.handling_forms)
    if not content.visits and declared and not fully_online and not content.supports_courier:
        yield VisitNeededInFact()


def _fee_problems(content: ItemContent) -> Iterator[Inconsistent]:
    if content.fee_charged and not content.fees:
        yield FeeRowsMissing()
    if content.fees and not content.fee_charged:
        yield FeeRowsUnexpected()
    for fee in content.fees:
        if not fee.legal_basis.strip():
            yield FeeWithoutLaw(fee=localise(fee.name))


def _material_problems(content: ItemContent) -> Iterator[Inconsistent]:
    codes: set[str] = set()
    for material in content.materials:
        if material.code in codes:
            yield MaterialRepeated(material=material.code)
        codes.add(material.code)
    numbers: set[int] = set()
    for option in content.options:
        if option.number in numbers:
            yield OptionRepeated(number=option.number)
        numbers.add(option.number)
        for code in option.material_codes:
            if code not in codes:
                yield OptionUnknownMaterial(material=code)


def completeness_problems(
    content: ItemContent, *, legal_basis: Sequence[object]
) -> Iterator[Inconsistent]:
    """What a list needs before anyone is asked to review it. One refusal that names every gap."""
    needed: dict[str, bool] = {
        "summary": bool(content.summary),
        "service_objects": bool(content.service_objects),
        "handling_forms": bool(content.handling_forms),
        "promised_limit": content.promised_limit is not None,
        "conditions": bool(content.conditions),
        "flow": bool(content.flow),
        "results": bool(content.results),
        "places": bool(content.places) or content.online_depth == ONLINE_DEPTH_FULL,
        "consult_phone": bool(content.consult_phone),
        "supervise_phone": bool(content.supervise_phone),
        "legal_basis": bool(legal_basis),
        "process_key": not content.form_schema or bool(content.process_key),
    }
    gaps = [name for name, present in needed.items() if not present]
    if gaps:
        text = _("This field is needed before the list is submitted.")
        yield Incomplete(fields=[FieldProblem(name, Incomplete.code, text) for name in gaps])


# -- the unified elements -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A unified element in force: who owns it and what lower levels may do with it."""

    key: str
    name: str | Promise
    owner_level: int
    rule: str  # same, tighten
    is_active: bool = True


# The ten elements of 十统一 as far as known; name, code, type and legal basis need no rule, since
# no list has a place for them. A row of UnifiedElement overrides its default here.
# Source: standards 1.8 (our reading; the plan only names 三级十统).
DEFAULT_ELEMENTS = (
    Element(
        key="conditions",
        name=gettext_lazy("Conditions"),
        owner_level=ExerciseLevel.PROVINCE,
        rule="tighten",
    ),
    Element(
        key="materials",
        name=gettext_lazy("Materials"),
        owner_level=ExerciseLevel.PROVINCE,
        rule="tighten",
    ),
    Element(
        key="flow",
        name=gettext_lazy("Procedure"),
        owner_level=ExerciseLevel.PROVINCE,
        rule="tighten",
    ),
    Element(
        key="limits",
        name=gettext_lazy("Time limits"),
        owner_level=ExerciseLevel.PROVINCE,
        rule="tighten",
    ),
    Element(
        key="visits",
        name=gettext_lazy("Visits"),
        owner_level=ExerciseLevel.PROVINCE,
        rule="tighten",
    ),
    Element(
        key="fees",
        name=gettext_lazy("Fees"),
        owner_level=ExerciseLevel.PROVINCE,
        rule="tighten",
    ),
    Element(
        key="form",
        name=gettext_lazy("Form"),
        owner_level=ExerciseLevel.PROVINCE,
        rule="tighten",
    ),
    Element(
        key="service_objects",
        name=gettext_lazy("Service objects"),
        owner_level=ExerciseLevel.PROVINCE,
        rule="same",
    ),
)


def unified_problems(
    content: ItemContent,
    *,
    level: int,
    above: ItemContent,
    above_level: int,
    above_name: str,
    elements: Iterable[Element],
) -> Iterator[Inconsistent]:
    """What a list asks beyond the list of the level above it, for each element in force.

    An element binds a level that stands below its owner.
    """
    for element in elements:
        if not element.is_active or level <= max(element.owner_level, above_level):
            continue
        compare = _COMPARE[element.key]
        if element.rule == "same":
            if _VALUE[element.key](content) != _VALUE[element.key](above):
                refusal: Inconsistent = Differs(element=str(element.name), parent=above_name)
                refusal.path = PATHS[element.key]
                yield refusal
            continue
        for detail in compare(content, above):
            refusal = Loosens(element=str(element.name), parent=above_name, detail=detail)
            refusal.path = PATHS[element.key]
            yield refusal


def _names(texts: Iterable[Localised]) -> list[str]:
    return [localise(text, "zh-hans") for text in texts]


def _added(mine: Iterable[str], above: Iterable[str]) -> list[str]:
    known = set(above)
    return [text for text in mine if text not in known]


def _conditions(mine: ItemContent, above: ItemContent) -> Iterator[str]:
    for text in _added(_names(mine.conditions), _names(above.conditions)):
        yield _("it adds the condition “%(text)s”") % {"text": text[:60]}


def _materials(mine: ItemContent, above: ItemContent) -> Iterator[str]:
    known = {material.code: material for material in above.materials}
    for material in mine.materials:
        name = localise(material.name)
        upper = known.get(material.code)
        if upper is None:
            yield _("it adds the material “%(name)s”") % {"name": name}
        elif material.required and not upper.required:
            yield _("it requires the material “%(name)s”") % {"name": name}
        elif (material.originals, material.copies) > (upper.originals, upper.copies):
            yield _("it asks more copies of “%(name)s”") % {"name": name}


def _flow(mine: ItemContent, above: ItemContent) -> Iterator[str]:
    if above.flow and len(mine.flow) > len(above.flow):
        yield _("it has %(mine)s steps instead of %(above)s") % {
            "mine": len(mine.flow),
            "above": len(above.flow),
        }


def _limits(mine: ItemContent, above: ItemContent) -> Iterator[str]:
    pairs = (
        (mine.promised_limit, mine.promised_unit, above.promised_limit, above.promised_unit),
        (mine.statutory_limit, mine.statutory_unit, above.statutory_limit, above.statutory_unit),
    )
    for value, unit, upper, upper_unit in pairs:
        if value is None or upper is None:
            continue
        if unit != upper_unit:
            yield _("it counts in %(mine)s instead of %(above)s") % {
                "mine": unit.label,
                "above": upper_unit.label,
            }
        elif value > upper:
            yield _("it takes %(mine)s days instead of %(above)s") % {
                "mine": value,
                "above": upper,
            }


def _visits(mine: ItemContent, above: ItemContent) -> Iterator[str]:
    if mine.visits > above.visits:
        yield _("it asks for %(mine)s visits instead of %(above)s") % {
            "mine": mine.visits,
            "above": above.visits,
        }


def _fees(mine: ItemContent, above: ItemContent) -> Iterator[str]:
    known = {fee.code: fee for fee in above.fees}
    for fee in mine.fees:
        upper = known.get(fee.code)
        if upper is None:
            yield _("it adds the fee “%(name)s”") % {"name": localise(fee.name)}
        elif (
            fee.unit_price_fen is not None
            and upper.unit_price_fen is not None
            and fee.unit_price_fen > upper.unit_price_fen
        ):
            yield _("it charges more for “%(name)s”") % {"name": localise(fee.name)}


def _form(mine: ItemContent, above: ItemContent) -> Iterator[str]:
    if not above.form_schema:
        return
    for name in _added(_properties(mine), _properties(above)):
        yield _("its form asks for “%(name)s”") % {"name": name}
    for name in _added(mine.form_schema.get("required", ()), above.form_schema.get("required", ())):
        yield _("its form requires “%(name)s”") % {"name": name}


def _properties(content: ItemContent) -> list[str]:
    return list(content.form_schema.get("properties", {}))


def _service_objects(mine: ItemContent, above: ItemContent) -> Iterator[str]:
    missing = _added(above.service_objects, mine.service_objects)
    if missing:
        yield _("it leaves out some whom the other serves")


_COMPARE: dict[str, Callable[[ItemContent, ItemContent], Iterator[str]]] = {
    "conditions": _conditions,
    "materials": _materials,
    "flow": _flow,
    "limits": _limits,
    "visits": _visits,
    "fees": _fees,
    "form": _form,
    "service_objects": _service_objects,
}
_VALUE: dict[str, Callable[[ItemContent], object]] = {
    "conditions": lambda content: _names(content.conditions),
    "materials": lambda content: [(m.code, m.required) for m in content.materials],
    "flow": lambda content: _names(step.name for step in content.flow),
    "limits": lambda content: (
        content.statutory_limit,
        content.statutory_unit,
        content.promised_limit,
        content.promised_unit,
    ),
    "visits": lambda content: content.visits,
    "fees": lambda content: [(fee.code, fee.unit_price_fen) for fee in content.fees],
    "form": lambda content: content.form_schema,
    "service_objects": lambda content: sorted(content.service_objects),
}
PATHS = {
    "conditions": "conditions",
    "materials": "materials",
    "flow": "flow",
    "limits": "promised_limit",
    "visits": "visits",
    "fees": "fees",
    "form": "form_schema",
    "service_objects": "service_objects",
}
ELEMENT_KEYS = frozenset(PATHS)


def label(text: LocalisedText | str | Promise) -> str:
    """A text of either kind in the reader's language."""
    return localise(text) if isinstance(text, dict | str) else str(text)
