"""Accounts elsewhere that sign someone in here: WeChat, Alipay."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from .accounts import Account


class LinkedAccount(Record):
    """A WeChat or Alipay account that opens an account here. It proves nothing of who one is.

    What the provider calls the person is kept as a blind index; `nickname` is for its owner alone.
    Data class: personal. Kept: until ended, then 6 months (Cybersecurity Law art. 21(3)).
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="linked_accounts")
    provider = models.CharField(max_length=16)
    subject_index = models.CharField(max_length=64)
    nickname = models.CharField(max_length=64, blank=True, default="")
    is_test = models.BooleanField(default=False)
    last_used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider", "subject_index"],
                condition=Q(ended_at__isnull=True),
                name="linked_account_once_per_subject",
            ),
            models.UniqueConstraint(
                fields=["provider", "account"],
                condition=Q(ended_at__isnull=True),
                name="linked_account_once_per_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} of {self.account_id}"
