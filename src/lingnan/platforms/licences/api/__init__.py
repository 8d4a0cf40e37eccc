"""Licences over HTTP, by noun."""

from . import own, register, types, verify
from .router import router

__all__ = ("own", "register", "router", "types", "verify")
