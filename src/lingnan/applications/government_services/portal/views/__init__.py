"""The residents' pages by what one does there."""

from . import apply, cases, guides, home, joint

__all__ = ("apply", "cases", "guides", "home", "joint")
