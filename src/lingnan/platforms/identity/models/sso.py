"""Single sign-on: who may ask us who someone is, what was agreed, and what was handed out.

Secrets (codes, tokens, client secrets) are random and long; only their digests are kept. What
belongs to one sign-in at one relying party hangs on its `Authorisation`: end that, and every code,
access token and refresh token of it is dead in the same statement.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record

from .accounts import Account, Credential, Mandate, Officer, Organisation, Session


class SigningKey(Record):
    """One key pair that signs ID tokens, published before its first use and after its last.

    Data class: sensitive (the private half is ciphertext).
    Kept: until `removed_at`, then the private half is blanked; the row stays, because signed
    tokens name it.
    """

    class Algorithm(models.TextChoices):
        RS256 = "RS256"
        ES256 = "ES256"

    algorithm = models.CharField(max_length=8, choices=Algorithm)
    public_jwk = models.JSONField()
    private_sealed = models.TextField(blank=True)
    active_from = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | Q(removed_at__gt=F("active_from")),
                name="signing_key_removed_after_use",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["algorithm", "active_from"], name="signing_key_in_use")
        ]

    def __str__(self) -> str:
        return f"{self.algorithm} {self.pk}"


class Client(Record):
    """One program registered to sign people in here, or to call us in its own name.

    It speaks only while `approved`. `scopes` is the most it may ever ask; `purposes` says why, per
    scope, in the words people read when they consent. `region_path` decides which reviewer sees it.
    Data class: internal. Kept: for good, because consents and audit entries name it.
    """

    class Kind(models.TextChoices):
        WEB = "web"
        NATIVE = "native"
        DEVICE = "device"
        SERVICE = "service"

    class State(models.TextChoices):
        SUBMITTED = "submitted"
        APPROVED = "approved"
        REFUSED = "refused"
        SUSPENDED = "suspended"

    class AuthMethod(models.TextChoices):
        NONE = "none"
        BASIC = "client_secret_basic"
        POST = "client_secret_post"
        PRIVATE_KEY = "private_key_jwt"

    class SubjectType(models.TextChoices):
        PAIRWISE = "pairwise"
        PUBLIC = "public"

    client_id = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.SUBMITTED)
    reason = models.CharField(max_length=500, blank=True, default="")
    auth_method = models.CharField(max_length=24, choices=AuthMethod)
    secret_digest = models.CharField(max_length=64, blank=True, default="")
    former_secret_digest = models.CharField(max_length=64, blank=True, default="")
    former_secret_until = models.DateTimeField(null=True)
    jwks = models.JSONField(default=dict)
    redirect_uris = models.JSONField(default=list)
    post_logout_redirect_uris = models.JSONField(default=list)
    backchannel_logout_uri = models.CharField(max_length=500, blank=True, default="")
    grant_types = models.JSONField(default=list)
    scopes = models.JSONField(default=list)
    purposes = models.JSONField(default=dict)
    subject_type = models.CharField(max_length=8, choices=SubjectType, default=SubjectType.PAIRWISE)
    sector = models.CharField(max_length=253, blank=True, default="")
    id_token_algorithm = models.CharField(
        max_length=8, choices=SigningKey.Algorithm, default=SigningKey.Algorithm.RS256
    )
    userinfo_algorithm = models.CharField(
        max_length=8, choices=SigningKey.Algorithm, blank=True, default=""
    )
    default_level = models.PositiveSmallIntegerField(default=1)
    website = models.CharField(max_length=500, blank=True, default="")
    policy_url = models.CharField(max_length=500, blank=True, default="")
    contact = models.CharField(max_length=200, blank=True, default="")
    owner_organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", null=True
    )
    owner_agency = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, related_name="+", null=True
    )
    owner_name = models.CharField(max_length=200)
    region_path = models.CharField(max_length=120, blank=True, default="")
    submitted_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", null=True)
    reviewed_by = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+", null=True)
    reviewed_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(owner_organisation__isnull=True, owner_agency__isnull=False)
                | Q(owner_organisation__isnull=False, owner_agency__isnull=True),
                name="client_has_one_owner",
            ),
            models.CheckConstraint(
                condition=~Q(auth_method__in=["client_secret_basic", "client_secret_post"])
                | ~Q(secret_digest=""),
                name="client_confidential_has_secret",
            ),
            models.CheckConstraint(
                condition=~Q(auth_method="none") | Q(secret_digest=""),
                name="client_public_has_no_secret",
            ),
            models.CheckConstraint(
                condition=Q(state="submitted") | Q(reviewed_at__isnull=False),
                name="client_reviewed_has_instant",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["refused", "suspended"]) | ~Q(reason=""),
                name="client_refused_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(default_level__gte=1, default_level__lte=4),
                name="client_default_level_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner_organisation"], name="client_by_organisation"),
            models.Index(fields=["owner_agency"], name="client_by_agency"),
            models.Index(fields=["state", "region_path"], name="client_to_review"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_public(self) -> bool:
        return self.auth_method == self.AuthMethod.NONE


class Consent(Record):
    """A person let one client know certain data of his, or act for him, until a day.

    Data class: personal. Kept: 3 years after it ends (PIPL art. 14, proof of consent).
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    scopes = models.JSONField(default=list)
    claims = models.JSONField(default=list)
    given_at = models.DateTimeField()
    until = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "client"],
                condition=Q(withdrawn_at__isnull=True),
                name="consent_one_live_per_client",
            ),
            models.CheckConstraint(condition=Q(until__gt=F("given_at")), name="consent_has_a_term"),
        ]
        indexes: ClassVar = [models.Index(fields=["client", "account"], name="consent_by_client")]

    def __str__(self) -> str:
        return f"consent {self.pk}"


