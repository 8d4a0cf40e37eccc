"""Values of identity that others may hold, and the rule that no one approves his own request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lingnan.kernel import permissions
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Refusal
from lingnan.kernel.pagination import Page

MANAGE_OFFICERS = permissions.declare("identity.manage_officers", _("Add and remove officers"))
GRANT_ROLES = permissions.declare("identity.grant_roles", _("Grant and withdraw roles"))
FIND_PERSONS = permissions.declare(
    "identity.find_persons", _("Find a person by the number of a document")
)
REGISTER_PERSONS = permissions.declare(
    "identity.register_persons", _("Register persons at the window")
)
VERIFY_PERSONS = permissions.declare(
    "identity.verify_persons", _("Check at a window who a person is")
)
WITHDRAW_CHECKS = permissions.declare(
    "identity.withdraw_checks", _("Withdraw checks of identity made at windows")
)
UNLOCK_ACCOUNTS = permissions.declare(
    "identity.unlock_accounts", _("Let officers try again whose names rest after failures")
)
MANAGE_RULES = permissions.declare(
    "identity.manage_rules",
    _("Set levels, limits and terms of accounts and sessions"),
    for_all=True,
)

ChoiceKind = Literal["person", "organisation", "officer"]


class SelfApproval(Refusal):
    """Stands here and not in `errors` because the check below is a value's rule others import."""

    code = "identity.self_approval"
    status = 403
    message = _("You cannot decide on what you submitted yourself.")
    remedy = _("A colleague with the same role has to decide; transfer the task.")
    source = "GB/T 22239-2019 8.1.4.2"


def is_own(actor: Actor, submitter_account_id: UUID | None, *person_ids: UUID | None) -> bool:
    """Whether the actor submitted it with this account, or is one of these persons with any."""
    if actor.account_id is not None and actor.account_id == submitter_account_id:
        return True
    return not actor.persons.isdisjoint(person_ids)


