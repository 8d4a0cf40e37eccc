"""Modules that load when they are first used: heavy libraries that most requests never need.

if TYPE_CHECKING:
    import openpyxl
else:
    openpyxl = lazy_module("openpyxl")
"""

from importlib import import_module
from typing import Any


class LazyModule:
    """Stands for a module and imports it at the first attribute asked for."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, attribute: str) -> Any:
        # Python's import lock makes this safe when two threads come first together.
        return getattr(import_module(self.__name__), attribute)

    def __repr__(self) -> str:
        return f"<lazy module {self.__name__}>"


def lazy_module(name: str) -> LazyModule:
    """The module `name`, imported when it is first used."""
    return LazyModule(name)
