"""Credit for programs."""

from . import intake, own, public
from .router import router

__all__ = ("intake", "own", "public", "router")
