"""Licences over HTTP, by noun."""

from . import (
    batches,
    consents,
    credentials,
    offline,
    originals,
    own,
    register,
    seals,
    showing,
    standing,
    stock,
    stock_tables,
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
    "originals",
    "own",
    "register",
    "router",
    "seals",
    "showing",
    "standing",
    "stock",
    "stock_tables",
    "types",
    "verify",
    "verify_file",
)
