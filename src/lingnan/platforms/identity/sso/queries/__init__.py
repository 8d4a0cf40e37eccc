"""Questions of single sign-on."""

from .clients import (
    clients_of,
    clients_to_review,
    live_consents,
    may_review,
    own_client,
)
from .providers import open_changes, providers
from .released import consent_lines, released, subject_for

__all__ = (
    "clients_of",
    "clients_to_review",
    "consent_lines",
    "live_consents",
    "may_review",
    "open_changes",
    "own_client",
    "providers",
    "released",
    "subject_for",
)
