"""Identity over HTTP: sessions, oneself, proofs, persons and firms, mandates, tokens, officers."""

from ..sso import provider_api
from . import (
    access_log,
    account_life,
    accounts,
    administration,
    assurance,
    certificates,
    details,
    devices,
    guardians,
    linked,
    passkeys,
    posts,
    second_step,
    window,
)
from .router import router

__all__ = (
    "access_log",
    "account_life",
    "accounts",
    "administration",
    "assurance",
    "certificates",
    "details",
    "devices",
    "guardians",
    "linked",
    "passkeys",
    "posts",
    "provider_api",
    "router",
    "second_step",
    "window",
)
