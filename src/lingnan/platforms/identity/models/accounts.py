"""Identity's tables: who people are, what they may do, and how they prove it is them.

Document numbers and telephone numbers are ciphertext with a blind index beside them: one can be
found by its exact value and by nothing else. Organisation numbers are public and stay readable.
"""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record


class Person(Record):
    """One natural person, once, however many proofs or accounts.

    `phone_changed_at`: when the number on record was last exchanged for another.
    Data class: sensitive. Kept: while the account or any case lives, then 5 years, because
    decisions name their applicant.
    """

    class Sex(models.TextChoices):
        UNKNOWN = "0"
        MALE = "1"
        FEMALE = "2"
        UNSTATED = "9"

    name = models.CharField(max_length=100)
    name_latin = models.CharField(max_length=100, blank=True, default="")
    document_type = models.CharField(max_length=24)
    document_number_sealed = models.TextField()
    document_index = models.CharField(max_length=64)
    document_valid_until = models.DateField(null=True)
    born_on = models.DateField(null=True)
    sex = models.CharField(max_length=1, choices=Sex, default=Sex.UNKNOWN)
    nationality = models.CharField(max_length=3, default="CHN")
    phone_sealed = models.TextField(blank=True, default="")
    phone_changed_at = models.DateTimeField(null=True)
    email = models.EmailField(blank=True, default="")
    address = models.CharField(max_length=300, blank=True, default="")
    region = models.ForeignKey(
        "regions.Region", on_delete=models.PROTECT, related_name="+", null=True
    )
    is_demo = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["document_type", "document_index"], name="person_once_per_document"
            )
        ]

    def __str__(self) -> str:
        return f"person {self.pk}"


class Organisation(Record):
    """One organisation: a firm, an institution, a society, or a foreign registration.

    Data class: internal (the register is public; telephone and address are not shown to others).
    Kept: while any case, licence or bill names it, then 10 years.
    """

    class RegistrationType(models.TextChoices):
        USCC = "uscc"
        FOREIGN = "foreign"

    class Source(models.TextChoices):
        DECLARED = "declared"  # by its legal representative
        REGISTER = "register"  # from an official register or issued by us

    name = models.CharField(max_length=200)
    registration_type = models.CharField(max_length=8, choices=RegistrationType)
    registration_number = models.CharField(max_length=64)
    registration_place = models.CharField(max_length=100, blank=True, default="")
    legal_representative = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="organisations"
    )
    source = models.CharField(max_length=8, choices=Source, default=Source.DECLARED)
    established_on = models.DateField(null=True)
    phone = models.CharField(max_length=40, blank=True, default="")
    address = models.CharField(max_length=300, blank=True, default="")
    region = models.ForeignKey(
        "regions.Region", on_delete=models.PROTECT, related_name="+", null=True
    )
    is_demo = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["registration_type", "registration_place", "registration_number"],
                name="organisation_once_per_number",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Account(Record):
    """A way in: a name, a password, and perhaps a second factor. One person has at most one.

    `version` rises with everything that changes what the account may do; sessions compare it with
    the version their cached rights were built from. `administration` can hold one value only, so no
    account can be two of the three administrators.

    Data class: sensitive. Kept: until closed, then 6 months (Cybersecurity Law art. 21(3)).
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        CLOSED = "closed"

    class Closed(models.TextChoices):
        """Why: only what was closed because someone left opens again when he comes back."""

        NOT = ""
        LEFT = "left"
        PERSON = "person"
        MERGED = "merged"

    class Administration(models.TextChoices):
        NONE = ""
        SYSTEM = "system"
        SECURITY = "security"
        AUDIT = "audit"

    username = models.CharField(max_length=64, unique=True)
    phone_index = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001
    password = models.CharField(max_length=200)
    password_changed_at = models.DateTimeField()
    former_passwords = models.JSONField(default=list)
    must_change_password = models.BooleanField(default=False)
    person = models.OneToOneField(
        Person, on_delete=models.PROTECT, related_name="account", null=True
    )
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    closed_at = models.DateTimeField(null=True)
    closed_because = models.CharField(max_length=8, choices=Closed, blank=True, default=Closed.NOT)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)
    administration = models.CharField(
        max_length=8, choices=Administration, blank=True, default=Administration.NONE
    )
    version = models.PositiveIntegerField(default=1)
    first_signed_in_at = models.DateTimeField(null=True)
    totp_secret_sealed = models.TextField(blank=True, default="")
    totp_confirmed_at = models.DateTimeField(null=True)
    totp_last_step = models.BigIntegerField(default=0)
    is_demo = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(totp_confirmed_at__isnull=True) | ~Q(totp_secret_sealed=""),
                name="account_second_factor_has_secret",
            ),
            models.CheckConstraint(
                condition=Q(state="closed") | Q(closed_at__isnull=True, closed_because=""),
                name="account_closed_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(closed_because="merged"),
                name="account_merged_is_closed",
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def has_second_factor(self) -> bool:
        return self.totp_confirmed_at is not None


class RecoveryCode(Record):
    """One code, used at most once, that stands in for the second factor when the phone is lost.

    Data class: sensitive (digest only). Kept: until used or replaced.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "digest"], name="recovery_code_once")
        ]

    def __str__(self) -> str:
        return f"recovery code of {self.account_id}"


