"""Shapes of open credentials over the API."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from .credentials.types import AskedPresentation, MadeOffer, Wanted
from .credentials.words import ShownLine
from .models import Credential, PresentationRequest


class OfferOut(Schema):
    """An offer for one wallet, shown once. The number is typed into the wallet."""

    id: UUID
    link: str = Field(description="openid-credential-offer://, by reference: short enough for a QR")
    link_by_value: str = Field(description="The same, with the offer inside")
    offer: dict[str, Any] = Field(description="OpenID4VCI 1.0, 4.1.1")
    tx_code: str
    expires_at: datetime

    @classmethod
    def of(cls, made: MadeOffer) -> "OfferOut":
        """From an offer just made."""
        return cls(
            id=made.offer_id,
            link=made.link,
            link_by_value=made.link_by_value,
            offer=dict(made.offer),
            tx_code=made.number,
            expires_at=made.expires_at,
        )


class CredentialOut(Schema):
    """A licence in a wallet."""

    id: UUID
    wallet: str = Field(description="The registered program; empty where it came by an offer")
    key_thumbprint: str = Field(description="RFC 7638")
    issued_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_because: str

    @classmethod
    def of(cls, row: Credential) -> "CredentialOut":
        """From a row."""
        return cls.model_validate(row, from_attributes=True)


class WantedIn(Schema):
    """One licence to see."""

    type_code: str = Field(max_length=21)
    paths: list[str] = Field(
        max_length=60, description="holder.name, licence.number, fields.<name> and so on"
    )
    required: bool = True

    def wanted(self) -> Wanted:
        """As the service takes it."""
        return Wanted(type_code=self.type_code, paths=tuple(self.paths), required=self.required)


class PresentationIn(Schema):
    """What to ask a wallet for: types and fields, or a matter whose materials say it."""

    purpose: str = Field(max_length=300)
    item_code: str = Field("", max_length=33)
    wanted: list[WantedIn] = Field(default_factory=list, max_length=5)
    mode: Literal["direct_post", "direct_post.jwt"] = "direct_post.jwt"


class AskedOut(Schema):
    """A request just made; `link` is for the square code and kept nowhere."""

    id: UUID
    link: str
    expires_at: datetime

    @classmethod
    def of(cls, made: AskedPresentation) -> "AskedOut":
        """From a request just made."""
        return cls(id=made.request_id, link=made.link, expires_at=made.expires_at)


class ShownFieldOut(Schema):
    path: str
    title: str
    value: str


class LookOut(Schema):
    held: bool
    text: str
    detail: str


class ShownOut(Schema):
    """One licence that was shown and what is proven of it."""

    type_name: str
    issuer: str
    proven: bool
    fields: list[ShownFieldOut]
    looks: list[LookOut]


class PresentationOut(Schema):
    """A request and what became of it; what was shown is forgotten after a day."""

    id: UUID
    state: str = Field(description="waiting, shown, declined or failed")
    purpose: str
    item_code: str
    problem: str = Field(description="Why the last answer proved nothing")
    asked_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    shown: list[ShownOut]

    @classmethod
    def of(cls, row: PresentationRequest, shown: list[ShownLine]) -> "PresentationOut":
        """From a row and what it showed."""
        return cls(
            id=row.pk,
            state=row.state,
            purpose=row.purpose,
            item_code=row.item_code,
            problem=row.last_problem,
            asked_at=row.asked_at,
            expires_at=row.expires_at,
            answered_at=row.answered_at,
            shown=[
                ShownOut(
                    type_name=line.type_name,
                    issuer=line.issuer,
                    proven=line.proven,
                    fields=[
                        ShownFieldOut(path=path, title=title, value=value)
                        for path, title, value in line.fields
                    ],
                    looks=[
                        LookOut(held=look.held, text=look.text, detail=look.detail)
                        for look in line.looks
                    ],
                )
                for line in shown
            ],
        )
