"""Where money came from, where it went, how much, and what is late. Source: Plan 五（三）2（3）."""

from datetime import timedelta
from typing import Any

import pytest

from lingnan.platforms.identity.testing import client_for, make_officer_actor

from .. import flow_queries
from .conftest import FakeBank
from .test_reconcile import Books, close, noon

pytestmark = pytest.mark.django_db


def test_the_flow_of_money_is_whole_and_paged(bank: FakeBank, monkeypatch: Any) -> None:
    """Where from, where to, how much, late: every page together is everything, to the fen."""
    books = Books(3)
    books.state(books.lines)
    books.compare()
    close(books)
    for days in (9, 8, 7):
        books.pay(noon(books.on) - timedelta(days=days), f"LATE{days}")
    begins, until = books.on - timedelta(days=30), books.on + timedelta(days=1)
    chief = books.chief
    span: Any = {"since": begins, "until": until}
    (row,) = flow_queries.channel_flows(chief, **span)
    assert (row.channel, row.came_fen, row.handed_in_fen, row.held_fen) == (
        "bank",
        6000,
        3000,
        3000,
    )
    whole = flow_queries.flows(chief, **span)
    pieces: list[flow_queries.Flow] = []
    cursor: str | None = None
    while True:
        page = flow_queries.flows(chief, cursor=cursor, limit=1, **span)
        pieces += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert (pieces, len(pieces)) == (whole.items, 3)
    assert sum(flow.after_fen for flow in pieces) == 0
    (treasury,) = flow_queries.flows(chief, kind="treasury", **span).items
    assert treasury.after_fen == 3000
    other = make_officer_actor("treasurer", region_code="440300000000")
    assert not flow_queries.flows(other, **span).items
    assert not flow_queries.channel_flows(other, **span)
    monkeypatch.setattr(flow_queries, "LATE_SHOWN", 2)
    first = flow_queries.late_handing_in(chief, before=books.on)
    assert (len(first.items), first.total_fen) == (2, 3000)
    assert first.next_from == books.on - timedelta(days=7)
    rest = flow_queries.late_handing_in(chief, before=books.on, begins=first.next_from)
    assert ([late.amount_fen for late in rest.items], rest.next_from) == ([1000], None)
    desk = client_for(chief)
    page_text = desk.get("/desk/flows/?kind=treasury").content.decode()
    assert ("¥30.00" in page_text, "其后日期" in page_text) == (True, True)
    told = client_for(chief, bearer=True).get("/api/v1/payment/flows/late").json()
    assert (told["total_fen"], len(told["items"])) == (3000, 2)
