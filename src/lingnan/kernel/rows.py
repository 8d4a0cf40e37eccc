"""Writing new rows of the busiest tables: the statement of a model is built once, not for each row.

What `bulk_create` writes, for models whose keys we make ourselves; no signals, nothing comes back.
On the way of an application that is a sixth of all calls in Python (docs/decisions/0017).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import AutoField, Field, Model


@dataclass(frozen=True, slots=True)
class _Shape:
    """How rows of a model are written: `head` and, for each row, `marks`."""

    fields: tuple["Field[Any, Any]", ...]
    head: str
    marks: str


def insert(rows: Sequence[Model]) -> None:
    """Insert new rows of one model in one statement, in their order.

    A value the database makes (an AutoField) is not read back. Raises: IntegrityError.
    """
    if not rows:
        return
    shape = _shape(type(rows[0]))
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in rows
        for field in shape.fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(shape.head + ", ".join([shape.marks] * len(rows)), values)
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias


@lru_cache
def _shape(model: type[Model]) -> _Shape:
    fields = tuple(
        field
        for field in model._meta.local_concrete_fields
        if not isinstance(field, AutoField) and not field.generated
    )
    names = ", ".join(f'"{field.column}"' for field in fields)
    return _Shape(
        fields=fields,
        head=f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ',  # noqa: S608  (names of a model's own)
        marks=f"({', '.join(map(_mark, fields))})",
    )


def _mark(field: "Field[Any, Any]") -> str:
    return f"%s::{field.db_type(connection)}" if isinstance(field, ArrayField) else "%s"
