"""Payment over HTTP, by noun."""

from . import bills, issuing, reconciliation, refunds
from .router import router

__all__ = ("bills", "issuing", "reconciliation", "refunds", "router")
