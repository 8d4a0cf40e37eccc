"""Payment over HTTP, by noun."""

from . import bills, refunds
from .router import router

__all__ = ("bills", "refunds", "router")
