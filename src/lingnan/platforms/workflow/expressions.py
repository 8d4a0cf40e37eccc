"""The one door to expressions in definitions: CEL, compiled once, with no way into Python.

A name that no one has set reads as null, so that a condition on the outcome of a step that was not
reached is false, not an accident.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lingnan.kernel.lazy import lazy_module

from .errors import ExpressionFailed

if TYPE_CHECKING:
    import cel
else:
    cel = lazy_module("cel")

LENGTH_MAX = 2000


class ExpressionInvalid(ValueError):
    """The text is not an expression; the message says where it stops being one."""


class Expression:
    """One compiled expression and the names it reads."""

    __slots__ = ("names", "program", "text")

    def __init__(self, text: str) -> None:
        if len(text) > LENGTH_MAX:
            raise ExpressionInvalid(f"longer than {LENGTH_MAX} characters")
        try:
            self.program = cel.compile(text)
        except Exception as error:
            raise ExpressionInvalid(str(error)) from error
        self.text = text
        self.names = tuple(self.program.variables())

    def __call__(self, variables: Mapping[str, Any]) -> Any:
        """The value. Raises: ExpressionFailed (409)."""
        try:
            return self.program.execute({name: variables.get(name) for name in self.names})
        except Exception as error:
            raise ExpressionFailed(expression=self.text, reason=str(error)) from error


@lru_cache(maxsize=5000)
def compile_expression(text: str) -> Expression:
    """Raises: ExpressionInvalid."""
    return Expression(text.strip())


def evaluate(text: str, variables: Mapping[str, Any]) -> Any:
    """The value of an expression over variables. Raises: ExpressionInvalid, ExpressionFailed."""
    return compile_expression(text)(variables)
