"""Fees of a case: computed by the item's table, billed, settled.

Source: Administrative Licensing Law art. 58, 59; plan 五（三）.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import local_date
from lingnan.platforms.payment import queries as payment_queries
from lingnan.platforms.payment import services as payment
from lingnan.platforms.payment.types import BillLine, BillState
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.errors import MessageNotAwaited, NotRunning
from lingnan.platforms.workflow.types import ActionCall
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar.types import Workdays
from lingnan.standards.matters import queries as matters
from lingnan.standards.matters.types import Item

from .. import access, answers, wording
from ..errors import BillNotExpired, FeeUndetermined
from ..models import Case
from ..types import SUBJECT_KIND
from . import notices, state

PAYMENT_WORKDAYS = 15
"""How long a bill stays open. Our default, the plan gives no number."""
MESSAGE = "payment.settled"


def act_compute_fee(call: ActionCall) -> dict[str, object]:
    """What the case costs, for gateways: `fee_fen`, `fee_due`, `fee_lines`.

    Raises: FeeUndetermined, workflow's NoRuleMatched.
    """
    case = Case.objects.get(pk=call.subject_id)
    lines = fee_lines(matters.item_version(case.item_version_id), case, call)
    total = sum(line.amount_fen for line in lines)
    return {"fee_fen": total, "fee_due": total > 0}


def act_open_bill(call: ActionCall) -> dict[str, object]:
    """Open the bill of a case; without a fee nothing is opened. A second call changes nothing."""
    case = state.lock_case(call.subject_id)
    if case.bill_id is not None:
        return {"fee_fen": case.fee_fen, "fee_due": True}
    lines = fee_lines(matters.item_version(case.item_version_id), case, call)
    total = sum(line.amount_fen for line in lines)
    if not total:
        return {"fee_fen": 0, "fee_due": False}
    _bill(case, lines, actor=call.actor, at=call.at)
    return {"fee_fen": total, "fee_due": True, "bill_id": str(case.bill_id)}


@transaction.atomic
def renew_bill(*, actor: Actor, case_id: UUID, at: datetime) -> Case:
    """A bill that ran out unpaid, or that was voided though the case goes on, is opened anew, over
    the same amount, when the applicant asks: the case waits for its fee.

    Raises: CaseNotFound, BillNotExpired.
    """
    case = state.lock_case(access.own_case(actor, case_id).pk)
    if case.bill_id is None or case.bill_settled_at is not None or case.concluded_at is not None:
        raise BillNotExpired
    if payment_queries.bill(case.bill_id).state not in (BillState.EXPIRED, BillState.VOIDED):
        raise BillNotExpired
    item = matters.item_version(case.item_version_id)
    lines = _fixed_lines(item)
    if item.fee_decision_key:
        fee = item.fees[0]
        lines = [BillLine(code=fee.code, name=fee.name, quantity=1, unit_price_fen=case.fee_fen)]
    _bill(case, lines, actor=actor, at=at)
    return case


def _bill(case: Case, lines: list[BillLine], *, actor: Actor, at: datetime) -> None:
    """Open a bill for a locked case and tell the applicant."""
    total = sum(line.amount_fen for line in lines)
    due = calendar.add_workdays(
        local_date(at), Workdays(PAYMENT_WORKDAYS), region_code=case.region_path
    )
    bill = payment.open_bill(
        payer_kind=case.applicant_kind,
        payer_id=case.applicant_id,
        payer_name=case.applicant_name,
        collecting_agency_id=case.deciding_agency_id,
        lines=lines,
        subject_kind=SUBJECT_KIND,
        subject_id=case.pk,
        due_on=due.on,
        title=case.item_name,
        actor=actor,
        at=at,
    )
    state.write(case, bill_id=bill.id, fee_fen=total)
    state.record(
        case, actor=actor, act="government_services.case.open_bill", at=at, amount_fen=total
    )
    notices.send(
        case,
        template=wording.FEE_DUE,
        facts=wording.fee_facts(
            item_name=case.item_name, case_number=case.number, amount_fen=total
        ),
        at=at,
    )


def fee_lines(item: Item, case: Case, call: ActionCall) -> list[BillLine]:
    """The lines of the bill: by the item's decision table, else by the fixed fees of its guide.

    A table gives `fee_fen` (one line), or a list of {code, quantity, unit_price_fen}. A process
    that ran the table itself left its result in the variable `fee_fen`.
    """
    if not item.fee_charged:
        return []
    if item.fee_decision_key:
        answer: Any = call.variables.get("fee_fen", call.variables.get("fee"))
        if answer is None:
            answer = workflow.evaluate(
                item.fee_decision_key, _facts(item, case, call), at=case.received_at
            ).value
        return _lines_of(item, answer)
    return _fixed_lines(item)


def _fixed_lines(item: Item) -> list[BillLine]:
    return [
        BillLine(code=fee.code, name=fee.name, quantity=1, unit_price_fen=fee.unit_price_fen)
        for fee in item.fees
        if fee.unit_price_fen
    ]


@transaction.atomic
def record_settlement(*, case_id: UUID, amount_fen: int, paid_at: datetime, at: datetime) -> None:
    """The bill was paid: the process goes on, which releases the licence. Idempotent.

    The instance is locked before the case, as everywhere.
    """
    case = Case.objects.filter(pk=case_id).first()
    if case is None or case.bill_settled_at is not None or case.instance_id is None:
        return
    actor = system_actor("payment")
    try:
        with transaction.atomic():
            workflow.send_message(
                instance_id=case.instance_id,
                message=MESSAGE,
                message_id=f"bill {case.bill_id}",
                payload={"amount_fen": amount_fen, "paid_at": paid_at.isoformat()},
                actor=actor,
                at=at,
            )
    except (NotRunning, MessageNotAwaited):
        # Withdrawn at the same moment: the money is on record, and its refund is the agency's.
        state.record(case, actor=actor, act="government_services.case.paid_after_end", at=at)
    case = state.lock_case(case_id)
    state.write(case, bill_settled_at=paid_at)
    assert case.bill_id is not None, "only a billed case is settled"
    if payment_queries.bill(case.bill_id).state == BillState.OPEN:
        # The money was for the bill before, paid in time and told late: no one pays twice.
        payment.void_bill(bill_id=case.bill_id, reason="paid before", actor=actor, at=at)
    state.record(
        case, actor=actor, act="government_services.case.fee_settled", at=at, amount_fen=amount_fen
    )


def is_unpaid(case: Case) -> bool:
    """Whether a bill was opened and none is paid; the bills themselves are asked, also one that
    ran out, was replaced, and whose money was told late.
    """
    if case.bill_id is None or case.bill_settled_at is not None:
        return False
    known = payment_queries.bills_about(SUBJECT_KIND, case.pk)
    return not any(bill.state == BillState.PAID for bill in known)


def void_open_bill(case: Case, *, actor: Actor, at: datetime) -> bool:
    """Void the bill of a case that ends; False when it was paid already."""
    assert case.bill_id is not None
    state_ = payment_queries.bill(case.bill_id).state
    if case.bill_settled_at is not None or state_ == BillState.PAID:
        return False
    if state_ in (BillState.OPEN, BillState.PAYING):
        payment.void_bill(bill_id=case.bill_id, reason="case ended", actor=actor, at=at)
    return True


def _facts(item: Item, case: Case, call: ActionCall) -> Mapping[str, Any]:
    data = answers.plain(item.form_schema, case.form_data)
    return {**data, "answers": data, "applicant_kind": case.applicant_kind, **call.variables}


def _lines_of(item: Item, answer: Any) -> list[BillLine]:
    by_code = {fee.code: fee for fee in item.fees}
    rows = answer if isinstance(answer, list) else [answer]
    lines = []
    for row in rows:
        if isinstance(row, int) and not isinstance(row, bool):
            row = {"fee_fen": row}
        if not isinstance(row, Mapping):
            raise FeeUndetermined
        fee = by_code.get(str(row.get("code") or item.fees[0].code))
        price = row.get("unit_price_fen", row.get("fee_fen", row.get("amount_fen")))
        if fee is None or price is None:
            raise FeeUndetermined
        lines.append(
            BillLine(
                code=fee.code,
                name=fee.name,
                quantity=int(row.get("quantity") or 1),
                unit_price_fen=int(price),
            )
        )
    return [line for line in lines if line.amount_fen]
