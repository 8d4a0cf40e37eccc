"""What payment tells other modules of this process at start."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.web import navigation
from lingnan.platforms.documents import types as documents

from . import access
from .services.receipts import OWNER
from .types import MANAGE_FEES, READ_BILLS, READ_FLOWS

documents.register_owner(OWNER, access.can_read_receipt_file)
navigation.register("footer", _("Pay a bill"), "payment:look_up", order=30)
navigation.register(
    "desk", _("Bills"), "payment:desk_bills", permission=READ_BILLS, order=300, icon="money"
)
navigation.register(
    "desk",
    _("Catalogue of fees"),
    "payment:desk_fees",
    permission=MANAGE_FEES,
    order=305,
    icon="money",
)
navigation.register(
    "desk", _("Refunds"), "payment:desk_refunds", permission=READ_BILLS, order=310, icon="money"
)
navigation.register(
    "desk",
    _("Reconciliation"),
    "payment:desk_days",
    permission=READ_FLOWS,
    order=320,
    icon="money",
)
navigation.register(
    "desk", _("Flow of money"), "payment:desk_flows", permission=READ_FLOWS, order=330, icon="money"
)
