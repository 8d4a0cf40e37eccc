"""The provider: Authlib reads and answers the protocol; rows and rules are ours.

The "user" of Authlib is an `Authorisation`: who, where, in which identity, how surely. Every call
to the token endpoint runs in one transaction, which also commits what a replay ended.
Source: OpenID Connect Core 1.0, RFC 6749, 7009, 7523, 7636, 7662, 8628, 9207, 9700.
"""

from datetime import datetime, timedelta
from typing import Any

from authlib.common.urls import add_params_to_uri
from authlib.integrations.django_oauth2 import AuthorizationServer
from authlib.integrations.django_oauth2.requests import DjangoOAuth2Payload
from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
)
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import DEVICE_CODE_GRANT_TYPE, DeviceCodeGrant
from authlib.oidc.core import OpenIDCode
from authlib.oidc.rpinitiated import EndSessionEndpoint
from django.conf import settings
from django.http import HttpRequest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from lingnan.kernel import clock

from ...models import Authorisation, AuthorizationCode, Client, RefreshToken
from ..queries.released import released, subject_for
from ..types import INTROSPECT, acr
from . import devices, keys, tokens
from .registered import RegisteredClient, for_itself, for_people

ID_TOKEN_TERM = timedelta(minutes=10)
AUTH_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
CONFIDENTIAL = AUTH_METHODS[:-1]
ASSERTION_ALGORITHMS = ["RS256", "PS256", "ES256"]
ASSERTION_TERM = timedelta(hours=1, minutes=1)  # an hour is what libraries give, and their clocks


def issuer() -> str:
    """Our name: the address people reach us by, without a closing slash."""
    return str(settings.LINGNAN.public_url).rstrip("/")


def address(path: str) -> str:
    return f"{issuer()}{path}"


class ProviderRequest(OAuth2Request):  # type: ignore[misc]
    """Django's request under our public address: what a proxy calls us plays no part."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(
            method=request.method,
            uri=address(request.get_full_path()),
            headers=request.headers,
        )
        self.payload = DjangoOAuth2Payload(request)
        self._request = request

    @property
    def args(self) -> Any:
        return self._request.GET

    @property
    def form(self) -> Any:
        return self._request.POST


class Provider(AuthorizationServer):  # type: ignore[misc]
    """One per process; holds no state of its own."""

    def __init__(self) -> None:
        super().__init__(Client, None)
        self.register_token_generator("default", _generate)
        self.register_client_auth_method("private_key_jwt", _ClientAssertion())

    def load_config(self, config: dict[str, Any]) -> None:
        """Nothing to load: the tokens are made below."""
        self.config: dict[str, Any] = {}

    def query_client(self, client_id: str) -> RegisteredClient | None:
        if not client_id or len(client_id) > 64 or not client_id.isalnum():
            return None
        row = Client.objects.filter(client_id=client_id, state=Client.State.APPROVED).first()
        return RegisteredClient(row) if row else None

    def create_oauth2_request(self, request: HttpRequest | OAuth2Request) -> OAuth2Request:
        return request if isinstance(request, OAuth2Request) else ProviderRequest(request)

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Replace the draft of `_generate` by tokens that are in the tables."""
        now = clock.now()
        scopes = (token.get("scope") or "").split()
        if isinstance(request.user, Authorisation):
            access, refresh = tokens.issue_tokens(
                authorisation=request.user,
                scopes=scopes,
                refresh=token.pop("wants_refresh", False),
                at=now,
            )
            if refresh:
                token["refresh_token"] = refresh
        else:
            token.pop("wants_refresh", None)
            access = tokens.issue_client_token(client=request.client.row, scopes=scopes, at=now)
        token["access_token"] = access

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens to Django signals here."""


def _generate(
    grant_type: str,
    client: RegisteredClient,
    user: Authorisation | None = None,
    scope: str | None = None,
    expires_in: int | None = None,
    include_refresh_token: bool = True,
) -> dict[str, Any]:
    """The answer without its secrets, which `save_token` makes together with their rows."""
    allowed = client.get_allowed_scope(scope) or ""
    allowed = for_people(allowed) if user is not None else for_itself(allowed)
    if not allowed:
        raise InvalidScopeError
    return {
        "token_type": "Bearer",
        "access_token": "",
        "expires_in": int(tokens.ACCESS_TERM.total_seconds()),
        "scope": allowed,
        "wants_refresh": include_refresh_token,
    }


class _CodeRow:
    """A code as Authlib asks about it."""

    def __init__(self, row: AuthorizationCode) -> None:
        self.row = row
        self.code_challenge = row.code_challenge
        self.code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.row.authorisation.scopes)


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def create_authorization_response(
        self, redirect_uri: str, grant_user: Authorisation
    ) -> tuple[int, str, list[tuple[str, str]]]:
        """The code, the state, and who we are (RFC 9207), back to the client."""
        data = self.request.payload.data
        code = tokens.issue_code(
            authorisation=grant_user,
            redirect_uri=redirect_uri,
            nonce=data.get("nonce", ""),
            challenge=data.get("code_challenge", ""),
            at=clock.now(),
        )
        params = [("code", code)]
        if self.request.payload.state:
            params.append(("state", self.request.payload.state))
        params.append(("iss", issuer()))
        return 302, "", [("Location", add_params_to_uri(redirect_uri, params))]

    def query_authorization_code(self, code: str, client: RegisteredClient) -> _CodeRow | None:
        row = tokens.use_code(code=code, client=client.row, at=clock.now())
        return _CodeRow(row) if row else None

    def authenticate_user(self, authorization_code: _CodeRow) -> Authorisation:
        return authorization_code.row.authorisation

    def delete_authorization_code(self, authorization_code: _CodeRow) -> None:
        """It stays a day, used: a second use has to be noticed."""


class Pkce(CodeChallenge):  # type: ignore[misc]
    """S256 alone; public clients cannot do without (RFC 9700 2.1.1)."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if not data.get("code_challenge") and grant.request.client.row.is_public:
            raise InvalidRequestError("Missing 'code_challenge'")
        if data.get("code_challenge") and data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Unsupported 'code_challenge_method'")
        super().validate_code_challenge(grant, redirect_uri)


