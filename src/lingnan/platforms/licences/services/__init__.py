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
from .outside import issue_outside
from .presenting import forget_codes, scan_code, show_licence
from .sealing import ensure_seal, seal_ofd, seal_picture_of, sign_with_seal, suspend_seal
from .standing import (
    act_on_licence,
    cancel_licence,
    expire_licences,
    resume_licence,
    revoke_licence,
    suspend_licence,
)
from .using import make_copy, record_check, record_prefill, record_use, use_as_material

__all__ = (
    "act_on_licence",
    "ask_consent",
    "cancel_licence",
    "decline_consent",
    "define_type",
    "drop_batch",
    "ensure_copy",
    "ensure_copy_ofd",
    "ensure_faces",
    "ensure_seal",
    "expire_licences",
    "face_bytes",
    "forget_codes",
    "grant_consent",
    "issue_licence",
    "issue_outside",
    "make_copy",
    "plan_batch",
    "read_consent",
    "record_check",
    "record_prefill",
    "record_use",
    "resume_licence",
    "revoke_licence",
    "run_batch",
    "scan_code",
    "seal_ofd",
    "seal_picture_of",
    "show_licence",
    "sign_with_seal",
    "start_batch",
    "suspend_licence",
    "suspend_seal",
    "use_as_material",
    "withdraw_consent",
)
