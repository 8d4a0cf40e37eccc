"""From an outside id or code to a bill."""

from contextlib import suppress
from uuid import UUID

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Forbidden, NotFound
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.types import SelfApproval, is_own

from . import queries
from .codes import read_code
from .errors import (
    BillNotFound,
    DayNotFound,
    DeliveryNotFound,
    DifferenceNotFound,
    EndpointNotFound,
    ReceiptNotFound,
    RefundNotFound,
    RuleDraftNotFound,
    SameOfficer,
)
from .models import (
    Bill,
    BusinessDay,
    Difference,
    FiscalReceipt,
    Refund,
    ResultDelivery,
    ResultEndpoint,
    RuleDraft,
)
from .types import (
    CLOSE_DAYS,
    CONFIRM_FEES,
    MANAGE_FEES,
    MANAGE_RESULTS,
    READ_BILLS,
    RECONCILE,
    WHOLE_PROVINCE,
)


def access_bill(*, actor: Actor, bill_id: UUID) -> Bill:
    """A bill to see in full: the payer's own, or in an officer's reach.

    Raises: BillNotFound (404), the same for what does not exist and what is another's.
    """
    found = Bill.objects.filter(queries.visible_to(actor), pk=bill_id).first()
    if found is None:
        raise BillNotFound
    return found


def access_bill_for(permission: str, *, actor: Actor, bill_id: UUID) -> Bill:
    """A bill an officer may act on. Raises: BillNotFound (404), Forbidden, SelfApproval (403)."""
    found = access_bill(actor=actor, bill_id=bill_id)
    actor.check(permission, agency_id=found.collecting_agency_id, region_path=found.region_path)
    check_independent(actor, found)
    return found


def check_independent(actor: Actor, bill: Bill) -> None:
    """Whoever owes a bill, or leads the firm that does, does not work on it as an officer.

    Raises: identity's SelfApproval (403).
    """
    if not actor.persons:
        return
    owing: UUID | None = bill.payer_id
    if bill.payer_kind == Bill.PayerKind.ORGANISATION:
        owing = None
        with suppress(NotFound):  # a bill outlives the register entry of its payer
            owing = identity.organisation(bill.payer_id).legal_representative_id
    if owing in actor.persons:
        raise SelfApproval


def check_other_officer(actor: Actor, *account_ids: UUID | None) -> None:
    """Steps that belong to different officers: different persons, with whichever account.

    Raises: SameOfficer (403).
    """
    if not is_other_officer(actor, *account_ids):
        raise SameOfficer


def is_other_officer(actor: Actor, *account_ids: UUID | None) -> bool:
    """Whether a step may be this officer's after those of these accounts: as another person."""
    return not any(
        is_own(actor, account_id, *identity.persons_behind(account_id))
        for account_id in account_ids
        if account_id is not None
    )


def access_payable(bill_id: UUID) -> Bill:
    """A bill to be paid by whoever holds its link or its code: the one owing need not be the one
    paying. What is shown of it names no one in full.

    Raises: BillNotFound (404). Source: Plan 五（三）1 (扫码缴费).
    """
    found = Bill.objects.filter(pk=bill_id).first()
    if found is None:
        raise BillNotFound
    return found


def access_payable_by_code(text: str) -> Bill:
    """As `access_payable`, by the 20 digits. Raises: BadPaymentCode (422), BillNotFound (404)."""
    found = Bill.objects.filter(code=read_code(text)).first()
    if found is None:
        raise BillNotFound
    return found


def access_receipt(*, actor: Actor, bill_id: UUID) -> FiscalReceipt:
    """The receipt of a bill one may see. Raises: BillNotFound, ReceiptNotFound (404)."""
    found = queries.receipt_in_force(access_bill(actor=actor, bill_id=bill_id).pk)
    if found is None:
        raise ReceiptNotFound
    return found


def can_read_receipt_file(actor: Actor, bill_id: UUID) -> bool:
    """For the document store: receipt files are owned by their bill."""
    return Bill.objects.filter(queries.visible_to(actor), pk=bill_id).exists()


def sees_in_full(actor: Actor, bill: Bill) -> bool:
    """Whether the payer's name and the receipt may be shown."""
    if actor.is_officer:
        return actor.can(
            READ_BILLS, agency_id=bill.collecting_agency_id, region_path=bill.region_path
        )
    if actor.principal is not None:
        return (bill.payer_kind, bill.payer_id) == (actor.principal.kind, actor.principal.id)
    return actor.is_person and (bill.payer_kind, bill.payer_id) == ("person", actor.person_id)


