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
from .administration import PostOffer, RoleProposal
from .assurance import AssuranceEvidence, FirmClaim, ProofAttempt, Rule, WindowCheck
from .devices import KnownDevice, KnownNetwork
from .documents import DetailsChange, PersonDocument
from .guardians import Guardianship
from .keys import HolderCertificate, Passkey
from .linked import LinkedAccount
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
from .upstream import UpstreamAttempt, UpstreamChange, UpstreamLink, UpstreamProvider

__all__ = (
    "Account",
    "ApiToken",
    "AssuranceEvidence",
    "Authorisation",
    "AuthorizationCode",
    "Client",
    "ClientToken",
    "Consent",
    "DetailsChange",
    "DeviceRequest",
    "FirmClaim",
    "Guardianship",
    "HolderCertificate",
    "KnownDevice",
    "KnownNetwork",
    "LinkedAccount",
    "Mandate",
    "OAuthToken",
    "Officer",
    "Organisation",
    "Passkey",
    "Person",
    "PersonDocument",
    "PostOffer",
    "ProofAttempt",
    "ProvisionedGroup",
    "ProvisionedMember",
    "ProvisionedUser",
    "RecoveryCode",
    "RefreshToken",
    "Role",
    "RoleGrant",
    "RoleProposal",
    "Rule",
    "SeenAssertion",
    "Session",
    "SignInCounter",
    "SigningKey",
    "UpstreamAttempt",
    "UpstreamChange",
    "UpstreamLink",
    "UpstreamProvider",
    "WindowCheck",
)
