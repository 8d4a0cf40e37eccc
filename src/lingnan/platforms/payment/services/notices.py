"""The notice of a bill: PDF or OFD made when it is asked for, as the bill is today."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from lingnan.kernel.clock import local_date
from lingnan.kernel.text import localise
from lingnan.platforms.documents import services as documents

from .. import queries
from ..errors import BillNotPayable
from ..models import Bill
from ..types import UNPAID
from .receipts import LANGUAGE
from .rows import state_label


def bill_notice(bill: Bill, *, payer_name: str, form: str, at: datetime) -> bytes:
    """What a payer takes to the bank, or scans: the bill as PDF or OFD, not kept.

    Owed is what is owed on the day of `at`: a fine paid late has its surcharge on it.
    Raises: BillNotPayable (409) for a bill that is paid, voided or expired.
    """
    today = local_date(at)
    if bill.state not in UNPAID or queries.is_over(bill, on=today):
        raise BillNotPayable(state=state_label(bill, at))
    payable_fen = queries.payable_fen(bill, on=today)
    site = settings.LINGNAN.public_url.rstrip("/")
    with translation.override(LANGUAGE):
        lines = [
            {
                "code": charge.code,
                "name": localise(charge.name, LANGUAGE),
                "quantity": charge.quantity if not charge.reduction_fen else 1,
                "unit_price_fen": charge.unit_price_fen
                if not charge.reduction_fen
                else charge.amount_fen,
                "amount_fen": charge.amount_fen,
            }
            for charge in bill.charges.order_by("position")
        ]
        if payable_fen > bill.amount_fen:
            surcharge = payable_fen - bill.amount_fen
            lines.append(
                {
                    "code": "",
                    "name": _("Surcharge for late payment"),
                    "quantity": 1,
                    "unit_price_fen": surcharge,
                    "amount_fen": surcharge,
                }
            )
        facts = {
            "title": _("Notice of payment of non-tax revenue"),
            "payment_code": bill.code,
            "payer_name": payer_name,
            "agency_name": bill.collecting_agency_name,
            "lines": lines,
            "amount_fen": payable_fen,
            "issued_at": bill.opened_at,
            "due_on": bill.due_on,
            "made_at": at,
            "pay_url": f"{site}{reverse('payment:bill', args=[bill.pk])}",
            "how_to_pay": [
                _("1. Scan the code with the phone you pay with; no signing in is needed."),
                _("2. Or open %(address)s and type the 20 digits.") % {"address": f"{site}/pay/"},
                _("3. Or take this paper to a bank or the agency's counter."),
            ],
            "notes": _notes(bill),
            "test_mark": ""
            if settings.LINGNAN.production
            else _("Test payment: no real money moves"),
        }
    return documents.render("bill", facts, formats=(form,))[form]


def _notes(bill: Bill) -> list[str]:
    basis = [charge.reduction_basis for charge in bill.charges.all() if charge.reduction_basis]
    notes = [_("Reduced: %(basis)s") % {"basis": text[:40]} for text in dict.fromkeys(basis)]
    if bill.is_fine:
        notes.append(
            _("After the last day three percent of the fine are added for each day, at most 100 %.")
        )
    return notes[:3]
