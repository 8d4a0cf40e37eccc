"""The shapes of single sign-on's API."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

Uri = Field(..., max_length=500)


class ClientIn(Schema):
    name: str = Field(..., max_length=100)
    kind: Literal["web", "native", "device", "service"]
    auth_method: Literal["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]
    scopes: list[str] = Field(
        ..., max_length=50, description="openid and its scopes, modules of this API, scim"
    )
    purposes: dict[str, str] = Field(
        {}, description="Per scope, the sentence people read when they consent"
    )
    redirect_uris: list[str] = Field([], max_length=20)
    post_logout_redirect_uris: list[str] = Field([], max_length=20)
    backchannel_logout_uri: str = Field("", max_length=500)
    grant_types: list[str] = Field(["authorization_code"], max_length=10)
    jwks: dict[str, Any] = Field({}, description="Public keys, with private_key_jwt")
    subject_type: Literal["pairwise", "public"] = "pairwise"
    id_token_algorithm: Literal["RS256", "ES256"] = "RS256"  # noqa: S105
    userinfo_algorithm: Literal["", "RS256", "ES256"] = ""
    default_level: int = Field(1, ge=1, le=4)
    website: str = Field("", max_length=500)
    policy_url: str = Field("", max_length=500)
    contact: str = Field(..., max_length=200)


class ClientOut(Schema):
    id: UUID
    client_id: str
    name: str
    kind: str
    state: Literal["submitted", "approved", "refused", "suspended"]
    reason: str
    auth_method: str
    scopes: list[str]
    purposes: dict[str, str]
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    backchannel_logout_uri: str
    grant_types: list[str]
    subject_type: str
    id_token_algorithm: str
    userinfo_algorithm: str
    default_level: int
    website: str
    policy_url: str
    contact: str
    owner_name: str
    created_at: datetime
    reviewed_at: datetime | None


class ClientMadeOut(Schema):
    id: UUID
    client_id: str
    secret: str = Field(description="Shown once; empty for a client without one")


class SecretOut(Schema):
    secret: str = Field(description="Shown once; the former one works a week longer")


class ReasonIn(Schema):
    reason: str = Field(..., max_length=500)


class ConsentOut(Schema):
    id: UUID
    client_id: str
    client_name: str
    owner_name: str
    scopes: list[str]
    claims: list[str]
    given_at: datetime
    until: datetime


class ConsentsOut(Schema):
    items: list[ConsentOut]
