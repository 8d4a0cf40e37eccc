"""Credit for programs."""

from . import appeals, intake, own, public, reports, rosters
from .router import router

__all__ = ("appeals", "intake", "own", "public", "reports", "rosters", "router")
