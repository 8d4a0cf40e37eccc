"""What identity announces."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lingnan.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRegistered(Event):
    name: ClassVar[str] = "identity.person_registered"
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDetailsChanged(Event):
    """His name or a document of his is another now; who keeps either looks it up again."""

    name: ClassVar[str] = "identity.person_details_changed"
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRegistered(Event):
    name: ClassVar[str] = "identity.organisation_registered"
    organisation_id: UUID
    legal_representative_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProven(Event):
    """A person proved who he is, or (with an organisation) that he leads it."""

    name: ClassVar[str] = "identity.identity_proven"
    person_id: UUID
    organisation_id: UUID | None
    kind: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationLeaderChanged(Event):
    """Someone else proved that he is the legal representative now."""

    name: ClassVar[str] = "identity.organisation_leader_changed"
    organisation_id: UUID
    former_leader_id: UUID
    leader_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateOffered(Event):
    name: ClassVar[str] = "identity.mandate_offered"
    mandate_id: UUID
    agent_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateAccepted(Event):
    name: ClassVar[str] = "identity.mandate_accepted"
    mandate_id: UUID
    agent_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateEnded(Event):
    """Declined by the agent, or revoked by either side."""

    name: ClassVar[str] = "identity.mandate_ended"
    mandate_id: UUID
    agent_id: UUID
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountClosed(Event):
    """By its owner, for good. The person stays on record."""

    name: ClassVar[str] = "identity.account_closed"
    account_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsMerged(Event):
    """Two accounts of one person are one: whatever names the closed one means the kept one."""

    name: ClassVar[str] = "identity.accounts_merged"
    kept_account_id: UUID
    closed_account_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerCreated(Event):
    name: ClassVar[str] = "identity.officer_created"
    officer_id: UUID
    agency_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerLeftAgency(Event):
    """Whoever holds work of this officer has to give it to someone else."""

    name: ClassVar[str] = "identity.officer_left_agency"
    officer_id: UUID
    agency_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted(Event):
    name: ClassVar[str] = "identity.role_granted"
    officer_id: UUID
    role: str
    agency_id: UUID | None
    region_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleProposed(Event):
    """The system administrator asks the security administrator to confirm a role."""

    name: ClassVar[str] = "identity.role_proposed"
    proposal_id: UUID
    officer_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleWithdrawn(Event):
    name: ClassVar[str] = "identity.role_withdrawn"
    officer_id: UUID
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSubmitted(Event):
    """A program was registered to sign people in here, and waits for its review."""

    name: ClassVar[str] = "identity.client_submitted"
    client_pk: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientReviewed(Event):
    """Approved, refused or suspended: `state` says which."""

    name: ClassVar[str] = "identity.client_reviewed"
    client_pk: UUID
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Event):
    name: ClassVar[str] = "identity.consent_given"
    consent_id: UUID
    account_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(Event):
    name: ClassVar[str] = "identity.consent_withdrawn"
    consent_id: UUID
    account_id: UUID
