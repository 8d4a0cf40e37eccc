"""What is wrong with one field, in the reader's language: the words for Pydantic's error types.

https://docs.pydantic.dev/latest/errors/validation_errors/ names the types and their facts.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

Facts = Mapping[str, Any]


def message_of(kind: str, facts: Facts, otherwise: str) -> str:
    """The words for an error type; `otherwise` (Pydantic's own) where it is of a rare one."""
    if kind in _PLAIN:
        return _PLAIN[kind]()
    if kind in _COUNTED:
        fact, say = _COUNTED[kind]
        if fact in facts:
            return say() % {fact: str(facts[fact]).replace(" or ", ", ")}
    return otherwise


def _text() -> str:
    return _("Write text here.")


def _whole_number() -> str:
    return _("Write a whole number.")


def _number() -> str:
    return _("Write a number.")


def _yes_or_no() -> str:
    return _("Write true or false.")


def _day() -> str:
    return _("Write a date, such as 2026-05-01.")


def _instant() -> str:
    return _("Write a date and time with its offset, such as 2026-05-01T09:00:00+08:00.")


def _list() -> str:
    return _("Send a list here.")


def _object() -> str:
    return _("Send an object with named fields here.")


def _identifier() -> str:
    return _("Write an identifier (UUID).")


_PLAIN: dict[str, Callable[[], str]] = {
    "missing": lambda: _("This field is missing."),
    "extra_forbidden": lambda: _("There is no such field here."),
    "string_type": _text,
    "string_unicode": _text,
    "string_pattern_mismatch": lambda: _("This is not in the form that is asked for."),
    "int_type": _whole_number,
    "int_parsing": _whole_number,
    "int_from_float": _whole_number,
    "float_type": _number,
    "float_parsing": _number,
    "finite_number": _number,
    "decimal_type": _number,
    "decimal_parsing": _number,
    "bool_type": _yes_or_no,
    "bool_parsing": _yes_or_no,
    "date_type": _day,
    "date_parsing": _day,
    "date_from_datetime_parsing": _day,
    "date_from_datetime_inexact": _day,
    "datetime_type": _instant,
    "datetime_parsing": _instant,
    "datetime_from_date_parsing": _instant,
    "datetime_object_invalid": _instant,
    "timezone_aware": _instant,
    "list_type": _list,
    "tuple_type": _list,
    "set_type": _list,
    "dict_type": _object,
    "model_type": _object,
    "model_attributes_type": _object,
    "uuid_type": _identifier,
    "uuid_parsing": _identifier,
    "json_invalid": lambda: _("This cannot be read as JSON."),
}
_COUNTED: dict[str, tuple[str, Callable[[], str]]] = {
    "string_too_short": ("min_length", lambda: _("At least %(min_length)s characters.")),
    "string_too_long": ("max_length", lambda: _("At most %(max_length)s characters.")),
    "too_short": ("min_length", lambda: _("At least %(min_length)s entries.")),
    "too_long": ("max_length", lambda: _("At most %(max_length)s entries.")),
    "greater_than": ("gt", lambda: _("This must be more than %(gt)s.")),
    "greater_than_equal": ("ge", lambda: _("This must be %(ge)s or more.")),
    "less_than": ("lt", lambda: _("This must be less than %(lt)s.")),
    "less_than_equal": ("le", lambda: _("This must be %(le)s or less.")),
    "multiple_of": ("multiple_of", lambda: _("This must be a multiple of %(multiple_of)s.")),
    "decimal_max_places": (
        "decimal_places",
        lambda: _("At most %(decimal_places)s places after the point."),
    ),
    "decimal_max_digits": ("max_digits", lambda: _("At most %(max_digits)s digits.")),
    "enum": ("expected", lambda: _("One of these: %(expected)s.")),
    "literal_error": ("expected", lambda: _("One of these: %(expected)s.")),
    "union_tag_invalid": ("expected_tags", lambda: _("One of these: %(expected_tags)s.")),
}
