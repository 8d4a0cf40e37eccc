"""Credit's verbs: the only writer of its tables."""

from .appeals import Evidence, withdraw_appeal
from .commitments import (
    add_evidence,
    answer_breach,
    check_commitment,
    keep_commitment,
    make_commitment,
    remind_of_checks,
    void_commitments,
)
from .complaints import make_complaint, withdraw_complaint
from .evaluation import evaluate_subject, handle_alert, watch_record
from .intake import (
    deliver_decision,
    deliver_file,
    deliver_rows,
    disclose_licence,
    export_records,
    store_fact,
)
from .measures import give_feedback
from .objections import check_objectable, open_objection, work_on_objection
from .papers import make_paper_files
from .publishing import end_publicity
from .records import correct_record, withdraw_record
from .repairs import PROMISE, apply_for_repair, check_repairable
from .reports import give_consent, make_report, make_report_files, revoke_consent
from .rosters import make_statement, open_lead, revoke_entry
from .rules import load_content, register_source, set_rule
from .stewarding import (
    decide_proposal,
    propose_rule,
    refresh_procedures,
    withdraw_proposal,
)
from .viewing import EVALUATION_OPENED, record_check, record_view

__all__ = (
    "EVALUATION_OPENED",
    "PROMISE",
    "Evidence",
    "add_evidence",
    "answer_breach",
    "apply_for_repair",
    "check_commitment",
    "check_objectable",
    "check_repairable",
    "correct_record",
    "decide_proposal",
    "deliver_decision",
    "deliver_file",
    "deliver_rows",
    "disclose_licence",
    "end_publicity",
    "evaluate_subject",
    "export_records",
    "give_consent",
    "give_feedback",
    "handle_alert",
    "keep_commitment",
    "load_content",
    "make_commitment",
    "make_complaint",
    "make_paper_files",
    "make_report",
    "make_report_files",
    "make_statement",
    "open_lead",
    "open_objection",
    "propose_rule",
    "record_check",
    "record_view",
    "refresh_procedures",
    "register_source",
    "remind_of_checks",
    "revoke_consent",
    "revoke_entry",
    "set_rule",
    "store_fact",
    "void_commitments",
    "watch_record",
    "withdraw_appeal",
    "withdraw_complaint",
    "withdraw_proposal",
    "withdraw_record",
    "work_on_objection",
)
