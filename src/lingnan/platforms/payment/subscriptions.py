"""What payment tells other modules of this process at start."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lingnan.kernel.events import Delivery, subscribe
from lingnan.kernel.web import navigation
from lingnan.platforms.documents import types as documents

from . import access, services
from .events import BillExpired, BillSettled, BillVoided, RefundPaid
from .services.receipts import OWNER
from .types import MANAGE_FEES, MANAGE_RESULTS, READ_BILLS, READ_FLOWS

documents.register_owner(OWNER, access.can_read_receipt_file)
_GROUP = pgettext_lazy("navigation", "Payments")

navigation.register("footer", _("Pay a bill"), "payment:look_up", order=30)
navigation.register(
    "desk",
    _("Bills"),
    "payment:desk_bills",
    permission=READ_BILLS,
    order=300,
    icon="money",
    group=_GROUP,
)
navigation.register(
    "desk",
    _("Catalogue of fees"),
    "payment:desk_fees",
    permission=MANAGE_FEES,
    order=305,
    icon="money",
    group=_GROUP,
)
navigation.register(
    "desk",
    _("Refunds"),
    "payment:desk_refunds",
    permission=READ_BILLS,
    order=310,
    icon="money",
    group=_GROUP,
)
navigation.register(
    "desk",
    _("Reconciliation"),
    "payment:desk_days",
    permission=READ_FLOWS,
    order=320,
    icon="money",
    group=_GROUP,
)
navigation.register(
    "desk",
    _("Flow of money"),
    "payment:desk_flows",
    permission=READ_FLOWS,
    order=330,
    icon="money",
    group=_GROUP,
)
navigation.register(
    "desk",
    _("Connected systems"),
    "payment:desk_results",
    permission=MANAGE_RESULTS,
    order=335,
    icon="money",
    group=_GROUP,
)


@subscribe(BillSettled, key="payment.result_of_settlement")
def tell_settlement(event: BillSettled, delivery: Delivery) -> None:
    _tell(event, delivery)


@subscribe(BillVoided, key="payment.result_of_voiding")
def tell_voiding(event: BillVoided, delivery: Delivery) -> None:
    _tell(event, delivery)


@subscribe(BillExpired, key="payment.result_of_expiry")
def tell_expiry(event: BillExpired, delivery: Delivery) -> None:
    _tell(event, delivery)


@subscribe(RefundPaid, key="payment.result_of_refund")
def tell_refund(event: RefundPaid, delivery: Delivery) -> None:
    _tell(event, delivery, refund_id=event.refund_id)


def _tell(
    event: BillSettled | BillVoided | BillExpired | RefundPaid,
    delivery: Delivery,
    *,
    refund_id: UUID | None = None,
) -> None:
    services.queue_result(
        event=event.name,
        event_id=delivery.event_id,
        bill_id=event.bill_id,
        at=delivery.occurred_at,
        refund_id=refund_id,
    )
