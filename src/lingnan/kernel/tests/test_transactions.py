"""A unit of work writes what waits for its end once, in order, or not at all."""

from uuid import uuid4

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from lingnan.kernel import clock
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.transactions import goes_back_whole, insert_later, unit_of_work

pytestmark = pytest.mark.django_db


def _event(name: str) -> OutboxEvent:
    return OutboxEvent(id=uuid4(), name=name, payload={}, occurred_at=clock.now())


def _names() -> list[str]:
    return list(OutboxEvent.objects.order_by("seq").values_list("name", flat=True))


def test_like_rows_are_one_statement_in_the_order_they_came(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with goes_back_whole(), django_assert_num_queries(1), unit_of_work():
        insert_later(_event("first"))
        with unit_of_work():
            insert_later(_event("second"))
        insert_later(_event("third"))

    assert _names() == ["first", "second", "third"]


def test_outside_a_unit_a_row_is_written_at_once() -> None:
    insert_later(_event("now"))

    assert _names() == ["now"]


def test_what_a_savepoint_takes_back_is_not_written_at_the_end() -> None:
    with unit_of_work():
        insert_later(_event("stays"))
        with pytest.raises(ValueError, match="no"), transaction.atomic():
            insert_later(_event("goes"))
            raise ValueError("no")

    assert _names() == ["stays"]


def test_a_failed_unit_writes_nothing_and_the_next_begins_anew() -> None:
    with pytest.raises(ValueError, match="no"), unit_of_work():
        insert_later(_event("goes"))
        raise ValueError("no")
    with unit_of_work():
        insert_later(_event("next"))

    assert _names() == ["next"]
