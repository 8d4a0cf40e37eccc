"""Bills issued by officers and other systems: fees with reductions, and fines with their surcharge.

Source: Plan 五（三）2（2）; Administrative Penalty Law (2021) art. 67-73.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from lingnan.kernel import locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.text import LocalisedText, localise
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.messaging.types import subject_link
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies

from .. import access, queries
from ..errors import (
    DueDatePast,
    NotAFine,
    PauseOpen,
    PayerUnknown,
    ReasonMissing,
    ReductionNeedsApproval,
    ReductionNotInForce,
    RuleNotInForce,
    SubjectOfTheHouse,
)
from ..models import Bill, FeeReduction, FinePause
from ..surcharge import TERM_DAYS
from ..types import GRANT_REDUCTIONS, OPEN_BILLS, UNPAID, BillLine, BillPreview
from .bills import check_lines, open_bill
from .fees import check_listed
from .rows import lock_bill


def preview_bill(
    *,
    actor: Actor,
    payer_kind: str,
    payer_number: str,
    collecting_agency_id: UUID,
    lines: Sequence[BillLine],
    due_on: date | None,
    is_fine: bool,
    at: datetime,
) -> BillPreview:
    """What a bill would say: the payer by name, each reduction, the sum, the day to pay by.

    Outside a case nothing says what a charge rests on but the catalogue: only its fees are taken.
    Raises: as `issue_bill`, for what can be said beforehand.
    """
    agency = agencies.agency(collecting_agency_id)
    access.check_officer(actor, OPEN_BILLS, agency_id=agency.id, region_path=agency.region_path)
    _payer_id, payer_name = _payer(payer_kind, payer_number)
    today = local_date(at)
    granted = [
        _reduced(
            line,
            actor=actor,
            on=today,
            agency_id=line.agency_id or agency.id,
            region_path=agency.region_path,
        )
        for line in lines
    ]
    check_listed(granted)
    check_lines(granted, on=today)
    if is_fine or due_on is None:
        due_on = today + timedelta(days=TERM_DAYS)
    if due_on < today:
        raise DueDatePast(due_on=due_on)
    return BillPreview(
        payer_name=payer_name,
        collecting_agency_id=agency.id,
        collecting_agency_name=agency.name,
        lines=tuple(granted),
        amount_fen=sum(line.amount_fen for line in granted),
        due_on=due_on,
    )


def issue_bill(
    *,
    actor: Actor,
    payer_kind: str,
    payer_number: str,
    collecting_agency_id: UUID,
    lines: Sequence[BillLine],
    subject_kind: str,
    subject_id: UUID,
    due_on: date | None,
    title: LocalisedText | None,
    is_fine: bool,
    at: datetime,
) -> Bill:
    """An officer, or a system with an officer's rights, issues a bill in its reach.

    A fine is due fifteen calendar days after the day it is issued; `due_on` is for fees. The payer
    is found by resident number or unified social credit code. The same subject again gives the
    bill that is there.

    A subject of one of the platform's own modules is not anyone's to bill: its payment would be
    taken for that module's own fee.

    Raises: SubjectOfTheHouse (422), Forbidden (403), PayerUnknown, FeeNotListed,
    ReductionNotInForce, DueDatePast (409), ReductionNeedsApproval (403) and those of `open_bill`.
    """
    if subject_link(subject_kind, subject_id):
        raise SubjectOfTheHouse(subject_kind=subject_kind)
    seen = preview_bill(
        actor=actor,
        payer_kind=payer_kind,
        payer_number=payer_number,
        collecting_agency_id=collecting_agency_id,
        lines=lines,
        due_on=due_on,
        is_fine=is_fine,
        at=at,
    )
    payer_id, payer_name = _payer(payer_kind, payer_number)
    with transaction.atomic():
        locks.hold("payment.subject", f"{subject_kind}:{subject_id}")
        known = Bill.objects.filter(
            subject_kind=subject_kind,
            subject_id=subject_id,
            collecting_agency_id=seen.collecting_agency_id,
        ).first()
        if known is not None:
            return known
        return open_bill(
            payer_kind=payer_kind,
            payer_id=payer_id,
            payer_name=payer_name,
            collecting_agency_id=seen.collecting_agency_id,
            lines=seen.lines,
            subject_kind=subject_kind,
            subject_id=subject_id,
            due_on=seen.due_on,
            title=title,
            is_fine=is_fine,
            actor=actor,
            at=at,
        )


def _payer(kind: str, number: str) -> tuple[UUID, str]:
    if kind == Bill.PayerKind.ORGANISATION:
        firm = identity.organisation_by_number(number.strip())
        if firm is not None:
            return firm.id, firm.name
    else:
        person = identity.find_person("resident_id", number.strip())
        if person is not None:
            return person.id, person.name
    raise PayerUnknown


def _reduced(
    line: BillLine, *, actor: Actor, on: date, agency_id: UUID, region_path: str
) -> BillLine:
    """The line with what its ground takes off, fractions of a fen in the payer's favour."""
    if not line.reduction_code:
        return replace(line, reduction_fen=0, reduction_basis="")
    ground = queries.reductions_in_force(on).filter(code=line.reduction_code).first()
    if ground is None or ground.fee_code != line.code:
        raise ReductionNotInForce(reduction_code=line.reduction_code)
    if ground.needs_approval and not actor.can(
        GRANT_REDUCTIONS, agency_id=agency_id, region_path=region_path
    ):
        raise ReductionNeedsApproval
    return replace(
        line,
        reduction_fen=-(-line.full_fen * ground.percent // 100),
        reduction_basis=f"{localise(ground.name, 'zh-hans')}：{ground.legal_basis}"[:300],
    )


@transaction.atomic
def set_reduction(
    *,
    actor: Actor,
    code: str,
    fee_code: str,
    name: LocalisedText,
    percent: int,
    legal_basis: str,
    effective_from: date,
    at: datetime,
    effective_until: date | None = None,
    needs_approval: bool = False,
) -> FeeReduction:
    """Put a ground of reduction into the catalogue; the same again changes nothing.

    Raises: RuleNotInForce (409) when the code is taken by other content: a change has a new code.
    """
    locks.hold("payment.reduction", code)
    content = {
        "fee_code": fee_code,
        "name": name,
        "percent": percent,
        "legal_basis": legal_basis,
        "effective_from": effective_from,
        "effective_until": effective_until,
        "needs_approval": needs_approval,
    }
    known = FeeReduction.objects.filter(code=code, withdrawn_at=None).first()
    if known is not None:
        if any(getattr(known, field) != value for field, value in content.items()):
            raise RuleNotInForce(fee_code=code, on=known.effective_from)
        return known
    made = FeeReduction.objects.create(code=code, **content)
    audit.record(
        actor=actor,
        act="payment.reduction_set",
        object_kind="payment.fee",
        object_id=fee_code,
        facts={"reduction": code, "percent": percent},
        at=at,
    )
    return made


@transaction.atomic
def pause_fine(
    *, actor: Actor, bill_id: UUID, kind: FinePause.Kind, basis: str, from_on: date, at: datetime
) -> FinePause:
    """A review or lawsuit stops the surcharge from a day on.

    Raises: BillNotFound (404), Forbidden (403), ReasonMissing (422), NotAFine, PauseOpen (409).
    """
    access.access_bill_for(OPEN_BILLS, actor=actor, bill_id=bill_id)
    if not basis.strip():
        raise ReasonMissing
    bill = _unpaid_fine(bill_id)
    if bill.pauses.filter(until_on__isnull=True).exists():
        raise PauseOpen
    pause = FinePause.objects.create(
        bill=bill,
        kind=kind,
        basis=basis.strip()[:300],
        from_on=from_on,
        recorded_at=at,
        recorded_by=actor.name[:100],
    )
    _record(actor, "payment.fine_paused", bill, at=at, kind=str(kind), on=from_on.isoformat())
    return pause


@transaction.atomic
def resume_fine(*, actor: Actor, bill_id: UUID, on: date, at: datetime) -> FinePause:
    """The surcharge grows again from a day on.

    Raises: BillNotFound (404), Forbidden (403), NotAFine, PauseOpen (409).
    """
    access.access_bill_for(OPEN_BILLS, actor=actor, bill_id=bill_id)
    bill = _unpaid_fine(bill_id)
    pause = bill.pauses.filter(until_on__isnull=True).first()
    if pause is None or on <= pause.from_on:
        raise PauseOpen
    pause.until_on = on
    pause.save(update_fields=["until_on"])
    _record(actor, "payment.fine_resumed", bill, at=at, on=on.isoformat())
    return pause


def _unpaid_fine(bill_id: UUID) -> Bill:
    bill = lock_bill(bill_id)
    if not bill.is_fine or bill.state not in UNPAID:
        raise NotAFine
    return bill


def _record(actor: Actor, act: str, bill: Bill, *, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="payment.bill",
        object_id=bill.pk,
        facts={"code": bill.code, **facts},
        at=at,
    )
