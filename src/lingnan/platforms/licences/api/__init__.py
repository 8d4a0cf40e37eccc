"""Licences over HTTP, by noun."""

from . import batches, own, register, types, verify, verify_file
from .router import router

__all__ = ("batches", "own", "register", "router", "types", "verify", "verify_file")
