"""Credit's tables, by noun."""

from .intake import IntakeBatch
from .records import ArchiveView, CreditRecord, CreditSource, CreditSubject
from .rules import PolicyDocument, RuleSet

__all__ = (
    "ArchiveView",
    "CreditRecord",
    "CreditSource",
    "CreditSubject",
    "IntakeBatch",
    "PolicyDocument",
    "RuleSet",
)
