"""Licences' verbs, by noun: types, seals, issuing, standing, use."""

from ..faces import ensure_copy, ensure_faces, face_bytes
from .catalogue import define_type
from .issuing import issue_licence
from .sealing import ensure_seal, seal_ofd, seal_picture_of, sign_with_seal, suspend_seal
from .standing import (
    cancel_licence,
    expire_licences,
    resume_licence,
    revoke_licence,
    suspend_licence,
)
from .using import record_use, use_as_material

__all__ = (
    "cancel_licence",
    "define_type",
    "ensure_copy",
    "ensure_faces",
    "ensure_seal",
    "expire_licences",
    "face_bytes",
    "issue_licence",
    "record_use",
    "resume_licence",
    "revoke_licence",
    "seal_ofd",
    "seal_picture_of",
    "sign_with_seal",
    "suspend_licence",
    "suspend_seal",
    "use_as_material",
)