class Authorisation(Record):
    """One sign-in of one account at one client: the family of all tokens that came of it.

    `officer`, `organisation` and `mandate` say in which identity, as on a session. It is dead when
    ended, when its client is not approved, or (unless `offline`) when its session has ended.
    `sid` is what the client knows the session by.
    Data class: personal. Kept: 6 months after its end (Cybersecurity Law art. 21(3)).
    """

    class End(models.TextChoices):
        SIGNED_OUT = "signed_out"
        REVOKED = "revoked"
        CONSENT = "consent_withdrawn"
        REPLAY = "replay"
        CLIENT = "client_suspended"
        LEFT = "left"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+", null=True)
    offline = models.BooleanField(default=False)
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+", null=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", null=True
    )
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="+", null=True)
    scopes = models.JSONField(default=list)
    claims = models.JSONField(default=dict)
    level = models.PositiveSmallIntegerField(default=1)
    second_factor = models.BooleanField(default=False)
    amr = models.JSONField(default=list)
    authenticated_at = models.DateTimeField()
    sid = models.CharField(max_length=64)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=20, choices=End, blank=True, default="")
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_because="")
                | (Q(ended_at__isnull=False) & ~Q(ended_because="")),
                name="authorisation_end_has_cause",
            ),
            models.CheckConstraint(
                condition=Q(offline=True) | Q(session__isnull=False),
                name="authorisation_has_session_unless_offline",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account", "client"],
                name="authorisation_live",
                condition=Q(ended_at__isnull=True),
            ),
            models.Index(fields=["session"], name="authorisation_by_session"),
            models.Index(fields=["client"], name="authorisation_by_client"),
        ]

    def __str__(self) -> str:
        return f"authorisation {self.pk}"


class AuthorizationCode(Record):
    """One code, for one client and one address of its, good for 60 seconds and one attempt.

    Data class: personal (digest only). Kept: 1 day, so that a replay is recognised.
    """

    authorisation = models.ForeignKey(Authorisation, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    code_digest = models.CharField(max_length=64, unique=True)
    redirect_uri = models.CharField(max_length=500)
    nonce = models.CharField(max_length=255, blank=True, default="")
    code_challenge = models.CharField(max_length=128, blank=True, default="")
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        pass

    def __str__(self) -> str:
        return f"code {self.pk}"


class OAuthToken(Credential):
    """An access token in a person's name, for one client, within scopes, for ten minutes.

    Data class: personal (digest only). Kept: 1 day after its end; the authorisation stays.
    """

    authorisation = models.ForeignKey(Authorisation, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    scopes = models.JSONField(default=list)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="oauth_token_by_end")]

    def __str__(self) -> str:
        return f"access token {self.pk}"


class RefreshToken(Record):
    """One link of a chain: used once for the next; used twice, the whole family ends.

    Data class: personal (digest only). Kept: while the authorisation is kept.
    """

    authorisation = models.ForeignKey(Authorisation, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    token_digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        pass

    def __str__(self) -> str:
        return f"refresh token {self.pk}"


class ClientToken(Record):
    """An access token in a client's own name (client credentials), for ten minutes.

    Data class: internal (digest only). Kept: 1 day after its end.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    token_digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        pass

    def __str__(self) -> str:
        return f"client token {self.pk}"


class DeviceRequest(Record):
    """A screen without a keyboard asks to be signed in; someone types its code elsewhere.

    Data class: personal (digests only). Kept: 1 day.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        APPROVED = "approved"
        DENIED = "denied"
        USED = "used"

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    device_digest = models.CharField(max_length=64, unique=True)
    user_code_digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    authorisation = models.ForeignKey(
        Authorisation, on_delete=models.CASCADE, related_name="+", null=True
    )
    interval_s = models.PositiveSmallIntegerField(default=5)
    polled_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user_code_digest"],
                condition=Q(state="waiting"),
                name="device_request_one_per_user_code",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "used"]) | Q(authorisation__isnull=False),
                name="device_request_approved_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"device request {self.pk}"


class SeenAssertion(models.Model):
    """An assertion (of a client, or of an upstream provider) that was used: not a second time.

    Data class: internal (digest only). Kept: until the assertion itself has expired.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]
