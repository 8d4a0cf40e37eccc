"""Payment over HTTP, by noun."""

from . import bills, catalogue, issuing, reconciliation, refunds, results
from .router import router

__all__ = ("bills", "catalogue", "issuing", "reconciliation", "refunds", "results", "router")
