"""Credit's tables, by noun."""

from .appeals import Objection, Repair
from .intake import IntakeBatch
from .records import ArchiveView, CreditRecord, CreditSource, CreditSubject
from .rosters import (
    Counter,
    JointMeasure,
    MeasureFeedback,
    MeasureKind,
    RosterEntry,
    RosterKind,
    RosterPaper,
)
from .rules import PolicyDocument, RuleSet

__all__ = (
    "ArchiveView",
    "Counter",
    "CreditRecord",
    "CreditSource",
    "CreditSubject",
    "IntakeBatch",
    "JointMeasure",
    "MeasureFeedback",
    "MeasureKind",
    "Objection",
    "PolicyDocument",
    "Repair",
    "RosterEntry",
    "RosterKind",
    "RosterPaper",
    "RuleSet",
)
