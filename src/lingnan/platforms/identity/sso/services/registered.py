"""A registered client as Authlib asks about it."""

import hmac
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin

from lingnan.kernel import clock

from ...models import Client
from ...sealing import digest
from ..types import CLIENT_SCOPES
from .addresses import matches


class RegisteredClient(ClientMixin):  # type: ignore[misc]
    """One approved row; `client_metadata` in the names of the standards."""

    def __init__(self, row: Client) -> None:
        self.row = row
        self.client_id = row.client_id
        self.id_token_signed_response_alg = row.id_token_algorithm

    @property
    def client_metadata(self) -> dict[str, Any]:
        return {"post_logout_redirect_uris": self.row.post_logout_redirect_uris}

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """None: an address has to be named, so that it is compared."""
        return None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What of the request the client may have; None (refused) where nothing is left."""
        asked = (scope or "").split()
        allowed = [code for code in asked if code in self.row.scopes]
        return " ".join(dict.fromkeys(allowed)) or None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return matches(self.row, redirect_uri)

    def check_client_secret(self, client_secret: str) -> bool:
        shown = digest(client_secret)
        if self.row.secret_digest and hmac.compare_digest(shown, self.row.secret_digest):
            return True
        until = self.row.former_secret_until
        return (
            until is not None
            and until > clock.now()
            and hmac.compare_digest(shown, self.row.former_secret_digest)
        )

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Basic and post are one secret in two places: whoever has one may use the other."""
        own = self.row.auth_method
        secrets = {Client.AuthMethod.BASIC, Client.AuthMethod.POST}
        return method == own or (method in secrets and own in secrets)

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and "authorization_code" in self.row.grant_types

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.row.grant_types


def for_people(scope: str) -> str:
    """Without the scopes that are a client's own."""
    return " ".join(code for code in scope.split() if code not in CLIENT_SCOPES)


def for_itself(scope: str) -> str:
    return " ".join(code for code in scope.split() if code in CLIENT_SCOPES)
