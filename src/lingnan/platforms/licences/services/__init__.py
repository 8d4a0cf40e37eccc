"""Licences' verbs, by noun: types, seals, issuing, standing, use."""

from ..faces import ensure_copy, ensure_copy_ofd, ensure_faces, face_bytes
from .batches import drop_batch, plan_batch, run_batch, start_batch
from .catalogue import define_type
from .consenting import (
    ask_consent,
    decline_consent,
    grant_consent,
    read_consent,
    withdraw_consent,
)
from .issuing import issue_licence
from .looking import (
    note_look,
    note_look_at_copy,
    note_look_at_face,
    note_look_at_scan,
    open_copy,
    open_entry,
    open_licence,
    open_whole,
)
from .offline_codes import make_offline_code
from .originals import note_original, open_scan, originals_lacking
from .outside import issue_outside
from .presenting import forget_codes, scan_code, show_licence
from .seal_life import (
    SEAL_STEPS,
    apply_for_seal,
    decide_on_seal,
    destroy_seal,
    enable_seal,
    expire_seals,
    make_seal,
    record_seal,
    report_seal_lost,
    steps_from,
    suspend_seal,
)
from .seal_requests import ask_for_seal, decide_on_request, resume_request, run_request
from .sealing import ensure_seal, seal_ofd, seal_pdf, seal_picture_of, sign_with_seal
from .shipped import load_types, shipped_types
from .standing import (
    act_on_licence,
    cancel_licence,
    expire_licences,
    resume_licence,
    revoke_licence,
    supersede_begun,
    suspend_licence,
)
from .stock import (
    OWNER_SCAN,
    attach_scan,
    bring_in,
    bring_in_table,
    decide_entry,
    declare,
    match_all_waiting,
    match_waiting,
)
from .stock_grades import check_original, convert, licence_for_check
from .stock_tables import drop_table, resume_table, run_table, start_table
from .telling import tell_of_change
from .type_life import (
    discard_type,
    publish_type,
    return_type,
    save_type_draft,
    start_type,
    start_version,
    submit_type,
)
from .type_withdrawal import ask_withdrawal, asked_withdrawal, decide_withdrawal
from .using import make_copy, record_check, record_prefill, record_use, use_as_material
from .verify_limits import check_verify_rate, forget_verify_rates

__all__ = (
    "OWNER_SCAN",
    "SEAL_STEPS",
    "act_on_licence",
    "apply_for_seal",
    "ask_consent",
    "ask_for_seal",
    "ask_withdrawal",
    "asked_withdrawal",
    "attach_scan",
    "bring_in",
    "bring_in_table",
    "cancel_licence",
    "check_original",
    "check_verify_rate",
    "convert",
    "decide_entry",
    "decide_on_request",
    "decide_on_seal",
    "decide_withdrawal",
    "declare",
    "decline_consent",
    "define_type",
    "destroy_seal",
    "discard_type",
    "drop_batch",
    "drop_table",
    "enable_seal",
    "ensure_copy",
    "ensure_copy_ofd",
    "ensure_faces",
    "ensure_seal",
    "expire_licences",
    "expire_seals",
    "face_bytes",
    "forget_codes",
    "forget_verify_rates",
    "grant_consent",
    "issue_licence",
    "issue_outside",
    "licence_for_check",
    "load_types",
    "make_copy",
    "make_offline_code",
    "make_seal",
    "match_all_waiting",
    "match_waiting",
    "note_look",
    "note_look_at_copy",
    "note_look_at_face",
    "note_look_at_scan",
    "note_original",
    "open_copy",
    "open_entry",
    "open_licence",
    "open_scan",
    "open_whole",
    "originals_lacking",
    "plan_batch",
    "publish_type",
    "read_consent",
    "record_check",
    "record_prefill",
    "record_seal",
    "record_use",
    "report_seal_lost",
    "resume_licence",
    "resume_request",
    "resume_table",
    "return_type",
    "revoke_licence",
    "run_batch",
    "run_request",
    "run_table",
    "save_type_draft",
    "scan_code",
    "seal_ofd",
    "seal_pdf",
    "seal_picture_of",
    "shipped_types",
    "show_licence",
    "sign_with_seal",
    "start_batch",
    "start_table",
    "start_type",
    "start_version",
    "steps_from",
    "submit_type",
    "supersede_begun",
    "suspend_licence",
    "suspend_seal",
    "tell_of_change",
    "use_as_material",
    "withdraw_consent",
)
