"""Credit's verbs: the only writer of its tables."""

from .intake import deliver_file, deliver_rows, export_records, store_fact
from .publishing import end_publicity
from .records import correct_record, withdraw_record
from .rules import load_content, register_source, set_rule
from .viewing import record_view

__all__ = (
    "correct_record",
    "deliver_file",
    "deliver_rows",
    "end_publicity",
    "export_records",
    "load_content",
    "record_view",
    "register_source",
    "set_rule",
    "store_fact",
    "withdraw_record",
)
