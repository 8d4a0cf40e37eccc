"""Payment's tables, by noun."""

from .bills import Bill, Charge, FeeItem, FeeReduction, FinePause
from .ledger import Account, Entry, Posting, SplitRule, SplitShare
from .paying import ChannelNotice, Payment, PaymentAttempt
from .receipts import FiscalReceipt, ReceiptSerial
from .reconciling import BusinessDay, Difference, StatementFile, StatementLine
from .refunds import Refund
from .rules import GovernmentAccount, RuleDraft

__all__ = (
    "Account",
    "Bill",
    "BusinessDay",
    "ChannelNotice",
    "Charge",
    "Difference",
    "Entry",
    "FeeItem",
    "FeeReduction",
    "FinePause",
    "FiscalReceipt",
    "GovernmentAccount",
    "Payment",
    "PaymentAttempt",
    "Posting",
    "ReceiptSerial",
    "Refund",
    "RuleDraft",
    "SplitRule",
    "SplitShare",
    "StatementFile",
    "StatementLine",
)
