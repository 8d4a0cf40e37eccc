"""Signing in with an account kept elsewhere: the providers we trust, and whose account is whose."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from .accounts import Account


class UpstreamProvider(Record):
    """One provider (national, or a city's) whose sign-in we accept, by OpenID Connect or SAML 2.0.

    Of SAML `issuer` is the entity id, `certificates` what it signs with (PEM, two while they change
    over), claims are names of attributes, `levels` maps its authentication contexts.
    `levels` maps its acr values to ours (1 to 4); what it does not name counts as `default_level`.
    Only from `link_level` on, and only by the document's number, is a first arrival taken for
    someone we know. Data class: internal (the secret is ciphertext). Kept: for good.
    """

    class Protocol(models.TextChoices):
        OIDC = "oidc", "OpenID Connect"
        SAML = "saml", "SAML 2.0"

    code = models.SlugField(max_length=32, unique=True)
    protocol = models.CharField(max_length=4, choices=Protocol, default=Protocol.OIDC)
    name = models.CharField(max_length=100)
    issuer = models.CharField(max_length=300)
    client_id = models.CharField(max_length=200, blank=True, default="")
    client_secret_sealed = models.TextField(blank=True, default="")
    sso_url = models.CharField(max_length=300, blank=True, default="")
    certificates = models.TextField(blank=True, default="")
    scopes = models.CharField(max_length=200, default="openid profile person")
    name_claim = models.CharField(max_length=60, default="name")
    document_type_claim = models.CharField(max_length=60, default="document_type")
    document_number_claim = models.CharField(max_length=60, default="document_number")
    levels = models.JSONField(default=dict)
    default_level = models.PositiveSmallIntegerField(default=1)
    link_level = models.PositiveSmallIntegerField(default=2)
    active = models.BooleanField(default=True)
    is_test = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(default_level__gte=1, default_level__lte=4)
                & Q(link_level__gte=2, link_level__lte=4),
                name="upstream_provider_levels_known",
            ),
            models.CheckConstraint(
                condition=(Q(protocol="oidc") & ~Q(client_id=""))
                | (Q(protocol="saml") & ~Q(sso_url="") & ~Q(certificates="")),
                name="upstream_provider_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class UpstreamChange(Record):
    """A provider is to be added or changed: one administrator proposes, another puts it in force.

    `values` are the provider's fields without its secret. Nothing of it counts before.
    Data class: internal (the secret is ciphertext). Kept: for good, because an auditor asks who
    let whose sign-in in.
    """

    class State(models.TextChoices):
        OPEN = "open"
        ENABLED = "enabled"
        DECLINED = "declined"

    code = models.SlugField(max_length=32)
    values = models.JSONField()
    secret_sealed = models.TextField(blank=True, default="")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    proposed_by = models.ForeignKey("identity.Officer", on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(state="open"), name="upstream_change_open_once"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | Q(state="declined")
                | ~Q(proposed_by=models.F("decided_by")),
                name="upstream_change_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="upstream_change_decided_once",
            ),
        ]

    def __str__(self) -> str:
        return f"change of {self.code}"


class UpstreamAttempt(Record):
    """A browser was sent to a provider and is awaited back, once, within ten minutes.

    `request_id` and `response_sealed` are of SAML: our question, and the answer from its arrival
    until it is judged in the browser that asked.
    Data class: internal (digests and ciphertext). Kept: 1 day.
    """

    provider = models.ForeignKey(UpstreamProvider, on_delete=models.CASCADE, related_name="+")
    state_digest = models.CharField(max_length=64, unique=True)
    nonce = models.CharField(max_length=64, blank=True, default="")
    verifier_sealed = models.TextField(blank=True, default="")
    request_id = models.CharField(max_length=100, blank=True, default="")
    response_sealed = models.TextField(blank=True, default="")
    onward = models.CharField(max_length=4000, blank=True, default="")
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        pass

    def __str__(self) -> str:
        return f"attempt {self.pk}"


class UpstreamLink(Record):
    """An account of a provider is the account of someone here, proven by a document.

    Whoever ended it himself (`ended_by_owner`) links it again only while signed in here.
    Data class: personal. Kept: until ended, then 6 months (Cybersecurity Law art. 21(3)).
    """

    provider = models.ForeignKey(UpstreamProvider, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=255)
    last_used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_owner = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider", "subject"],
                condition=Q(ended_at__isnull=True),
                name="upstream_link_once_per_subject",
            ),
            models.UniqueConstraint(
                fields=["provider", "account"],
                condition=Q(ended_at__isnull=True),
                name="upstream_link_once_per_account",
            ),
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"
