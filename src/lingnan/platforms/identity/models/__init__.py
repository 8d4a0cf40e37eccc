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

__all__ = (
    "Account",
    "ApiToken",
    "Mandate",
    "Officer",
    "Organisation",
    "Person",
    "RecoveryCode",
    "Role",
    "RoleGrant",
    "Session",
    "SignInCounter",
)
