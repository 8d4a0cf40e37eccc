"""Identity over HTTP: sessions, oneself, proofs, persons and firms, mandates, tokens, officers."""

from . import accounts, assurance
from .router import router

__all__ = ("accounts", "assurance", "router")