class IdToken(OpenIDCode):  # type: ignore[misc]
    """ID tokens, at sign-in and at every refresh."""

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        """Whether a nonce returns is the client's to judge; asking twice must stay possible."""
        if len(nonce) > 255 or "\x00" in nonce:
            raise InvalidRequestError("Invalid 'nonce' in request.")
        return False

    def resolve_client_private_key(self, client: RegisteredClient) -> Any:
        return keys.signing_key(client.row.id_token_algorithm, at=clock.now())

    def get_client_algorithm(self, client: RegisteredClient) -> str:
        return client.row.id_token_algorithm

    def get_encode_header(self, client: RegisteredClient) -> dict[str, str]:
        key = self.resolve_client_private_key(client)
        return {"alg": client.row.id_token_algorithm, "kid": key.kid, "typ": "JWT"}

    def get_authorization_code_claims(self, authorization_code: _CodeRow) -> dict[str, Any]:
        nonce = authorization_code.row.nonce
        return {"nonce": nonce} if nonce else {}

    def get_compatible_claims(self, request: OAuth2Request) -> dict[str, Any]:
        return id_token_claims(request.user, at=clock.now())

    def generate_user_info(self, user: Authorisation, scope: str) -> dict[str, Any]:
        return {"sub": subject_for(user.client, user.account_id), **released(user, "id_token")}


def id_token_claims(row: Authorisation, *, at: datetime) -> dict[str, Any]:
    """What every ID token says of the sign-in."""
    return {
        "iss": issuer(),
        "aud": row.client.client_id,
        "azp": row.client.client_id,
        "iat": int(at.timestamp()),
        "exp": int((at + ID_TOKEN_TERM).timestamp()),
        "auth_time": int(row.authenticated_at.timestamp()),
        "acr": acr(row.level),
        **({"amr": row.amr} if row.amr else {}),
        "sid": row.sid,
    }


class _RefreshRow:
    """A refresh token as Authlib asks about it."""

    def __init__(self, row: RefreshToken) -> None:
        self.row = row

    def get_scope(self) -> str:
        return " ".join(self.row.scopes)

    def check_client(self, client: RegisteredClient) -> bool:
        return self.row.client_id == client.row.pk


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    """Rotation: each is good once; a second use is taken for theft."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> _RefreshRow | None:
        client = self.request.client.row
        row = tokens.use_refresh(token=refresh_token, client=client, at=clock.now())
        return _RefreshRow(row) if row else None

    def authenticate_user(self, refresh_token: _RefreshRow) -> Authorisation:
        return refresh_token.row.authorisation

    def revoke_old_credential(self, refresh_token: _RefreshRow) -> None:
        RefreshToken.objects.filter(pk=refresh_token.row.pk).update(used_at=clock.now())


class OwnNameGrant(ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = CONFIDENTIAL


class DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]
    """The device asks again and again until someone has answered for it."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def query_device_credential(self, device_code: str) -> "devices.DeviceRow | None":
        return devices.find_for_device(device_code, at=clock.now())

    def validate_device_credential(self, credential: "devices.DeviceRow") -> Authorisation:
        return devices.collect(credential, at=clock.now())


