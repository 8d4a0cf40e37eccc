"""Shapes of messages in the API."""

from datetime import datetime
from uuid import UUID

from ninja import Field, Schema

from lingnan.kernel.text import localise

from .models import Message


class MessageOut(Schema):
    """One message of the inbox."""

    id: UUID
    template: str = Field(description="Stable code of what kind of message it is")
    title: str
    body: str
    link: str = Field(description="Path of the page it is about; empty when there is none")
    subject_kind: str
    subject_id: UUID
    sent_at: datetime
    read_at: datetime | None

    @staticmethod
    def resolve_title(row: Message) -> str:
        return localise(row.title)

    @staticmethod
    def resolve_body(row: Message) -> str:
        return localise(row.body)


class UnreadOut(Schema):
    unread: int
