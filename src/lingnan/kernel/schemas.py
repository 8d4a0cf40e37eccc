"""Shapes every API shares: the problem (RFC 9457) and the page of a list."""

from functools import lru_cache
from typing import Annotated, Any, TypeVar

from ninja import Field, Schema
from pydantic import BeforeValidator, create_model

T = TypeVar("T")
Chosen = Annotated[T | None, BeforeValidator(lambda value: None if value == "" else value)]
"""One word of a list, or all of it where none is given or it is empty; any other word is 422."""


class FieldProblemOut(Schema):
    path: str = Field(description="Dotted path of the field", examples=["applicant.name"])
    code: str
    message: str


class Problem(Schema):
    """Why a request was refused (RFC 9457, application/problem+json)."""

    type: str = Field(description="Address of the page that explains this code")
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable, dotted", examples=["case.fee_unpaid"])
    facts: dict[str, Any] = {}
    fields: list[FieldProblemOut] = []
    source: str = Field("", description="The rule's source: law, standard, plan section")
    remedy: str = Field("", description="What to do next")


@lru_cache(maxsize=500)
def paged(item: type[Schema]) -> type[Schema]:
    """The shape of one page of `item`s: items and next_cursor."""
    return create_model(
        f"{item.__name__}Page",
        __base__=Schema,
        __module__=item.__module__,  # as a shape of its module, told from another's of its name
        items=(list[item], ...),  # type: ignore[valid-type]
        next_cursor=(str | None, Field(None, description="Send as ?cursor= for the next page")),
    )
