"""Payment's verbs, by noun: fees, bills, paying, receipts."""

from .bills import expire_bills, open_bill, void_bill, void_bill_by_officer
from .fees import set_fee
from .ledger import set_split_rule
from .paying import (
    ATTEMPT_TERM,
    collect_at_counter,
    receive_notice,
    refresh_bill,
    release_bill,
    start_payment,
)
from .receipts import make_receipt_files

__all__ = (
    "ATTEMPT_TERM",
    "collect_at_counter",
    "expire_bills",
    "make_receipt_files",
    "open_bill",
    "receive_notice",
    "refresh_bill",
    "release_bill",
    "set_fee",
    "set_split_rule",
    "start_payment",
    "void_bill",
    "void_bill_by_officer",
)
