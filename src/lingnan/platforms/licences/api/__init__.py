"""Licences over HTTP, by noun."""

from . import (
    batches,
    consents,
    credentials,
    offline,
    own,
    register,
    seals,
    showing,
    standing,
    types,
    verify,
    verify_file,
)
from .router import router

__all__ = (
    "batches",
    "consents",
    "credentials",
    "offline",
    "own",
    "register",
    "router",
    "seals",
    "showing",
    "standing",
    "types",
    "verify",
    "verify_file",
)
