"""Conditions in CEL over what was answered: whether a page or field is asked at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...lazy import lazy_module

if TYPE_CHECKING:
    import cel
else:
    cel = lazy_module("cel")


@dataclass(frozen=True, slots=True)
class Condition:
    """One compiled expression. Not deciding (an answer is missing, of another type) means no."""

    text: str
    program: Any

    def holds(self, context: Mapping[str, Any]) -> bool:
        try:
            return self.program.execute(dict(context)) is True
        except (RuntimeError, ValueError, TypeError, LookupError, ArithmeticError):
            return False


def compile_condition(text: str) -> Condition:
    """Raises: ValueError for what is not CEL."""
    return Condition(text, cel.compile(text))
