"""Keys a person holds himself: passkeys of a device, certificates of an authority."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from .accounts import Account


class Passkey(Record):
    """A key pair of one device or of a keeper of passkeys, whose public half we know.

    `sign_count` never falls while the key is one and the same; 0 where the device does not count.
    `is_synced`: the key may live on several devices. A removed one opens nothing any more and its
    id is not taken again. Source: W3C Web Authentication Level 2.
    Data class: personal. Kept: 6 months after it was removed (Cybersecurity Law art. 21(3)).
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="passkeys")
    credential_id = models.CharField(max_length=1400, unique=True)
    public_key = models.TextField()
    sign_count = models.BigIntegerField(default=0)
    name = models.CharField(max_length=60)
    is_synced = models.BooleanField(default=False)
    last_used_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(sign_count__gte=0), name="passkey_counts_up"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account"], name="passkey_live", condition=Q(removed_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.name


class HolderCertificate(Record):
    """An SM2 certificate of a licensed authority, bound to the account of whom it names.

    Under seal, because it carries name and number; `fingerprint` (SM3) finds it again.
    Data class: sensitive. Kept: 6 months after it was removed (Cybersecurity Law art. 21(3)).
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="certificates")
    fingerprint = models.CharField(max_length=64)
    der_sealed = models.TextField()
    issuer = models.CharField(max_length=300)
    serial_number = models.CharField(max_length=64)
    not_after = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["fingerprint"],
                condition=Q(removed_at__isnull=True),
                name="holder_certificate_once",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account"],
                name="holder_certificate_live",
                condition=Q(removed_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"certificate {self.serial_number}"
