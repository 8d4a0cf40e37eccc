"""Builders for tests of other modules."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid_utils

from . import services
from .delivery import secrets_of
from .models import Dispatch, Message
from .types import MessageTemplate, register

NINE = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Guangzhou
TOLD = register(
    MessageTemplate(
        code="test.case_accepted",
        title={"zh-hans": "您的申请已受理", "en": "Your application was accepted"},
        body={
            "zh-hans": "%(item)s（%(number)s）已受理。",
            "en": "%(item)s (%(number)s) was accepted.",
        },
        sms={"zh-hans": "%(item)s已受理", "en": "%(item)s accepted"},
    )
)
FACTS: dict[str, Any] = {
    "item": {"zh-hans": "居住证", "en": "Residence permit"},
    "number": "X1",
}


def make_message(*, person_id: UUID | None = None, at: datetime = NINE, **more: Any) -> Message:
    """A message to a person (a new one unless given)."""
    recipients = {"organisation_id", "officer_id"} & set(more)
    return services.send(
        person_id=person_id or (None if recipients else uuid_utils.uuid7()),
        template=TOLD.code,
        facts=FACTS,
        subject_kind="test.case",
        subject_id=uuid_utils.uuid7(),
        at=at,
        **more,
    )


def last_secrets(person_id: UUID) -> dict[str, str]:
    """What only the text message to a person says, while it has not gone out yet."""
    return secrets_of(Dispatch.objects.filter(message__person_id=person_id).latest("id"))


def text_messages(person_id: UUID) -> list[dict[str, str]]:
    """What only the text messages to a person say, the first one first."""
    rows = Dispatch.objects.filter(message__person_id=person_id, channel="sms").order_by("id")
    return [secrets_of(row) for row in rows]
