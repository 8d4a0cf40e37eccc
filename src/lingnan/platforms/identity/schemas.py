"""The shapes of identity's API."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema

Text100 = Field(..., max_length=100)


class SessionIn(Schema):
    username: str = Field(..., max_length=100, description="Sign-in name or telephone number")
    password: str = Field(..., max_length=128)
    totp: str = Field("", max_length=20, description="Six digits, or a recovery code")
    as_officer: bool | None = Field(
        None, description="Work as an officer; by default only accounts without a person do"
    )
    wait_for_second_step: bool = Field(
        False,
        description="Where a second step is due and `totp` is empty, answer with a session in stage"
        " `code` instead of 401; go on at `/second-step`",
    )


class SessionOut(Schema):
    token: str = Field(description="Send as Authorization: Bearer; shown once")
    session_id: UUID
    stage: Literal["open", "code", "password"] = Field(
        description="code: the second step is due (`/second-step`), with this token;"
        " password: the first password has to be changed before anything else"
    )
    expires_at: datetime


class PrincipalOut(Schema):
    kind: str
    id: UUID
    name: str


class ChoiceOut(Schema):
    kind: Literal["person", "organisation", "officer"]
    id: UUID
    name: str
    detail: str
    is_current: bool
    until: date | None


class GrantOut(Schema):
    role: str
    permissions: list[str]
    agency_id: UUID | None
    region_path: str | None


class MeOut(Schema):
    kind: str
    name: str
    account_id: UUID
    person_id: UUID | None
    officer_id: UUID | None
    agency_id: UUID | None
    principal: PrincipalOut | None
    mandate_id: UUID | None
    assurance_level: int
    scopes: list[str] | None
    grants: list[GrantOut]
    choices: list[ChoiceOut]


class ActingAsIn(Schema):
    kind: Literal["person", "organisation", "officer"]
    id: UUID


class ContactIn(Schema):
    phone: str = Field(
        "", max_length=40, description="Only the present one; `POST /me/phone` changes it"
    )
    email: str = Field("", max_length=200)
    address: str = Field("", max_length=300)
    region_code: str = Field("", max_length=12)


class PersonIn(ContactIn):
    name: str = Text100
    document_type: str = Field(..., max_length=24, examples=["resident_id"])
    document_number: str = Field(..., max_length=40)
    name_latin: str = Field("", max_length=100)
    nationality: str = Field("CHN", pattern="^[A-Z]{3}$")
    born_on: date | None = None
    sex: Literal["0", "1", "2", "9"] = "0"


class AccountIn(Schema):
    name: str = Text100
    document_type: str = Field(..., max_length=24, examples=["resident_id"])
    document_number: str = Field(..., max_length=40)
    phone: str = Field("", max_length=40)
    username: str = Field("", max_length=64, description="Empty: one is made up")
    password: str = Field(..., max_length=128)
    name_latin: str = Field("", max_length=100)
    nationality: str = Field("CHN", pattern="^[A-Z]{3}$")


class AccountOut(Schema):
    account_id: UUID
    username: str
    person_id: UUID | None


class PasswordIn(Schema):
    present: str = Field(..., max_length=128)
    new: str = Field(..., max_length=128)


class SecondFactorOut(Schema):
    secret: str = Field(description="Base32, for an authenticator; counts once confirmed")
    uri: str = Field(description="otpauth address for a QR code")


class CodeIn(Schema):
    code: str = Field(..., max_length=20)


class RecoveryCodesOut(Schema):
    recovery_codes: list[str]


class PersonOut(Schema):
    """Numbers are masked; the full number was needed to ask."""

    id: UUID
    name: str
    document_type: str
    document_number: str
    phone: str
    born_on: date | None
    region_code: str
    has_account: bool


class PersonLookupIn(Schema):
    document_type: str = Field(..., max_length=24)
    document_number: str = Field(..., max_length=40)
    purpose: str = Field(..., max_length=200, description="Goes on record")


class PersonLookupOut(Schema):
    found: bool
    person: PersonOut | None


class OrganisationIn(Schema):
    name: str = Field(..., max_length=200)
    registration_type: Literal["uscc", "foreign"] = "uscc"
    registration_number: str = Field(..., max_length=64)
    registration_place: str = Field("", max_length=100)
    legal_representative_id: UUID | None = Field(
        None, description="Officers name the person; a person names himself by leaving it out"
    )
    established_on: date | None = None
    phone: str = Field("", max_length=40)
    address: str = Field("", max_length=300)
    region_code: str = Field("", max_length=12)


class LegalRepresentativeIn(Schema):
    document_type: str = Field(..., max_length=24)
    document_number: str = Field(..., max_length=40)
    evidence: str = Field(..., max_length=200, description="The entry in the register")


class OrganisationOut(Schema):
    id: UUID
    name: str
    registration_type: str
    registration_number: str
    registration_place: str
    legal_representative_name: str
    source: str
    established_on: date | None
    level: int = Field(description="How surely it is proven who leads it; 0: declared only")


class OrganisationsOut(Schema):
    items: list[OrganisationOut]


class MandateIn(Schema):
    agent_name: str = Text100
    agent_document_type: str = Field(..., max_length=24)
    agent_document_number: str = Field(..., max_length=40)
    relation: Literal["relative", "employee", "agent"]
    kinship: Literal[
        "", "spouse", "parent", "child", "sibling", "grandparent", "grandchild", "other"
    ] = Field("", description="What a relative is to the person who gives the mandate")
    item_codes: list[str] = Field([], max_length=200, description="Empty: all matters")
    valid_from: date
    valid_until: date = Field(description="The first day on which it no longer binds")


class MandateOut(Schema):
    id: UUID
    grantor_kind: str
    grantor_id: UUID
    grantor_name: str
    agent_id: UUID
    agent_name: str
    relation: Literal["relative", "guardian", "employee", "agent"]
    kinship: str
    ground: Literal["", "minor", "adult"] = Field(
        description="Why a guardian acts; empty where the grantor gave the mandate himself"
    )
    all_matters: bool
    item_codes: list[str]
    valid_from: date
    valid_until: date
    state: str


class MandatesOut(Schema):
    items: list[MandateOut]


class TokenIn(Schema):
    name: str = Text100
    scopes: list[str] = Field(..., max_length=100, examples=[["government_services"]])
    days: int = Field(90, ge=1, le=365)


class TokenMadeOut(Schema):
    id: UUID
    token: str = Field(description="Shown once")


class TokenOut(Schema):
    id: UUID
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_seen_at: datetime


class TokensOut(Schema):
    items: list[TokenOut]


class RoleOut(Schema):
    code: str
    name: dict[str, str]
    permissions: list[str]
    administration: str


class RolesOut(Schema):
    items: list[RoleOut]


class OfficerGrantOut(Schema):
    id: UUID
    role: str
    agency_id: UUID | None
    region_code: str
    valid_until: date | None
    entrusted: list[str] | None = Field(description="Roles that may be given on; null: all")


class OfficerOut(Schema):
    id: UUID
    name: str
    username: str
    agency_id: UUID
    agency_name: str
    post_title: str
    active: bool
    has_second_factor: bool
    has_person: bool = Field(description="Whether the record says who the officer is")
    grants: list[OfficerGrantOut]


class OfficerIn(Schema):
    name: str = Text100
    agency_id: UUID
    post_id: UUID | None = None
    username: str = Field("", max_length=64)
    document_type: str = Field("", max_length=24, description="As in a person's record")
    document_number: str = Field(
        "",
        max_length=40,
        description="Who the officer is",
    )


class OfficerPersonIn(Schema):
    document_type: str = Field(..., max_length=24)
    document_number: str = Field(..., max_length=40)


class OfficerMadeOut(Schema):
    officer_id: UUID
    account_id: UUID
    username: str
    first_password: str = Field(description="Shown once; has to be changed at first sign-in")


class GrantIn(Schema):
    role: str = Field(..., max_length=32)
    agency_id: UUID | None = None
    region_code: str = Field("", max_length=12)
    valid_until: date | None = Field(None, description="First day on which it no longer counts")
    entrusted: list[Annotated[str, Field(max_length=32)]] | None = Field(
        None,
        max_length=100,
        description="For roles that grant roles: what may be given on; null: as the giver",
    )


class PostIn(Schema):
    post_id: UUID | None = Field(description="A post of the officer's agency; null ends it")


class RoleProposalIn(Schema):
    role: str = Field(..., max_length=32)
    agency_id: UUID | None = None
    region_code: str = Field("", max_length=12)
    valid_until: date | None = None
    reason: str = Field(..., max_length=300, description="What the officer needs it for")


class RoleProposalOut(Schema):
    id: UUID
    officer_id: UUID
    officer_name: str
    role: str
    agency_id: UUID | None
    region_code: str
    valid_until: date | None
    reason: str
    state: Literal["open", "confirmed", "declined"]
    answer: str
    proposed_by: str
    created_at: datetime
    decided_at: datetime | None


class AnswerIn(Schema):
    answer: str = Field(..., max_length=300)


class AdministratorOut(Schema):
    officer_id: UUID
    name: str
    agency_name: str
    kind: Literal["system", "security", "audit"]
    valid_until: date | None
    entrusted: list[str] | None


class PlaceOut(Schema):
    region_code: str
    region_name: str
    missing: list[Literal["system", "security", "audit"]]
    administrators: list[AdministratorOut]


class AdministratorsOut(Schema):
    items: list[PlaceOut]


class GrantMadeOut(Schema):
    id: UUID


class EvidenceOut(Schema):
    id: UUID
    kind: str
    level: int
    outcome: Literal["passed", "failed"]
    obtained_at: datetime
    expires_at: datetime | None
    counts: bool = Field(description="Whether it still proves anything")
    organisation_id: UUID | None
    is_test: bool = Field(description="Given to a simulator")


class MethodOut(Schema):
    code: str
    label: str
    hint: str
    is_test: bool
    level: int = Field(description="Level of the evidence it gives of who one is; 0: none")
    session: int = Field(description="Level to which it raises the present session; 0: not")


class AssuranceOut(Schema):
    level: int = Field(description="What counts: the lesser of the two below")
    session_level: int
    person_level: int
    methods: list[str]
    signed_in_at: datetime
    evidence: list[EvidenceOut]
    offered: list[MethodOut]


class ProofIn(Schema):
    method: str = Field(..., max_length=24)
    return_to: str = Field("", max_length=500, description="A path of this site to be back at")


class ProofFieldOut(Schema):
    name: str
    label: str
    kind: str


class ProofOut(Schema):
    id: UUID
    method: str
    url: str = Field(description="Where the person has to go; empty: answer the fields")
    fields: list[ProofFieldOut]
    shown: dict[str, Any]
    expires_at: datetime


class ProofAnswerIn(Schema):
    values: dict[str, str] = Field(
        default_factory=dict, description="By the names of the fields; at most 20000 characters"
    )


class ProvenOut(Schema):
    method: str
    level: int
    return_to: str


Base64Url = Field(..., min_length=1, max_length=16_000, pattern=r"^[A-Za-z0-9_-]+$")


class NewPasskeyResponseIn(Schema):
    clientDataJSON: str = Base64Url  # noqa: N815  (names of the standard)
    attestationObject: str = Base64Url  # noqa: N815


class NewPasskeyCredentialIn(Schema):
    rawId: str = Base64Url  # noqa: N815
    type: Literal["public-key"]
    response: NewPasskeyResponseIn


class PasskeyResponseIn(Schema):
    clientDataJSON: str = Base64Url  # noqa: N815
    authenticatorData: str = Base64Url  # noqa: N815
    signature: str = Base64Url
    userHandle: str = Field("", max_length=200, pattern=r"^[A-Za-z0-9_-]*$")  # noqa: N815


class PasskeyCredentialIn(Schema):
    rawId: str = Base64Url  # noqa: N815
    type: Literal["public-key"]
    response: PasskeyResponseIn


class PasskeyChallengeOut(Schema):
    id: UUID
    options: dict[str, Any] = Field(
        description="As in W3C Web Authentication; binary values in base64url"
    )
    expires_at: datetime


class PasskeyUseChallengeOut(PasskeyChallengeOut):
    binding: str = Field(description="Comes back with the answer; good once")


class PasskeySessionIn(Schema):
    id: UUID
    binding: str = Field(..., max_length=100)
    credential: PasskeyCredentialIn
    as_officer: bool | None = None


class PasskeyStepIn(Schema):
    id: UUID
    credential: PasskeyCredentialIn


class PasskeyIn(Schema):
    id: UUID
    name: str = Field(..., min_length=1, max_length=60)
    credential: NewPasskeyCredentialIn


class PasskeyOut(Schema):
    id: UUID
    name: str
    is_synced: bool = Field(description="Whether it may live on several devices")
    created_at: datetime
    last_used_at: datetime | None


class PasskeysOut(Schema):
    items: list[PasskeyOut]


class CertificateIn(Schema):
    certificate: str = Field(..., min_length=1, max_length=20_000, description="PEM")


class CertificateAskedOut(Schema):
    id: UUID
    challenge: str = Field(description="The bytes to sign, without an end of line")
    command: str = Field(description="How the openssl program signs it")
    expires_at: datetime


class CertificateBindIn(Schema):
    id: UUID
    signature: str = Field(..., max_length=2000, description="DER or r, s in base64")


class CertificateOut(Schema):
    id: UUID
    issuer: str
    serial_number: str
    expires_at: datetime
    created_at: datetime
    last_used_at: datetime | None


class CertificatesOut(Schema):
    items: list[CertificateOut]


class OutsideSentOut(Schema):
    url: str = Field(description="Where the person has to go")
    state: str = Field(description="Good once; the provider sends it back")


class OutsideIn(Schema):
    state: str = Field(..., max_length=200)
    code: str = Field(..., max_length=200, description="WeChat's code, Alipay's auth_code")


class LinkedAccountOut(Schema):
    id: UUID
    provider: str
    nickname: str
    is_test: bool
    created_at: datetime
    last_used_at: datetime | None


class LinkedAccountsOut(Schema):
    items: list[LinkedAccountOut]


class UpstreamLinkOut(Schema):
    id: UUID
    provider: str = Field(..., description="The provider's code")
    name: str
    is_test: bool
    created_at: datetime
    last_used_at: datetime | None


class UpstreamLinksOut(Schema):
    items: list[UpstreamLinkOut]


class RuleOut(Schema):
    code: str
    name: str
    version: int = Field(description="0: as shipped")
    effective_from: date | None
    parameters: dict[str, int]


class RulesOut(Schema):
    items: list[RuleOut]


class RuleIn(Schema):
    parameters: dict[str, int]
    effective_from: date


class RuleSetOut(Schema):
    code: str
    version: int
    effective_from: date
