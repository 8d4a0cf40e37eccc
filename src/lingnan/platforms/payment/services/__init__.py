"""Payment's verbs, by noun: fees, bills, paying, receipts."""

from .bills import expire_bills, open_bill, void_bill, void_bill_by_officer
from .fees import set_fee
from .ledger import set_split_rule
from .paying import (
    ATTEMPT_TERM,
    charge_payer_code,
    collect_at_counter,
    receive_notice,
    refresh_bill,
    release_bill,
    start_payment,
)
from .receipts import (
    attach_sealed_receipt,
    book_receipt,
    make_receipt_files,
    receipt_to_seal,
    unbook_receipt,
)
from .refunds import (
    apply_refund,
    approve_refund,
    ask_refund,
    pay_refund_by_hand,
    refuse_refund,
    review_refund,
)

__all__ = (
    "ATTEMPT_TERM",
    "apply_refund",
    "approve_refund",
    "ask_refund",
    "attach_sealed_receipt",
    "book_receipt",
    "charge_payer_code",
    "collect_at_counter",
    "expire_bills",
    "make_receipt_files",
    "open_bill",
    "pay_refund_by_hand",
    "receipt_to_seal",
    "receive_notice",
    "refresh_bill",
    "refuse_refund",
    "release_bill",
    "review_refund",
    "set_fee",
    "set_split_rule",
    "start_payment",
    "unbook_receipt",
    "void_bill",
    "void_bill_by_officer",
)
