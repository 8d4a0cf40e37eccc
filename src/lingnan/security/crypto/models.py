"""Keys, wrapped, and the certificates of our test authority."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.models import Record


class Key(Record):
    """One key, wrapped under the master key; its id stands in every ciphertext it made.

    `device` is what does the cryptography with it: `software`, or a signing device by the name the
    configuration gives it. Of a key in a device only its number there is kept.

    Data class: sensitive.
    Kept: as long as anything it encrypted or signed is kept, since that becomes unreadable
    or unprovable without it; destroying a key blanks `wrapped` and keeps the row.
    """

    class Algorithm(models.TextChoices):
        SM2 = "sm2", "SM2"
        SM4 = "sm4", "SM4"
        HMAC_SM3 = "hmac-sm3", "HMAC-SM3"
        ES256 = "es256", "ECDSA P-256"

    class State(models.TextChoices):
        ACTIVE = "active"
        RETIRED = "retired"
        DESTROYED = "destroyed"

    purpose = models.CharField(max_length=120)
    algorithm = models.CharField(max_length=8, choices=Algorithm)
    state = models.CharField(max_length=9, choices=State, default=State.ACTIVE)
    wrapped = models.BinaryField()
    public_point = models.BinaryField(default=b"", blank=True)
    device = models.CharField(max_length=40, default="software", db_default="software")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            # Keys that sign belong to their certificate and are not chosen by purpose.
            models.UniqueConstraint(
                fields=("purpose", "algorithm"),
                condition=Q(state="active") & ~Q(algorithm__in=("sm2", "es256")),
                name="crypto_key_one_active_per_purpose",
            ),
            models.CheckConstraint(
                condition=Q(state="active") | Q(retired_at__isnull=False),
                name="crypto_key_retired_has_instant",
            ),
        )

    def __str__(self) -> str:
        return f"{self.algorithm} {self.purpose}"


class Certificate(Record):
    """One X.509 certificate that our test authority issued or trusts.

    An authority that was renewed keeps its row (`superseded_at`): what it signed stays provable.

    Data class: public.
    Kept: permanently, so that signatures stay provable after the certificate ends.
    """

    class Role(models.TextChoices):
        ROOT = "root"
        INTERMEDIATE = "intermediate"
        SIGNER = "signer"

    class Reason(models.TextChoices):
        """Why a certificate was revoked (RFC 5280, 5.3.1)."""

        UNSPECIFIED = "unspecified", _("unspecified")
        KEY_COMPROMISE = "key_compromise", _("the key may be known to others")
        AFFILIATION_CHANGED = "affiliation_changed", _("the holder's name or post changed")
        SUPERSEDED = "superseded", _("replaced by another certificate")
        CESSATION = "cessation_of_operation", _("no longer needed")

    role = models.CharField(max_length=12, choices=Role)
    algorithm = models.CharField(
        max_length=8, choices=Key.Algorithm, default=Key.Algorithm.SM2.value
    )
    serial_number = models.CharField(max_length=40, unique=True)
    subject = models.CharField(max_length=400)
    der = models.BinaryField()
    key = models.ForeignKey(Key, on_delete=models.PROTECT, related_name="+")
    issuer = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revocation_reason = models.CharField(max_length=24, choices=Reason, default="", blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("role", "algorithm"),
                condition=Q(role="root", superseded_at__isnull=True),
                name="crypto_certificate_one_root",
            ),
            models.UniqueConstraint(
                fields=("role", "algorithm"),
                condition=Q(role="intermediate", superseded_at__isnull=True),
                name="crypto_certificate_one_intermediate",
            ),
            models.CheckConstraint(
                condition=Q(role="root") | Q(issuer__isnull=False),
                name="crypto_certificate_has_issuer",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revocation_reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revocation_reason="")),
                name="crypto_certificate_revoked_with_reason",
            ),
        )
        indexes = (
            models.Index(
                fields=("issuer", "revoked_at"),
                condition=Q(revoked_at__isnull=False),
                name="crypto_certificate_revoked",
            ),
        )

    def __str__(self) -> str:
        return self.subject


class DeviceSignature(Record):
    """One signature a device made: the same words under the same key are never signed twice.

    Whoever asks again, because an answer was lost, gets this one. `digest_sm3` is of what was
    signed.

    Data class: internal. Kept: 7 days, longer than any job is repeated.
    """

    # Written on a connection of its own, which may not see a key made in the same moment.
    key = models.ForeignKey(Key, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    digest_sm3 = models.CharField(max_length=64)
    signature = models.BinaryField()
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("key", "digest_sm3"), name="crypto_device_signs_once"),
        )

    def __str__(self) -> str:
        return f"{self.key_id} {self.digest_sm3[:8]}"


class RevocationList(Record):
    """One certificate revocation list that an authority signed; the newest is the one in force.

    Data class: public. Kept: permanently, for judging signatures of its time.
    """

    issuer = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveBigIntegerField()
    der = models.BinaryField()
    this_update = models.DateTimeField()
    next_update = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("issuer", "number"), name="crypto_revocation_list_number_once"
            ),
            models.CheckConstraint(
                condition=Q(next_update__gt=models.F("this_update")),
                name="crypto_revocation_list_in_order",
            ),
        )

    def __str__(self) -> str:
        return f"{self.issuer_id} {self.number}"