def check_not_self(
    actor: Actor, submitter_account_id: UUID | None, *person_ids: UUID | None
) -> None:
    """No user may approve what he himself submitted, in whichever identity, with whichever account.

    Raises: SelfApproval (403).
    """
    if is_own(actor, submitter_account_id, *person_ids):
        raise SelfApproval


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCard:
    """What a module that serves a person needs to know. Numbers in the clear: mask on display."""

    id: UUID
    name: str
    name_latin: str
    document_type: str
    document_number: str
    born_on: date | None
    sex: str
    nationality: str
    phone: str
    email: str
    address: str
    region_code: str
    region_path: str
    account_id: UUID | None
    is_demo: bool

    @property
    def masked_name(self) -> str:
        return mask_name(self.name)

    @property
    def masked_document_number(self) -> str:
        return mask_number(self.document_number)

    @property
    def masked_phone(self) -> str:
        return mask_phone(self.phone)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationCard:
    """What a module that serves an organisation needs to know."""

    id: UUID
    name: str
    registration_type: str
    registration_number: str
    registration_place: str
    legal_representative_id: UUID
    legal_representative_name: str
    source: str
    established_on: date | None
    phone: str
    address: str
    region_code: str
    region_path: str
    is_demo: bool

    @property
    def uscc(self) -> str:
        """The credit code; empty for a foreign registration."""
        return self.registration_number if self.registration_type == "uscc" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerCard:
    """An officer and where he works."""

    id: UUID
    account_id: UUID
    name: str
    agency_id: UUID
    agency_name: str
    post_title: str
    active: bool
    person_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateCard:
    """Who lets whom act, for what, how long."""

    id: UUID
    grantor_kind: Literal["person", "organisation"]
    grantor_id: UUID
    grantor_name: str
    agent_id: UUID
    agent_name: str
    relation: str
    all_matters: bool
    item_codes: tuple[str, ...]
    valid_from: date
    valid_until: date
    state: str
    kinship: str = ""
    ground: str = ""
    """Why a guardian acts: "minor", "adult"; empty where the grantor himself gave the mandate."""

    def covers(self, item_code: str, on: date) -> bool:
        """Whether an act in this matter on this day is within the mandate.

        An item code covers every code that begins with it: the 12 characters of a basic item cover
        all its implementations.
        """
        if self.state != "accepted" or not self.valid_from <= on < self.valid_until:
            return False
        return self.all_matters or any(item_code.startswith(code) for code in self.item_codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceCard:
    """One proof of who someone is, as its owner sees it."""

    id: UUID
    kind: str
    adapter: str
    level: int
    outcome: str
    obtained_at: datetime
    expires_at: datetime | None
    withdrawn_at: datetime | None
    organisation_id: UUID | None
    organisation_name: str
    is_test: bool

    def counts(self, at: datetime) -> bool:
        """Whether it still proves anything."""
        lasting = self.expires_at is None or self.expires_at > at
        return self.outcome == "passed" and self.withdrawn_at is None and lasting


@dataclass(frozen=True, slots=True, kw_only=True)
class Assurance:
    """How sure we are of whoever uses a session: `level` is what counts.

    `session_level` is how surely he showed himself (`methods`, in order), `person_level` how surely
    we know who the account's owner is, from `evidence`.
    """

    level: int
    session_level: int
    person_level: int
    methods: tuple[str, ...]
    signed_in_at: datetime
    evidence: EvidenceCard | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One identity an account may act in. `until` ends a mandate's choice."""

    kind: ChoiceKind
    id: UUID
    name: str
    detail: str = ""
    mandate_id: UUID | None = None
    starts_on: date | None = None
    until: date | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def label(self) -> str:
        """The name, and for a post its agency: 陈静（天河区市场监管局）."""
        return f"{self.name}（{self.detail}）" if self.detail else self.name

    def is_open(self, on: date) -> bool:
        begun = self.starts_on is None or self.starts_on <= on
        return begun and (self.until is None or on < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedIdentity:
    """What someone was signed in for and is no more."""

    kind: Literal["post", "mandate", "leadership"]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """What a token says: who asks, in which stage of signing in, and who else he may be.

    Stage "ended": the token is known, but what it was for has ended (`ended`). Nobody acts then
    until another identity is chosen. `program` is the client that holds an OAuth token.
    """

    actor: Actor
    account_id: UUID
    credential_id: UUID
    stage: str = "open"
    choices: tuple[Choice, ...] = ()
    current: str = ""
    via: Literal["session", "token", "oauth"] = "session"
    ended: EndedIdentity | None = None
    program: str = ""
    program_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What someone signs in with: how it calls itself, and the key its cookie holds.

    Without a key it is known by its name alone, as programs are.
    """

    agent: str = ""
    key: str = ""


NO_DEVICE = Device()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCard:
    """A device one is signed in with, or was: `session_id` where it is now."""

    id: UUID | None
    session_id: UUID | None
    name: str
    kind: str
    channel: str
    address: str
    methods: tuple[str, ...]
    first_seen_at: datetime
    signed_in_at: datetime | None
    last_seen_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session. The token is shown once, kept nowhere; `stage` says what is still missing."""

    token: str
    session_id: UUID
    stage: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOfficer:
    """An officer just created; the first password is shown once, empty for an existing account."""

    officer_id: UUID
    account_id: UUID
    username: str
    first_password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """An API token just made; the token is shown once."""

    token_id: UUID
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefilled:
    """A value the government knows already, and where it comes from."""

    value: str
    source: str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """A way into the demo. Published on purpose; never in production."""

    username: str
    password: str
    totp_secret: str
    role: str
    name: str
    where: str


PrefillValues = Mapping[str, Prefilled]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCard:
    """One document of a person. `ended_at`: when another took its place."""

    type: str
    number: str
    valid_until: date | None
    ended_at: datetime | None

    @property
    def masked_number(self) -> str:
        """Never the whole number on a page."""
        return mask_number(self.number)


def mask_number(number: str) -> str:
    """First and last characters of a document number: 9********2."""
    if len(number) <= 4:
        return "*" * len(number)
    return f"{number[0]}{'*' * (len(number) - 2)}{number[-1]}"


def mask_phone(phone: str) -> str:
    """The middle hidden: 138****0001."""
    if len(phone) < 8:
        return "*" * len(phone)
    return f"{phone[:-8]}****{phone[-4:]}"


def mask_name(name: str) -> str:
    """The first character hidden (陈静 -> *静); of a single one nothing stays."""
    return "*" + name[1:] if len(name) > 1 else "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLine:
    """One look at someone's data, as he reads it himself."""

    id: UUID
    at: datetime
    agency_id: UUID | None
    officer_id: UUID | None
    """None where no officer of ours looked: `who` names whoever did."""
    what: str | Promise
    matter: str
    number: str = ""
    purpose: str = ""
    who: str = ""


AccessLog = Callable[[Actor, str | None, int], Page[AccessLine]]
_access_logs: dict[str, AccessLog] = {}


def register_access_log(name: str, log: AccessLog) -> None:
    """Add a list of looks at people's data to the one a person reads; call it when loading.

    `log(actor, cursor, limit)` gives what whom the actor acts for may see, ordered by
    ("-<instant>", "-id") so that one cursor serves every list.
    """
    _access_logs[name] = log


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingObstacle:
    """Something that has to come to an end before an account can be closed; `url`: where."""

    text: str | Promise
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parents:
    """Two persons of whom one says that he is the other's parent."""

    parent: PersonCard
    child: PersonCard


ParentProof = Callable[[Parents, date], UUID | None]
_parent_proofs: dict[str, ParentProof] = {}


def register_parent_proof(name: str, proof: ParentProof) -> None:
    """Say how papers show on a day that someone is a child's parent: the id of the paper, or None.
    Call it when loading."""
    _parent_proofs[name] = proof


def parent_proofs() -> tuple[ParentProof, ...]:
    """Every proof registered."""
    return tuple(_parent_proofs.values())


ClosingCheck = Callable[[UUID], Sequence[ClosingObstacle]]
_closing_checks: dict[str, ClosingCheck] = {}


def register_closing_check(name: str, check: ClosingCheck) -> None:
    """Say what of a person (by id) stands against closing his account; call it when loading."""
    _closing_checks[name] = check


def closing_checks() -> tuple[ClosingCheck, ...]:
    """Every check registered."""
    return tuple(_closing_checks.values())


def access_logs() -> tuple[AccessLog, ...]:
    """Every list registered."""
    return tuple(_access_logs.values())
