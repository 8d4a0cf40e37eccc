"""Payment over HTTP, by noun."""

from . import bills, reconciliation, refunds
from .router import router

__all__ = ("bills", "reconciliation", "refunds", "router")
