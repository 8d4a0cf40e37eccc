"""The files of a receipt: made after the money arrived, once, by a job."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from lingnan.kernel import clock
from lingnan.kernel.actors import system_actor
from lingnan.kernel.jobs import job
from lingnan.kernel.text import localise
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.types import OFD, PDF

from ..adapters.registry import channel_name
from ..models import FiscalReceipt, Payment

OWNER = "payment.bill"
LANGUAGE = "zh-hans"  # of the document with legal form
_MEDIA_TYPES = {"pdf": PDF, "ofd": OFD}


def make_receipt_files(receipt_id: UUID, *, at: datetime) -> None:
    """Render a receipt as PDF and OFD and keep both; done once, again changes nothing.

    Rendering is outside the transaction; the row is locked only to hang the files on it.
    """
    receipt = FiscalReceipt.objects.select_related("bill").get(pk=receipt_id)
    if receipt.pdf_file_id and receipt.ofd_file_id:
        return
    rendered = documents.render("receipt", _facts(receipt))
    with transaction.atomic():
        receipt = FiscalReceipt.objects.select_for_update().get(pk=receipt_id)
        if receipt.pdf_file_id and receipt.ofd_file_id:
            return
        for kind, content in rendered.items():
            stored = documents.store(
                content,
                name=f"{receipt.code}{receipt.number}.{kind}",
                media_type=_MEDIA_TYPES[kind],
                actor=system_actor("payment.receipts"),
                owner_kind=OWNER,
                owner_id=receipt.bill_id,
                at=at,
            )
            setattr(receipt, f"{kind}_file", stored)
        receipt.save(update_fields=["pdf_file", "ofd_file"])


def _facts(receipt: FiscalReceipt) -> dict[str, object]:
    bill = receipt.bill
    payment = Payment.objects.get(bill=bill, kind=Payment.Kind.SETTLEMENT)
    with translation.override(LANGUAGE):
        channel = channel_name(payment.channel)
        test_mark = _("Test receipt · not for reimbursement")
        title = _("Electronic receipt of non-tax revenue")
    return {
        "title": title,
        "code": receipt.code,
        "number": receipt.number,
        "check_code": receipt.check_code,
        "payment_code": bill.code,
        "payer_name": bill.payer_name,
        "agency_name": bill.collecting_agency_name,
        "lines": [
            {
                "code": charge.code,
                "name": localise(charge.name, LANGUAGE),
                "quantity": charge.quantity,
                "unit_price_fen": charge.unit_price_fen,
                "amount_fen": charge.amount_fen,
            }
            for charge in bill.charges.order_by("position")
        ],
        "amount_fen": bill.amount_fen,
        "paid_at": payment.paid_at,
        "channel": channel,
        "channel_transaction": payment.channel_transaction,
        "issued_at": receipt.issued_at,
        "made_at": receipt.issued_at,
        "verify_url": f"{settings.LINGNAN.public_url.rstrip('/')}/pay/receipts/"
        f"{receipt.code}{receipt.number}/?check={receipt.check_code}",
        "test_mark": "" if settings.LINGNAN.production else test_mark,
    }


@job("payment.render_receipt", retries=5)
def render_receipt(*, receipt_id: str) -> None:
    """Make the files of one receipt. Here rather than in `tasks`, which knows the settlement."""
    make_receipt_files(UUID(receipt_id), at=clock.now())
