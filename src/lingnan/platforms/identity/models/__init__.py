"""Identity's tables, by noun."""

from .accounts import (
    Account,
    ApiToken,
    Mandate,
    Officer,
    Organisation,
    Person,
    RecoveryCode,
    Role,
    RoleGrant,
    Session,
    SignInCounter,
)
from .scim import ProvisionedGroup, ProvisionedMember, ProvisionedUser
from .sso import (
    Authorisation,
    AuthorizationCode,
    Client,
    ClientToken,
    Consent,
    DeviceRequest,
    OAuthToken,
    RefreshToken,
    SeenAssertion,
    SigningKey,
)
from .upstream import UpstreamAttempt, UpstreamLink, UpstreamProvider

__all__ = (
    "Account",
    "ApiToken",
    "Authorisation",
    "AuthorizationCode",
    "Client",
    "ClientToken",
    "Consent",
    "DeviceRequest",
    "Mandate",
    "OAuthToken",
    "Officer",
    "Organisation",
    "Person",
    "ProvisionedGroup",
    "ProvisionedMember",
    "ProvisionedUser",
    "RecoveryCode",
    "RefreshToken",
    "Role",
    "RoleGrant",
    "SeenAssertion",
    "Session",
    "SignInCounter",
    "SigningKey",
    "UpstreamAttempt",
    "UpstreamLink",
    "UpstreamProvider",
)
