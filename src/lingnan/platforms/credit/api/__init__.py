"""Credit for programs."""

from . import appeals, complaints, intake, own, public, reports, rosters
from .router import router

__all__ = ("appeals", "complaints", "intake", "own", "public", "reports", "rosters", "router")
