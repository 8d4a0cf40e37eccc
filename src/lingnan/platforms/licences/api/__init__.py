"""Licences over HTTP, by noun."""

from . import (
    batches,
    consents,
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
