"""From the grant to the applicant's hands: the licence is issued, the result delivered.

Source: Administrative Licensing Law art. 44: delivered within ten workdays of the decision.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.money import format_fen
from lingnan.kernel.text import DEFAULT_LANGUAGE, localise
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.licences import queries as licence_queries
from lingnan.platforms.licences import services as licences
from lingnan.platforms.licences.types import Holder
from lingnan.platforms.workflow.types import ActionCall
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar.types import Workdays
from lingnan.standards.matters import queries as matters
from lingnan.standards.matters.types import Item

from .. import access, answers
from ..errors import AddressRequired, DeliveryMissing, FeeUnpaid, NothingToIssue
from ..events import CaseDelivered
from ..models import ApplicantBar, Case, CaseMaterial, Decision, Delivery
from ..types import DELIVER, OPEN, SUBJECT_KIND, TRANSITIONS, CaseState, Result
from . import bills, eligibility, state

DELIVERY_WORKDAYS = 10
ADDRESS_FIELDS = ("name", "phone", "address")


def act_issue_licence(call: ActionCall) -> dict[str, object]:
    """Issue the licence the item ends with. Refused while a bill is unpaid.

    A licence of the same type among the materials is superseded (renewal). Validity: the variables
    `licence_valid_from`, `licence_valid_until` (dates) or `licence_valid_years`, else as the type
    says.
    Raises: FeeUnpaid, NothingToIssue, licences' refusals.
    """
    case = state.lock_case(call.subject_id)
    state.check_state(case, {CaseState.GRANTED})
    if bills.is_unpaid(case):
        raise FeeUnpaid
    item = matters.item_version(case.item_version_id)
    if not item.licence_type_code:
        raise NothingToIssue
    valid_from, valid_until = _validity(item, call)
    licence = licences.issue_licence(
        type_code=item.licence_type_code,
        holder=_holder(case),
        fields=_licence_fields(item, case, call),
        supersedes_id=_superseded(item, case),
        agency_id=case.deciding_agency_id,
        subject_kind=SUBJECT_KIND,
        subject_id=case.pk,
        valid_from=valid_from,
        valid_until=valid_until,
        actor=call.actor,
        at=call.at,
    )
    state.move(case, CaseState.CERT_ISSUED, at=call.at, licence_id=licence.id)
    state.record(
        case,
        actor=call.actor,
        act="government_services.case.issue_licence",
        at=call.at,
        licence_id=str(licence.id),
    )
    return {"licence_id": str(licence.id)}


def act_deliver(call: ActionCall) -> dict[str, object]:
    """Hand over the result. An electronic one arrives at once; paper waits for the counter or post.

    Raises: FeeUnpaid, WrongState.
    """
    case = state.lock_case(call.subject_id)
    state.check_state(case, {CaseState.GRANTED, CaseState.CERT_ISSUED})
    if bills.is_unpaid(case):
        raise FeeUnpaid
    delivery = Delivery.objects.filter(case=case).first() or _plan_delivery(
        case, Delivery.Method.ELECTRONIC
    )
    if delivery.method == Delivery.Method.ELECTRONIC:
        _handed_over(case, delivery, actor=call.actor, at=call.at)
    else:
        state.conclude(case, result=Result.GRANTED, at=call.at)
    return {"delivery_method": delivery.method}


@transaction.atomic
def choose_delivery(
    *,
    actor: Actor,
    case_id: UUID,
    method: str,
    address: Mapping[str, str] | None = None,
    at: datetime,
) -> Delivery:
    """The applicant says how the paper result shall come; until it is handed over.

    Raises: CaseNotFound, AddressRequired, WrongState.
    """
    case = state.lock_case(access.own_case(actor, case_id).pk)
    chosen = Delivery.Method(method)
    state.check_state(case, OPEN)
    given = {name: str((address or {}).get(name) or "").strip() for name in ADDRESS_FIELDS}
    if chosen == Delivery.Method.MAIL and not all(given.values()):
        raise AddressRequired
    delivery = Delivery.objects.filter(case=case).first() or _plan_delivery(case, chosen, at=at)
    if delivery.delivered_at is not None:
        raise DeliveryMissing
    delivery.method = chosen
    delivery.address_sealed = (
        answers.seal_text(json.dumps(given, ensure_ascii=False))
        if chosen == Delivery.Method.MAIL
        else ""
    )
    delivery.save(update_fields=["method", "address_sealed"])
    if chosen == Delivery.Method.ELECTRONIC and case.concluded_at is not None:
        _handed_over(case, delivery, actor=actor, at=at)  # the paper was waiting: no more of it
    state.record(
        case,
        actor=actor,
        act="government_services.case.choose_delivery",
        at=at,
        method=chosen.value,
    )
    return delivery


@transaction.atomic
def hand_over(
    *,
    actor: Actor,
    case_id: UUID,
    handed_to: str = "",
    tracking_number: str = "",
    at: datetime,
) -> Delivery:
    """The clerk hands the paper over the counter, or to the post. Raises: DeliveryMissing."""
    case = state.lock_case(access.officer_case(actor, case_id, DELIVER).pk)
    delivery = Delivery.objects.select_for_update().filter(case=case, delivered_at=None).first()
    if delivery is None or case.state not in (CaseState.GRANTED, CaseState.CERT_ISSUED):
        raise DeliveryMissing
    delivery.handed_to, delivery.tracking_number = handed_to, tracking_number
    delivery.officer_id = actor.officer_id
    _handed_over(case, delivery, actor=actor, at=at)
    return delivery


def address_of(delivery: Delivery) -> dict[str, str]:
    """The postal address in the clear, for whoever sends the parcel."""
    if not delivery.address_sealed:
        return {}
    address: dict[str, str] = json.loads(answers.unseal_text(delivery.address_sealed))
    return address


@transaction.atomic
def conclude_ended(*, case_id: UUID, was_cancelled: bool = False, at: datetime) -> None:
    """The process has ended: a granted case without a delivery step is concluded; one whose
    handling was broken off is void. Idempotent.
    """
    case = Case.objects.select_for_update().filter(pk=case_id).first()
    if case is None or case.concluded_at is not None:
        return
    if was_cancelled and CaseState.VOIDED in TRANSITIONS[case.state]:
        state.move(case, CaseState.VOIDED, at=at)
        state.conclude(case, result=Result.VOIDED, at=at)
    elif case.result:
        state.conclude(case, result=case.result, at=at)


@transaction.atomic
def note_revocation(*, case_id: UUID, basic_code: str, by_fraud: bool, at: datetime) -> None:
    """The licence of a case was revoked; one obtained by fraud closes the item for three years."""
    case = Case.objects.select_for_update().filter(pk=case_id).first()
    if case is None:
        return
    state.write(case, licence_revoked_at=at)
    if by_fraud:
        eligibility.bar_applicant(
            case,
            basic_code=basic_code,
            ground=ApplicantBar.Ground.OBTAINED_BY_FRAUD,
            at=at,
        )


def _plan_delivery(case: Case, method: Delivery.Method, *, at: datetime | None = None) -> Delivery:
    base = case.decided_at or at or case.submitted_at
    due = calendar.add_workdays(
        local_date(base), Workdays(DELIVERY_WORKDAYS), region_code=case.region_path
    )
    return Delivery.objects.create(case=case, method=method, due_on=due.on)


def _handed_over(case: Case, delivery: Delivery, *, actor: Actor, at: datetime) -> None:
    delivery.delivered_at = at
    delivery.save(update_fields=["delivered_at", "handed_to", "tracking_number", "officer_id"])
    state.move(case, CaseState.DELIVERED, at=at, delivered_at=at)
    state.conclude(case, result=Result.GRANTED, at=at)
    state.record(
        case,
        actor=actor,
        act="government_services.case.deliver",
        at=at,
        method=delivery.method,
    )
    events.publish(CaseDelivered(case_id=case.pk, delivered_at=at, method=delivery.method), at=at)


def _holder(case: Case) -> Holder:
    if case.applicant_kind == "person":
        person = identity.person(case.applicant_id)
        return Holder(kind="person", id=person.id, name=person.name, code=person.document_number)
    firm = identity.organisation(case.applicant_id)
    return Holder(kind="organisation", id=firm.id, name=firm.name, code=firm.registration_number)


def _licence_fields(item: Item, case: Case, call: ActionCall) -> dict[str, Any]:
    """What the licence says, by the `x-from` of each field of its type.

    Paths: applicant.name|code, case.number, item.name, agency.name, decision.on|conditions,
    answers.<field>, variables.<name>. A field without a path takes the answer of its own name.
    Codes of a choice become the words of the form.
    """
    holder = _holder(case)
    licence_type = licence_queries.type_in_force(item.licence_type_code, on=local_date(call.at))
    decision = Decision.objects.filter(case=case).first()
    given = answers.unseal(item.form_schema, case.form_data)
    sources: dict[str, Any] = {
        "applicant": {"name": holder.name, "code": holder.code, "kind": holder.kind},
        "case": {"number": case.number},
        "item": {"name": localise(item.name, DEFAULT_LANGUAGE)},
        "agency": {"name": item.agency_name},
        "decision": {
            "on": local_date(call.at).isoformat(),
            "conditions": decision.conditions if decision else "",
        },
        "answers": answers.in_words(item.form_schema, given),
        "variables": call.variables,
    }
    fields: dict[str, Any] = {}
    for name, field in licence_type.fields_schema.get("properties", {}).items():
        value = _at_path(sources, field.get("x-from") or f"answers.{name}")
        if value in (None, ""):
            continue
        if field.get("x-format") == "money":
            value = format_fen(int(value))
        fields[name] = str(value) if field.get("type", "string") == "string" else value
    return fields


def _at_path(sources: Mapping[str, Any], path: str) -> Any:
    place: Any = sources
    for part in path.split("."):
        if not isinstance(place, Mapping):
            return None
        place = place.get(part)
    return place


def _superseded(item: Item, case: Case) -> UUID | None:
    """A licence of the same type handed in as material is renewed or changed by the new one."""
    for material in case.materials.exclude(licence_id=None).exclude(
        state=CaseMaterial.State.REPLACED
    ):
        assert material.licence_id is not None
        if licence_queries.licence(material.licence_id).type_code == item.licence_type_code:
            return material.licence_id
    return None


def _validity(item: Item, call: ActionCall) -> tuple[date, date | None]:
    """First and last day of validity."""
    start = call.variables.get("licence_valid_from")
    valid_from = date.fromisoformat(start) if start else local_date(call.at)
    until = call.variables.get("licence_valid_until")
    if until:
        return valid_from, date.fromisoformat(until)
    rule = licence_queries.type_in_force(item.licence_type_code, on=valid_from).validity
    years = call.variables.get("licence_valid_years") or (
        rule.get("years") if rule.get("kind") == "years" else None
    )
    if not years:
        return valid_from, None
    try:
        end = valid_from.replace(year=valid_from.year + int(years))
    except ValueError:
        end = valid_from.replace(year=valid_from.year + int(years), month=3, day=1)
    return valid_from, end - timedelta(days=1)
