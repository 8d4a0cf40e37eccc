"""Handing in and taking back an application."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid_utils
from django.db import transaction

from lingnan.kernel import clock, events, held
from lingnan.kernel.actors import Actor, Principal
from lingnan.kernel.rows import insert
from lingnan.kernel.text import DEFAULT_LANGUAGE, localise
from lingnan.kernel.transactions import unit_of_work
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.types import Subject
from lingnan.standards.matters import queries as matters
from lingnan.standards.matters.types import Item

from .. import access, answers
from ..errors import FeeSettled, FormInvalid, NotWithdrawable, WindowNeedsApplicant
from ..events import CaseSubmitted
from ..models import Case
from ..types import (
    RECEIVE,
    SUBJECT_KIND,
    WITHDRAWABLE,
    Applicant,
    CaseState,
    Channel,
    MaterialGiven,
    NoticeKind,
    Result,
)
from . import eligibility, materials, notices, numbers, routing, state
from .bills import void_open_bill


@unit_of_work()
@held.moment()
def submit_case(
    *,
    actor: Actor,
    item_code: str,
    data: Mapping[str, Any],
    given: Sequence[MaterialGiven] = (),
    channel: Channel = Channel.WEB,
    applicant: Applicant | None = None,
    draft_id: UUID | None = None,
    prefilled_fields: int = 0,
    joint: bool = False,
    at: datetime,
) -> Case:
    """Hand in an application: case, materials and running process in one transaction.

    A resident applies for the principal he acts for; an officer with `receive` at the window names
    the applicant. The number comes from a counter of the item and day, taken last.

    Raises: ItemNotOnline, NotForYou, ApplicantBarred, MandateTooNarrow, identity's StepUpRequired
    and FirmNotProven, FormInvalid,
    MaterialsMissing, MaterialUnknown, MaterialFileUnknown, LicenceNotUsable, WindowNeedsApplicant,
    codes' CaseNumberExhausted.
    Source: Administrative Licensing Law art. 29-32; plan 四（七）.
    """
    item = matters.published_item(item_code)
    route = routing.route(item)
    principal = _applicant(
        actor,
        applicant,
        receiving_agency_id=route.receiving_agency_id,
        region_path=route.region_path,
    )
    eligibility.check(item, principal, actor=actor, at=at)
    if not joint:
        eligibility.check_assurance([item], actor=actor, at=at)
    problems = answers.check(item, data)
    if problems:
        raise FormInvalid(count=len(problems), fields=problems)
    checked = materials.check(
        item, given, data=data, principal=principal, actor=actor, draft_id=draft_id
    )
    number = numbers.next_case_number(item.code31, received_on=clock.local_date(at))
    case = Case(
        number=number,
        item_version_id=item.item_version_id,
        item_code=item.code31,
        item_name=item.name,
        applicant_kind=principal.kind,
        applicant_id=principal.id,
        applicant_name=principal.name,
        submitter_account_id=actor.account_id,
        submitter_person_id=actor.person_id if actor.is_person else None,
        submitter_officer_id=actor.officer_id if actor.is_officer else None,
        mandate_id=actor.mandate_id,
        channel=Channel.WINDOW if actor.is_officer else channel,
        receiving_agency_id=route.receiving_agency_id,
        deciding_agency_id=route.deciding_agency_id,
        region_path=route.region_path,
        region_2=route.region_2,
        region_3=route.region_3,
        form_data=answers.seal(item.form_schema, data),
        state_since=at,
        submitted_at=at,
        received_at=at,
        draft_id=draft_id,
        instance_id=uuid_utils.uuid7(),
    )
    insert([case])
    materials.write(case, checked, actor=actor, at=at)
    workflow.start_process(
        key=item.process_key,
        instance_id=case.instance_id,
        subject=Subject(
            kind=SUBJECT_KIND,
            id=case.pk,
            number=case.number,
            title=f"{localise(item.name, DEFAULT_LANGUAGE)} · {principal.name}"[:300],
        ),
        variables=_variables(item, case, principal, route, data),
        agency_id=route.deciding_agency_id,
        region_path=route.region_path,
        clock=None,
        actor=actor,
        at=at,
    )
    state.record(case, actor=actor, act="government_services.case.submit", at=at)
    events.publish(
        CaseSubmitted(
            case_id=case.pk,
            number=case.number,
            item_code=case.item_code,
            receiving_agency_id=case.receiving_agency_id,
            deciding_agency_id=case.deciding_agency_id,
            region_path=case.region_path,
            applicant_kind=case.applicant_kind,
            channel=case.channel,
            submitted_at=at,
            material_count=len(checked),
            reused_material_count=sum(row.kind != "upload" for row in checked),
            prefilled_field_count=prefilled_fields,
        ),
        at=at,
    )
    return case


@transaction.atomic
def withdraw_case(*, actor: Actor, case_id: UUID, reason: str = "", at: datetime) -> Case:
    """The applicant takes the application back, until it is decided. An unpaid bill is voided.

    Raises: CaseNotFound, NotWithdrawable, FeeSettled.
    Source: reference 1.10 (撤回).
    """
    case = access.own_case(actor, case_id)
    if case.state not in WITHDRAWABLE:
        raise NotWithdrawable
    if case.instance_id is not None:
        workflow.withdraw(instance_id=case.instance_id, actor=actor, reason=reason, at=at)
    case = state.lock_case(case.pk)
    if case.state not in WITHDRAWABLE:
        raise NotWithdrawable
    if case.bill_id is not None and not void_open_bill(case, actor=actor, at=at):
        raise FeeSettled
    state.move(case, CaseState.WITHDRAWN, at=at)
    state.conclude(case, result=Result.WITHDRAWN, at=at)
    notices.write_notice(case, NoticeKind.WITHDRAWN, at=at, reason=reason)
    state.record(case, actor=actor, act="government_services.case.withdraw", at=at)
    return case


def _applicant(
    actor: Actor, applicant: Applicant | None, *, receiving_agency_id: UUID, region_path: str
) -> Principal:
    """For whom the case is. Raises: WindowNeedsApplicant, Forbidden."""
    if actor.is_person and actor.principal is not None:
        return actor.principal
    if actor.is_officer:
        actor.check(RECEIVE, agency_id=receiving_agency_id, region_path=region_path)
    if applicant is None:
        raise WindowNeedsApplicant
    return eligibility.resolve(applicant)


def _variables(
    item: Item,
    case: Case,
    principal: Principal,
    route: routing.Route,
    data: Mapping[str, Any],
) -> dict[str, Any]:
    """What the process may know: no sensitive answers."""
    return {
        "case_id": str(case.pk),
        "case_number": case.number,
        "item_code": item.code31,
        "is_instant": item.is_instant,
        "fee_charged": item.fee_charged,
        "has_licence": bool(item.licence_type_code),
        "applicant_kind": case.applicant_kind,
        "applicant_age": eligibility.age_of(principal, on=clock.local_date(case.submitted_at)),
        "channel": case.channel,
        "receiving_agency": str(route.receiving_agency_id),
        "handling_agency": str(route.deciding_agency_id),
        "joint_agencies": [str(agency_id) for agency_id in route.joint_agency_ids],
        **{f"agency_{kind}": str(found) for kind, found in route.agencies_by_kind.items()},
        "answers": answers.plain(item.form_schema, data),
    }
