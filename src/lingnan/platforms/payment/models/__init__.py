"""Payment's tables, by noun."""

from .bills import Bill, Charge, FeeItem, FeeReduction, FinePause
from .ledger import Account, Entry, Posting, SplitRule, SplitShare
from .paying import ChannelNotice, NoticeNonce, Payment, PaymentAttempt
from .receipts import FiscalReceipt, ReceiptSerial
from .reconciling import BusinessDay, Difference, StatementFile, StatementLine
from .refunds import Refund
from .results import ResultDelivery, ResultEndpoint, ResultKey, ResultTry
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
    "NoticeNonce",
    "Payment",
    "PaymentAttempt",
    "Posting",
    "ReceiptSerial",
    "Refund",
    "ResultDelivery",
    "ResultEndpoint",
    "ResultKey",
    "ResultTry",
    "RuleDraft",
    "SplitRule",
    "SplitShare",
    "StatementFile",
    "StatementLine",
)
