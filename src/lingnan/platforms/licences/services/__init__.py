"""Licences' verbs, by noun: types, seals, issuing, standing, use."""

from ..faces import ensure_copy, ensure_faces, face_bytes
from .batches import drop_batch, plan_batch, run_batch, start_batch
from .catalogue import define_type
from .issuing import issue_licence
from .outside import issue_outside
from .sealing import ensure_seal, seal_ofd, seal_picture_of, sign_with_seal, suspend_seal
from .standing import (
    act_on_licence,
    cancel_licence,
    expire_licences,
    resume_licence,
    revoke_licence,
    suspend_licence,
)
from .using import record_use, use_as_material

__all__ = (
    "act_on_licence",
    "cancel_licence",
    "define_type",
    "drop_batch",
    "ensure_copy",
    "ensure_faces",
    "ensure_seal",
    "expire_licences",
    "face_bytes",
    "issue_licence",
    "issue_outside",
    "plan_batch",
    "record_use",
    "resume_licence",
    "revoke_licence",
    "run_batch",
    "seal_ofd",
    "seal_picture_of",
    "sign_with_seal",
    "start_batch",
    "suspend_licence",
    "suspend_seal",
    "use_as_material",
)
