"""Keys a person holds himself: passkeys of a device."""

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
