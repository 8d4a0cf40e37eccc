"""Shapes of connected systems and of the results sent to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema

from .models import ResultEndpoint
from .types import SecretKey


class EndpointIn(Schema):
    agency_id: UUID
    url: str = Field(max_length=400, description="A public https address")


class ResultKeyOut(Schema):
    """A key by its id; the secret is shown only when it is made."""

    key_id: str
    made_at: datetime
    ends_at: datetime | None = Field(description="Until then it signs beside its successor")


class EndpointOut(Schema):
    """An address results of an agency's bills are sent to."""

    id: UUID
    agency_id: UUID
    agency_name: str
    url: str
    registered_at: datetime
    registered_by: str
    ended_at: datetime | None


class EndpointDetailOut(EndpointOut):
    keys: list[ResultKeyOut]

    @staticmethod
    def resolve_keys(row: Any) -> list[Any]:
        return list(row.keys.order_by("-made_at", "-id"))


class EndpointSecretOut(Schema):
    """A connected system and its newest key. The secret is shown once and kept nowhere."""

    id: UUID
    agency_id: UUID
    url: str
    key_id: str
    secret: str

    @classmethod
    def of(cls, made: tuple[ResultEndpoint, SecretKey]) -> "EndpointSecretOut":
        endpoint, key = made
        return cls(
            id=endpoint.pk,
            agency_id=endpoint.agency_id,
            url=endpoint.url,
            key_id=key.key_id,
            secret=key.secret,
        )


class DeliveryOut(Schema):
    """One result for one connected system."""

    id: UUID = Field(description="delivery_id of the body; the same for every repeat")
    endpoint_id: UUID
    event_id: UUID
    event: str
    bill_id: UUID
    bill_code: str = Field(alias="bill.code")
    state: str = Field(description="waiting, delivered or dead")
    repeats: int
    retry_at: datetime | None
    queued_at: datetime
    ended_at: datetime | None


class TryOut(Schema):
    tried_at: datetime
    address: str = Field(description="The resolved address it was sent to")
    status: int | None = Field(description="HTTP status of the answer")
    problem: str = Field(description="Why there was no answer")
    milliseconds: int


class DeliveryDetailOut(DeliveryOut):
    body: str
    tries: list[TryOut]

    @staticmethod
    def resolve_tries(row: Any) -> list[Any]:
        return list(row.tries.order_by("tried_at", "id"))
