"""Credit for programs."""

from . import appeals, complaints, intake, own, public, reports, rosters, stewarding
from .router import router

__all__ = (
    "appeals",
    "complaints",
    "intake",
    "own",
    "public",
    "reports",
    "rosters",
    "router",
    "stewarding",
)