class _ClientAssertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """private_key_jwt: signed by one of the registered keys, for us, once, and soon over."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def get_audiences(self) -> list[str]:
        return [issuer(), address("/oauth/token")]

    def resolve_client_public_key(self, client: RegisteredClient) -> KeySet:
        if client.row.auth_method != Client.AuthMethod.PRIVATE_KEY:
            raise InvalidClientError(description="The client has no registered keys.")
        return KeySet.import_key_set(client.row.jwks)

    def process_assertion_claims(self, assertion: str, resolve_key: Any) -> Any:
        try:
            token = jwt.decode(assertion, resolve_key, algorithms=ASSERTION_ALGORITHMS)
        except (JoseError, ValueError) as wrong:
            raise InvalidClientError(description="Invalid JWT assertion.") from wrong
        self.verify_claims(token.claims)
        return token.claims

    def validate_jti(self, claims: dict[str, Any], jti: object) -> bool:
        now = clock.now()
        until = datetime.fromtimestamp(int(claims["exp"]), tz=now.tzinfo)
        if until > now + ASSERTION_TERM or not isinstance(jti, str):
            return False
        parts = ("client", str(claims["sub"]), jti)
        return tokens.is_first_use(parts=parts, until=until + timedelta(seconds=self.leeway))


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = AUTH_METHODS

    def query_token(self, token_string: str, token_type_hint: str) -> "_Shown | None":
        found = tokens.find_token(token_string, at=clock.now())
        return _Shown(found) if found else None

    def revoke_token(self, token: "_Shown", request: OAuth2Request) -> None:
        tokens.revoke(token.found, at=clock.now())


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """For the client a token was made for, and for resources registered to ask."""

    CLIENT_AUTH_METHODS = CONFIDENTIAL

    def query_token(self, token_string: str, token_type_hint: str) -> "_Shown | None":
        found = tokens.find_token(token_string, at=clock.now())
        return _Shown(found) if found else None

    def check_permission(
        self, token: "_Shown", client: RegisteredClient, request: OAuth2Request
    ) -> bool:
        return token.check_client(client) or INTROSPECT in client.row.scopes

    def introspect_token(self, token: "_Shown") -> dict[str, Any]:
        found = token.found
        body: dict[str, Any] = {
            "active": True,
            "client_id": found.client.client_id,
            "scope": " ".join(found.scopes),
            "iss": issuer(),
            "iat": int(found.issued_at.timestamp()),
            "exp": int(found.expires_at.timestamp()),
        }
        if not found.is_refresh:
            body["token_type"] = "Bearer"  # noqa: S105
        row = found.authorisation
        body["sub"] = subject_for(row.client, row.account_id) if row else found.client.client_id
        if row is not None:
            body |= {"acr": acr(row.level), "auth_time": int(row.authenticated_at.timestamp())}
        return body


class _Shown:
    """A token at the introspection or revocation endpoint."""

    def __init__(self, found: tokens.FoundToken) -> None:
        self.found = found

    def check_client(self, client: RegisteredClient) -> bool:
        return self.found.client.pk == client.row.pk

    def is_expired(self) -> bool:
        return not self.found.is_live

    def is_revoked(self) -> bool:
        return not self.found.is_live


class EndSession(EndSessionEndpoint):  # type: ignore[misc]
    """Reads a sign-out request; the view asks the person and ends the session."""

    def get_server_jwks(self) -> KeySet:
        return keys.key_set(at=clock.now())

    def get_algorithms(self) -> list[str]:
        return list(keys.ALGORITHMS)

    def end_session(self, end_session_request: Any) -> None:
        """The view does it."""


def build() -> Provider:
    made = Provider()
    id_token = IdToken()
    made.register_grant(CodeGrant, [id_token, Pkce(required=True)])
    made.register_grant(RefreshGrant, [id_token])
    made.register_grant(OwnNameGrant)
    made.register_grant(DeviceGrant, [id_token])
    made.register_endpoint(Revocation)
    made.register_endpoint(Introspection)
    made.register_endpoint(EndSession)
    return made


provider = build()
GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials", DEVICE_CODE_GRANT_TYPE)
