"""Pages of rows by key, never by offset: page 500 costs what page 1 costs."""

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import F, Field, Model, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan
from django.utils.translation import gettext_lazy as _

from .errors import Malformed

M = TypeVar("M", bound=Model)
T = TypeVar("T")

LIMIT_MAX = 200


class BadCursor(Malformed):
    code = "pagination.bad_cursor"
    message = _("The cursor was not made by this list.")
    remedy = _("Start again without a cursor.")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the next page (None at the end)."""

    items: list[T]
    next_cursor: str | None


def keyset_page(
    queryset: QuerySet[M],
    *,
    order: Sequence[str] = ("-id",),
    cursor: str | None = None,
    limit: int = 20,
) -> Page[M]:
    """One page in `order`, which runs in one direction, ends in a unique field and has no nulls.

    One query. Raises: BadCursor (422).
    """
    limit = max(1, min(limit, LIMIT_MAX))
    descending = order[0].startswith("-")
    names = [name.removeprefix("-") for name in order]
    if any(name.startswith("-") != descending for name in order):
        raise ValueError("a keyset runs in one direction")
    queryset = queryset.order_by(*order)
    if cursor:
        values = _decode(cursor, [_field(queryset.model, name) for name in names])
        beyond = TupleLessThan if descending else TupleGreaterThan
        queryset = queryset.filter(beyond(tuple(F(name) for name in names), values))
    rows = list(queryset[: limit + 1])
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, _encode([_value(rows[-1], name) for name in names]) if more else None)


def merged_page(
    pages: Iterable[Page[T]], *, key: Callable[[T], tuple[Any, ...]], limit: int
) -> Page[T]:
    """One page out of pages that were asked for with one cursor and limit, newest first.

    `key` gives of a row the values its list is ordered by, so that each list takes the cursor.
    """
    limit = max(1, min(limit, LIMIT_MAX))
    found = list(pages)
    rows = sorted((row for page in found for row in page.items), key=key, reverse=True)
    more = len(rows) > limit or any(page.next_cursor for page in found)
    rows = rows[:limit]
    return Page(rows, _encode(list(key(rows[-1]))) if more and rows else None)


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    field: Any = None
    for part in name.split("__"):
        field = model._meta.get_field(part)
        model = getattr(field, "related_model", None) or model
    return field  # type: ignore[no-any-return]


def _value(row: object, name: str) -> object:
    for part in name.split("__"):
        row = getattr(row, part)
    return row


def _encode(values: list[object]) -> str:
    raw = json.dumps([str(value) for value in values], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _decode(cursor: str, fields: "list[Field[Any, Any]]") -> tuple[Any, ...]:
    try:
        raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(raw, list) or len(raw) != len(fields):
            raise BadCursor
        if not all(isinstance(text, str) and "\x00" not in text for text in raw):
            raise BadCursor
        values = tuple(field.to_python(text) for field, text in zip(fields, raw, strict=True))
        for field, value in zip(fields, values, strict=True):
            field.run_validators(value)
        return values
    except (ValueError, ValidationError, OverflowError, RecursionError) as error:
        raise BadCursor from error
