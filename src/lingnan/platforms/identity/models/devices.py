"""Where an account was used from: what a later sign-in is compared with."""

from typing import ClassVar

from django.db import models

from lingnan.kernel.models import Record

from .accounts import Account


class KnownDevice(Record):
    """A browser or program an account was signed in with. `created_at`: the first time.

    `key_digest` is of a random key in a cookie of that browser and is different for each account,
    so that rows of two accounts cannot be told to be of one browser. Programs keep no cookie: they
    are known by what they call themselves.
    Data class: personal. Kept: 400 days after it was last used (our default), or until its owner
    forgets it.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    key_digest = models.CharField(max_length=64)
    agent = models.CharField(max_length=200, blank=True, default="")
    last_used_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "key_digest"], name="known_device_once")
        ]

    def __str__(self) -> str:
        return f"device {self.pk}"


class KnownNetwork(Record):
    """A network an account was signed in from, by a blind index: only compared, never shown.

    Data class: personal. Kept: 400 days after it was last used (our default).
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    network_index = models.CharField(max_length=64)
    last_used_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "network_index"], name="known_network_once")
        ]

    def __str__(self) -> str:
        return f"network {self.pk}"
