"""Credit for programs."""

from . import appeals, complaints, figures, intake, own, public, reports, rosters, stewarding
from .router import router

__all__ = (
    "appeals",
    "complaints",
    "figures",
    "intake",
    "own",
    "public",
    "reports",
    "rosters",
    "router",
    "stewarding",
)
