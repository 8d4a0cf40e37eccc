"""Single sign-on's verbs."""

from .clients import (
    ClientDetails,
    approve_client,
    check_may_register,
    refuse_client,
    register_client,
    renew_secret,
    suspend_client,
)
from .consents import give_consent, is_covered, withdraw_consent
from .devices import answer_request, find_request, open_request
from .keys import public_keys, rotate_keys
from .logout import end_with_sessions, tell_signed_out
from .tokens import client_token, sweep

__all__ = (
    "ClientDetails",
    "answer_request",
    "approve_client",
    "check_may_register",
    "client_token",
    "end_with_sessions",
    "find_request",
    "give_consent",
    "is_covered",
    "open_request",
    "public_keys",
    "refuse_client",
    "register_client",
    "renew_secret",
    "rotate_keys",
    "suspend_client",
    "sweep",
    "tell_signed_out",
    "withdraw_consent",
)
