"""Credit's tables, by noun."""

from .appeals import Objection, Repair
from .commitments import Commitment
from .complaints import Complaint
from .intake import IntakeBatch
from .proposals import RuleProposal
from .records import ArchiveView, CreditRecord, CreditSource, CreditSubject
from .reports import Alert, Consent, CreditReport, Evaluation, EvaluationLine, Scorecard
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
    "Alert",
    "ArchiveView",
    "Commitment",
    "Complaint",
    "Consent",
    "Counter",
    "CreditRecord",
    "CreditReport",
    "CreditSource",
    "CreditSubject",
    "Evaluation",
    "EvaluationLine",
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
    "RuleProposal",
    "RuleSet",
    "Scorecard",
)
