"""Keyset pages: every row once, in order, whatever is added meanwhile; bad cursors are refused."""

import base64
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.pagination import BadCursor, keyset_page
from lingnan.kernel.testing import max_queries

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def rows(db: None) -> list[int]:
    events = [
        OutboxEvent(name="x", payload={}, occurred_at=START + timedelta(hours=n // 3))
        for n in range(25)
    ]
    return [event.seq for event in OutboxEvent.objects.bulk_create(events)]


def walk(order: tuple[str, ...], limit: int) -> list[int]:
    found: list[int] = []
    cursor = None
    while True:
        with max_queries(1):
            page = keyset_page(OutboxEvent.objects.all(), order=order, cursor=cursor, limit=limit)
        found += [row.seq for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 7, 25, 26])
def test_walking_shows_every_row_once_in_order(rows: list[int], limit: int) -> None:
    assert walk(("-occurred_at", "-seq"), limit) == rows[::-1]
    assert walk(("occurred_at", "seq"), limit) == rows


def test_a_row_added_at_the_front_shifts_nothing(rows: list[int]) -> None:
    first = keyset_page(OutboxEvent.objects.all(), order=("-occurred_at", "-seq"), limit=10)
    OutboxEvent.objects.create(name="x", payload={}, occurred_at=START + timedelta(days=9))
    second = keyset_page(
        OutboxEvent.objects.all(),
        order=("-occurred_at", "-seq"),
        cursor=first.next_cursor,
        limit=10,
    )
    assert [row.seq for row in second.items] == rows[::-1][10:20]


@pytest.mark.parametrize(
    "cursor", ["x", "!!", "W10", "WyJhIiwiYiJd", "bnVsbA", "\u4e2d", "WyIxIl0"]
)
def test_a_cursor_of_another_list_is_refused(rows: list[int], cursor: str) -> None:
    with pytest.raises(BadCursor):
        keyset_page(OutboxEvent.objects.all(), order=("-occurred_at", "-seq"), cursor=cursor)


@pytest.mark.parametrize("depth", [2_000, 200_000])
def test_a_cursor_nested_without_end_is_refused(depth: int) -> None:
    cursor = base64.urlsafe_b64encode(b"[" * depth).decode()
    with pytest.raises(BadCursor):
        keyset_page(OutboxEvent.objects.none(), order=("-occurred_at", "-seq"), cursor=cursor)


@given(st.text(max_size=60))
def test_any_text_is_a_page_or_a_refusal(cursor: str) -> None:
    with suppress(BadCursor):
        keyset_page(OutboxEvent.objects.none(), order=("-occurred_at", "-seq"), cursor=cursor)


def test_a_mixed_order_is_a_bug() -> None:
    with pytest.raises(ValueError, match="one direction"):
        keyset_page(OutboxEvent.objects.none(), order=("-occurred_at", "seq"))
