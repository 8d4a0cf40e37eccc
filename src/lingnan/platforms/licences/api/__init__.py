"""Licences over HTTP, by noun."""

from . import batches, own, register, types, verify
from .router import router

__all__ = ("batches", "own", "register", "router", "types", "verify")
