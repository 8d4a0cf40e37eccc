"""Credit's verbs: the only writer of its tables."""

from .appeals import Evidence, withdraw_appeal
from .intake import deliver_file, deliver_rows, export_records, store_fact
from .measures import give_feedback
from .objections import open_objection, work_on_objection
from .papers import make_paper_files
from .publishing import end_publicity
from .records import correct_record, withdraw_record
from .repairs import apply_for_repair
from .rosters import make_statement, open_lead, revoke_entry
from .rules import load_content, register_source, set_rule
from .viewing import record_view

__all__ = (
    "Evidence",
    "apply_for_repair",
    "correct_record",
    "deliver_file",
    "deliver_rows",
    "end_publicity",
    "export_records",
    "give_feedback",
    "load_content",
    "make_paper_files",
    "make_statement",
    "open_lead",
    "open_objection",
    "record_view",
    "register_source",
    "revoke_entry",
    "set_rule",
    "store_fact",
    "withdraw_appeal",
    "withdraw_record",
    "work_on_objection",
)