class SignInCounter(models.Model):
    """Failed sign-ins of one account name or one network address, counted to slow guessing down.

    The key is a blind index, so that names people mistype (often a password) are not stored; names
    that do not exist are counted as well, so that a lock tells nothing.
    Data class: personal. Kept: 1 day after the last attempt.
    """

    kind = models.CharField(max_length=8)
    key = models.CharField(max_length=64)
    failures = models.PositiveIntegerField(default=0)
    in_flight = models.PositiveIntegerField(default=0)
    last_attempt_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "key"], name="sign_in_counter_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key[:8]}: {self.failures}"


class Officer(Record):
    """An account's place in an agency. Leaving makes it inactive, never deletes it.

    `person` is who the personnel record says he is, also where the account is for work alone and
    he has another as a resident: interests are compared by person, not by account. Where the
    account has a person it is the same one.

    Data class: internal. Kept: for good, because decisions name who made them.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="officers")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="officers", null=True)
    name = models.CharField(max_length=100)
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("agencies.Post", on_delete=models.PROTECT, related_name="+", null=True)
    active = models.BooleanField(default=True)
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "agency"],
                condition=Q(active=True),
                name="officer_once_per_agency",
            ),
            models.UniqueConstraint(
                fields=["person", "agency"],
                condition=Q(active=True, person__isnull=False),
                name="officer_once_per_person_and_agency",
            ),
            models.CheckConstraint(
                condition=Q(active=True, left_at__isnull=True)
                | Q(active=False, left_at__isnull=False),
                name="officer_left_when_inactive",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["agency", "active"], name="officer_by_agency")]

    def __str__(self) -> str:
        return self.name


class Role(Record):
    """A named set of permissions. Data class: internal. Kept: for good."""

    code = models.CharField(max_length=32, unique=True)
    name = models.JSONField()
    permissions = models.JSONField(default=list)
    administration = models.CharField(
        max_length=8, choices=Account.Administration, blank=True, default=""
    )

    class Meta:
        pass

    def __str__(self) -> str:
        return self.code


class RoleGrant(Record):
    """An officer holds a role, reaching one agency or one region's subtree.

    `valid_until` is the first day on which it no longer counts. `entrusted` matters for whoever may
    grant roles: the codes of those he may give on; None: all.
    Data class: internal. Kept: for good, because an auditor asks who could do what when.
    """

    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="grants")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="grants")
    agency = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, related_name="+", null=True
    )
    region = models.ForeignKey(
        "regions.Region", on_delete=models.PROTECT, related_name="+", null=True
    )
    region_path = models.CharField(max_length=120, blank=True, default="")
    valid_until = models.DateField(null=True)
    entrusted = models.JSONField(null=True)
    granted_by = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+", null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(agency__isnull=True, region__isnull=False)
                | Q(agency__isnull=False, region__isnull=True),
                name="role_grant_reaches_agency_or_region",
            ),
            models.UniqueConstraint(
                fields=["officer", "role", "agency"],
                condition=Q(revoked_at__isnull=True, agency__isnull=False),
                name="role_grant_once_per_agency",
            ),
            models.UniqueConstraint(
                fields=["officer", "role", "region"],
                condition=Q(revoked_at__isnull=True, region__isnull=False),
                name="role_grant_once_per_region",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_id} of {self.officer_id}"


class Mandate(Record):
    """A person or firm lets another person act for it, in some or all matters, for a term.

    It binds only once accepted by the agent, and ends the moment either side revokes it. A guardian
    holds his from the law: `Guardianship` says by what proof, and the ward cannot revoke it.
    `kinship`: what the agent is to the person, where he is a relative.
    Data class: personal. Kept: 5 years after it ends, because acts were done under it.
    """

    class State(models.TextChoices):
        OFFERED = "offered"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        REVOKED = "revoked"
        EXPIRED = "expired"

    class Relation(models.TextChoices):
        RELATIVE = "relative"
        GUARDIAN = "guardian"
        EMPLOYEE = "employee"
        AGENT = "agent"

    class Kinship(models.TextChoices):
        NONE = ""
        SPOUSE = "spouse"
        PARENT = "parent"
        CHILD = "child"
        SIBLING = "sibling"
        GRANDPARENT = "grandparent"
        GRANDCHILD = "grandchild"
        OTHER = "other"

    grantor_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="mandates_given", null=True
    )
    grantor_organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="mandates_given", null=True
    )
    agent = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="mandates_held")
    relation = models.CharField(max_length=8, choices=Relation)
    kinship = models.CharField(max_length=12, choices=Kinship, blank=True, default=Kinship.NONE)
    all_matters = models.BooleanField(default=False)
    item_codes = models.JSONField(default=list)
    valid_from = models.DateField()
    valid_until = models.DateField()
    state = models.CharField(max_length=8, choices=State, default=State.OFFERED)
    given_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(grantor_person__isnull=True, grantor_organisation__isnull=False)
                | Q(grantor_person__isnull=False, grantor_organisation__isnull=True),
                name="mandate_has_one_grantor",
            ),
            models.CheckConstraint(
                condition=Q(grantor_person__isnull=True) | ~Q(grantor_person=F("agent")),
                name="mandate_not_to_oneself",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="mandate_has_a_term"
            ),
            models.CheckConstraint(
                condition=Q(all_matters=True, item_codes=[])
                | (Q(all_matters=False) & ~Q(item_codes=[])),
                name="mandate_has_a_scope",
            ),
            models.CheckConstraint(
                condition=Q(kinship="") | Q(relation="relative", grantor_person__isnull=False),
                name="mandate_kinship_is_of_relatives",
            ),
            models.UniqueConstraint(
                fields=["grantor_person", "agent"],
                condition=Q(state__in=["offered", "accepted"], grantor_person__isnull=False),
                name="mandate_one_live_per_person_and_agent",
            ),
            models.UniqueConstraint(
                fields=["grantor_organisation", "agent"],
                condition=Q(state__in=["offered", "accepted"], grantor_organisation__isnull=False),
                name="mandate_one_live_per_firm_and_agent",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["agent", "state"], name="mandate_by_agent")]

    def __str__(self) -> str:
        return f"mandate {self.pk}"


class Credential(Record):
    """What a request shows to say whose it is: the digest of an opaque token.

    `actor` holds the rights as built at `actor_version`; while the account's version is the same,
    one query answers who is asking. `level` is how surely the owner showed himself, by `methods`;
    what counts is capped by the evidence of who the owner is.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    token_digest = models.CharField(max_length=64, unique=True)
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+", null=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", null=True
    )
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="+", null=True)
    second_factor = models.BooleanField(default=False)
    level = models.PositiveSmallIntegerField(default=1)
    methods = models.JSONField(default=list)
    actor = models.JSONField(default=dict)
    actor_version = models.PositiveIntegerField(default=0)
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Session(Credential):
    """One signed-in device. Until `open` something is missing: a code, a second factor, a password.

    `device_digest`: the device's, as `KnownDevice` has it. `totp_secret_sealed`: of the
    authenticator begun here and not confirmed; no other session can finish it.

    Data class: personal. Kept: 6 months after its end (Cybersecurity Law art. 21(3)).
    """

    class Stage(models.TextChoices):
        CODE = "code"
        ENROL = "enrol"
        PASSWORD = "password"  # noqa: S105
        OPEN = "open"

    class Channel(models.TextChoices):
        WEB = "web"
        API = "api"

    stage = models.CharField(max_length=8, choices=Stage, default=Stage.OPEN)
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.WEB)
    address = models.CharField(max_length=45, blank=True, default="")
    device = models.CharField(max_length=200, blank=True, default="")
    device_digest = models.CharField(max_length=64, blank=True, default="")
    totp_secret_sealed = models.TextField(blank=True, default="")
    passkey = models.ForeignKey(
        "identity.Passkey", on_delete=models.PROTECT, related_name="+", null=True
    )
    idle_limit = models.DurationField(default=timedelta(minutes=30))

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["account"], name="session_live", condition=Q(ended_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"


class ApiToken(Credential):
    """A long-lived key for a program, narrower than its owner: it carries scopes.

    Data class: personal. Kept: 6 months after its end (Cybersecurity Law art. 21(3)).
    """

    name = models.CharField(max_length=100)
    hint = models.CharField(max_length=12)
    scopes = models.JSONField(default=list)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account"], name="api_token_by_account")]

    def __str__(self) -> str:
        return self.name