def check_officer(actor: Actor, permission: str, *, agency_id: UUID, region_path: str) -> None:
    """Raises: Forbidden (403) unless the permission reaches the agency."""
    if not actor.can(permission, agency_id=agency_id, region_path=region_path):
        raise Forbidden(permission=permission)


def check_province(actor: Actor, permission: str) -> None:
    """A channel's account is the whole province's. Raises: Forbidden (403)."""
    actor.check(permission, region_path=WHOLE_PROVINCE)


def access_day(permission: str, *, actor: Actor, day_id: UUID) -> BusinessDay:
    """A business day to work on. Raises: Forbidden (403), DayNotFound (404)."""
    check_province(actor, permission)
    found = BusinessDay.objects.filter(pk=day_id).first()
    if found is None:
        raise DayNotFound
    return found


def access_day_to_see(*, actor: Actor, day_id: UUID) -> BusinessDay:
    """A day for whoever reconciles or closes. Raises: Forbidden (403), DayNotFound (404)."""
    return access_day(_either(actor), actor=actor, day_id=day_id)


def access_difference_to_see(*, actor: Actor, difference_id: UUID) -> Difference:
    """As `access_day_to_see`. Raises: Forbidden (403), DifferenceNotFound (404)."""
    return access_difference(_either(actor), actor=actor, difference_id=difference_id)


def _either(actor: Actor) -> str:
    return RECONCILE if actor.can(RECONCILE, region_path=WHOLE_PROVINCE) else CLOSE_DAYS


def access_rule_draft(permission: str, *, actor: Actor, draft_id: UUID) -> RuleDraft:
    """A draft of the catalogue to decide on. Raises: Forbidden (403), RuleDraftNotFound (404)."""
    check_province(actor, permission)
    found = RuleDraft.objects.filter(pk=draft_id).first()
    if found is None:
        raise RuleDraftNotFound
    return found


def access_rule_draft_to_see(*, actor: Actor, draft_id: UUID) -> RuleDraft:
    """A draft for whoever proposes or confirms.

    Raises: Forbidden (403), RuleDraftNotFound (404).
    """
    may_propose = actor.can(MANAGE_FEES, region_path=WHOLE_PROVINCE)
    permission = MANAGE_FEES if may_propose else CONFIRM_FEES
    return access_rule_draft(permission, actor=actor, draft_id=draft_id)


def access_difference(permission: str, *, actor: Actor, difference_id: UUID) -> Difference:
    """A difference to work on. Raises: Forbidden (403), DifferenceNotFound (404)."""
    check_province(actor, permission)
    found = Difference.objects.filter(pk=difference_id).select_related("day").first()
    if found is None:
        raise DifferenceNotFound
    return found


def access_refund(*, actor: Actor, refund_id: UUID) -> Refund:
    """A refund of one's own bill, or in an officer's reach. Raises: RefundNotFound (404)."""
    found = (
        Refund.objects.filter(queries.refunds_visible_to(actor), pk=refund_id)
        .select_related("payment__bill")
        .first()
    )
    if found is None:
        raise RefundNotFound
    return found


def access_refund_for(permission: str, *, actor: Actor, refund_id: UUID) -> Refund:
    """A refund an officer may act on.

    Raises: RefundNotFound (404), Forbidden, SelfApproval (403).
    """
    found = access_refund(actor=actor, refund_id=refund_id)
    bill = found.payment.bill
    actor.check(permission, agency_id=bill.collecting_agency_id, region_path=bill.region_path)
    check_independent(actor, bill)
    return found


def access_result_endpoint(*, actor: Actor, endpoint_id: UUID) -> ResultEndpoint:
    """A connected system in an officer's reach. Raises: EndpointNotFound (404)."""
    reach = actor.reach(MANAGE_RESULTS)
    found = ResultEndpoint.objects.filter(reach.q(), pk=endpoint_id).first()
    if found is None:
        raise EndpointNotFound
    return found


def access_result_delivery(*, actor: Actor, delivery_id: UUID) -> ResultDelivery:
    """A result for a system in an officer's reach. Raises: DeliveryNotFound (404)."""
    rows = ResultDelivery.objects.filter(queries.results_visible_to(actor), pk=delivery_id)
    found = rows.select_related("endpoint", "bill").first()
    if found is None:
        raise DeliveryNotFound
    return found
