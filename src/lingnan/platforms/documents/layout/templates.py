"""The registry of templates: a name, and the function that lays facts out on pages."""

from collections.abc import Callable
from typing import Any

from .model import Paper

Template = Callable[[dict[str, Any]], Paper]

_templates: dict[str, Template] = {}


def template(name: str) -> Callable[[Template], Template]:
    """Register a template function under a name."""

    def register(function: Template) -> Template:
        if name in _templates:
            raise ValueError(f"template {name} exists already")
        _templates[name] = function
        return function

    return register


def paper_of(name: str, facts: dict[str, Any]) -> Paper:
    """The paper a template makes of facts. Raises: KeyError for an unknown template."""
    return _templates[name](facts)
