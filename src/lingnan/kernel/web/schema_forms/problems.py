"""What jsonschema found wrong, in plain words for the person at the field."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from ...errors import FieldProblem
from ...money import format_fen
from ...text import localise
from .nodes import Node


def plain_problem(path: str, node: Node | None, kind: Any) -> FieldProblem:
    """One problem from `jsonschema_rs`'s error kind. `node` is None for what the form has not."""
    name = str(kind.name)
    if name == "type" and node is not None and node.options:
        name = "enum"  # a text that is none of the numbers offered
    own = node.errors.get(name) if node is not None else None
    message = localise(own) if own else _message(node, name, kind.as_dict())
    return FieldProblem(path, f"form.{_snake(name)}", message)


def missing(path: str, node: Node) -> FieldProblem:
    own = node.errors.get("required")
    return FieldProblem(path, "form.required", localise(own) if own else _missing_text(node))


def own_problem(path: str, node: Node, code: str, message: str) -> FieldProblem:
    """A widget's problem; the form's author may give his own words under the code's last part."""
    own = node.errors.get(code)
    return FieldProblem(path, f"form.{code}", localise(own) if own else message)


def label_of(node: Node) -> str:
    return localise(node.title)


def _missing_text(node: Node) -> str:
    label = label_of(node)
    if node.widget == "checkbox" and node.data_type == "boolean":
        return _("Confirm: %(label)s") % {"label": label}
    if node.kind == "list":
        return _("Add at least one: %(label)s") % {"label": label}
    if node.options or node.widget == "region":
        return _("Choose: %(label)s") % {"label": label}
    return _("Enter: %(label)s") % {"label": label}


def _message(node: Node | None, name: str, facts: Mapping[str, Any]) -> str:
    if node is None:
        unexpected = facts.get("unexpected")
        if isinstance(unexpected, list | tuple):
            names = ", ".join(str(item)[:60] for item in unexpected[:5])
            return _("The form does not have this: %(names)s") % {"names": names}
        return _("The answers do not fit together.")
    label = label_of(node)
    if name == "required" or (name == "const" and node.data_type == "boolean"):
        return _missing_text(node)
    if name in {"enum", "oneOfNotValid", "constant", "const"} and node.options:
        return _("%(label)s: choose one of the answers offered") % {"label": label}
    limit = facts.get("limit")
    values = {"label": label, "limit": _limit_text(node, limit)}
    texts = {
        "minLength": _("%(label)s: at least %(limit)s characters"),
        "maxLength": _("%(label)s: at most %(limit)s characters"),
        "minimum": _("%(label)s: not less than %(limit)s"),
        "exclusiveMinimum": _("%(label)s: more than %(limit)s"),
        "maximum": _("%(label)s: not more than %(limit)s"),
        "exclusiveMaximum": _("%(label)s: less than %(limit)s"),
        "minItems": _("%(label)s: at least %(limit)s"),
        "maxItems": _("%(label)s: at most %(limit)s"),
        "uniqueItems": _("%(label)s: the same thing stands there twice"),
        "pattern": _("%(label)s is not written as it should be"),
        "format": _format_text(facts),
        "type": _type_text(node),
        "multipleOf": _("%(label)s is not written as it should be"),
    }
    return texts.get(name, _("%(label)s is not as the rules want it")) % values


def _limit_text(node: Node, limit: Any) -> str:
    if node.widget == "money" and isinstance(limit, int | float):
        return format_fen(int(limit))
    if isinstance(limit, float) and limit.is_integer():
        return str(int(limit))
    return str(limit)


def _format_text(facts: Mapping[str, Any]) -> str:
    name = facts.get("format")
    if name == "date":
        return _("%(label)s is not a date of the calendar")
    if name == "email":
        return _("%(label)s is not an e-mail address, such as name@example.com")
    return _("%(label)s is not written as it should be")


def _type_text(node: Node) -> str:
    if node.widget == "money":
        return _("%(label)s is an amount in yuan, such as 1,234.50")
    if node.data_type == "integer":
        return _("%(label)s is a whole number")
    if node.data_type == "number":
        return _("%(label)s is a number")
    if node.widget == "date":
        return _("%(label)s is not a date of the calendar")
    return _("%(label)s is not written as it should be")


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)
