"""Builders for tests of other modules."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import httpx
import uuid_utils.compat as uuid_utils

from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.standards.agencies.testing import make_agency

from . import services
from .models import Bill
from .types import BillLine

NINE = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Guangzhou
CARD = {"zh-hans": "驾驶证工本费", "en": "Cost of the licence card"}


def make_bill(
    *,
    payer_kind: str = "person",
    payer_id: UUID | None = None,
    payer_name: str = "陈美玲",
    agency_id: UUID | None = None,
    amount_fen: int = 1000,
    due_on: date | None = None,
    actor: Actor = SYSTEM,
    at: datetime = NINE,
) -> Bill:
    """An open bill with one line, due in a month."""
    return services.open_bill(
        payer_kind=payer_kind,
        payer_id=payer_id or uuid_utils.uuid7(),
        payer_name=payer_name,
        collecting_agency_id=agency_id or make_agency().id,
        lines=[BillLine(code="card", name=CARD, quantity=1, unit_price_fen=amount_fen)],
        subject_kind="test.case",
        subject_id=uuid_utils.uuid7(),
        due_on=due_on or (at + timedelta(days=30)).date(),
        actor=actor,
        at=at,
    )


def confirm_at_simulator(pay_url: str, *, behaviour: str = "normal") -> None:
    """Pay at the bank simulator's page, as a person would by its button."""
    answer = httpx.post(pay_url, data={"behaviour": behaviour}, follow_redirects=False, timeout=10)
    assert answer.status_code == 303, answer.text
