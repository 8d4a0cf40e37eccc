"""Government services over HTTP: enough to play the whole life of a case as the people in it."""

from . import cases, drafts, joint, officers
from .router import router

__all__ = ("cases", "drafts", "joint", "officers", "router")
