"""Payment's verbs, by noun: fees, bills, paying, receipts."""

from .bills import expire_bills, open_bill, void_bill, void_bill_by_officer
from .comparing import compare_day, open_differences
from .days import (
    ask_to_close,
    begin_reconciliation,
    close_day,
    has_treasury_statement,
    reconcile_yesterday,
    work_through,
)
from .differences import (
    approve_resolution,
    fitting_resolutions,
    propose_resolution,
    send_difference_back,
    take_difference,
)
from .drafts import (
    confirm_rule,
    propose_rule,
    read_content,
    refuse_rule,
    set_government_account,
    withdraw_rule,
)
from .fees import end_fee, set_fee
from .issuing import issue_bill, pause_fine, preview_bill, resume_fine, set_reduction
from .ledger import set_split_rule
from .notices import bill_notice
from .paying import (
    ATTEMPT_TERM,
    charge_payer_code,
    collect_at_counter,
    in_app_params,
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
from .results import (
    end_endpoint,
    put_off_due_results,
    queue_result,
    register_endpoint,
    resend_result,
    rotate_endpoint_key,
    send_result,
    sweep_results,
)
from .statements import business_day, import_file, import_lines, read_statement

__all__ = (
    "ATTEMPT_TERM",
    "apply_refund",
    "approve_refund",
    "approve_resolution",
    "ask_refund",
    "ask_to_close",
    "attach_sealed_receipt",
    "begin_reconciliation",
    "bill_notice",
    "book_receipt",
    "business_day",
    "charge_payer_code",
    "close_day",
    "collect_at_counter",
    "compare_day",
    "confirm_rule",
    "end_endpoint",
    "end_fee",
    "expire_bills",
    "fitting_resolutions",
    "has_treasury_statement",
    "import_file",
    "import_lines",
    "in_app_params",
    "issue_bill",
    "make_receipt_files",
    "open_bill",
    "open_differences",
    "pause_fine",
    "pay_refund_by_hand",
    "preview_bill",
    "propose_resolution",
    "propose_rule",
    "put_off_due_results",
    "queue_result",
    "read_content",
    "read_statement",
    "receipt_to_seal",
    "receive_notice",
    "reconcile_yesterday",
    "refresh_bill",
    "refuse_refund",
    "refuse_rule",
    "register_endpoint",
    "release_bill",
    "resend_result",
    "resume_fine",
    "review_refund",
    "rotate_endpoint_key",
    "send_difference_back",
    "send_result",
    "set_fee",
    "set_government_account",
    "set_reduction",
    "set_split_rule",
    "start_payment",
    "sweep_results",
    "take_difference",
    "unbook_receipt",
    "void_bill",
    "void_bill_by_officer",
    "withdraw_rule",
    "work_through",
)
