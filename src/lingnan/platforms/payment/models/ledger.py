"""The ledger: accounts, balanced postings, their entries, and the rules of splitting.

Balances are not stored: a balance is the sum of its account's entries, so it cannot drift. What is
posted stays: the database refuses UPDATE and DELETE of postings and entries by a trigger, and a
posting whose entries do not sum to zero by a constraint trigger at commit (migration 0002).
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.models import Record

from .persons import withdrawn_by_someone


class Account(models.Model):
    """One place where money is or to whom it is owed. Debits are positive, credits negative.

    Clearing, special account and treasury say where the money is; income, surplus and refunds
    payable say whose it is. Data class: internal. Kept: for good, as its entries.
    """

    class Kind(models.TextChoices):
        CLEARING = "clearing", _("Held by a channel")
        SPECIAL = "special", _("Special fiscal account")
        TREASURY = "treasury", _("Treasury")
        INCOME = "income", _("Income to be handed in")
        SURPLUS = "surplus", _("Surplus, the payers' own")
        REFUNDS = "refunds", _("Refunds payable")
        SUSPENSE = "suspense", _("Suspense: differences not cleared up")

    key = models.CharField(max_length=200, primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind)
    channel = models.CharField(max_length=24, blank=True, default="")
    agency = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, related_name="+", null=True
    )
    region_path = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=["clearing", "surplus", "refunds", "suspense"])
                & ~Q(channel="")
                | Q(kind__in=["special", "treasury"], channel="", agency__isnull=True)
                | Q(kind="income", channel="", agency__isnull=False),
                name="account_has_what_its_kind_needs",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["kind", "region_path"],
                name="account_by_region",
                opclasses=["varchar_ops", "varchar_pattern_ops"],
            )
        ]

    def __str__(self) -> str:
        return self.key


class Posting(Record):
    """One balanced movement of money, by its cause; a cause is posted once. Never changed.

    Data class: internal. Kept: 30 years (Measures for accounting archives, books of account).
    """

    class Kind(models.TextChoices):
        SETTLEMENT = "settlement", _("Payment of a bill")
        SURPLUS = "surplus", _("Surplus received")
        SPLIT = "split", _("Split between levels of government")
        REFUND_APPROVED = "refund_approved", _("Refund approved")
        REFUND_PAID = "refund_paid", _("Refund paid out")
        HANDED_IN = "handed_in", _("Handed in to the treasury")
        ADJUSTMENT = "adjustment", _("Adjustment")

    kind = models.CharField(max_length=16, choices=Kind)
    cause_kind = models.CharField(max_length=40)
    cause_id = models.UUIDField()
    business_on = models.DateField()
    posted_at = models.DateTimeField()
    posted_by = models.CharField(max_length=100)
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cause_kind", "cause_id", "kind"], name="posting_once_per_cause"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business_on", "id"], name="posting_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cause_id}"


class Entry(Record):
    """One side of a posting on one account: debit above zero, credit below. Never changed.

    `business_on` repeats the posting's day, so that a balance of a day needs no join.
    Data class: internal. Kept: 30 years, as its posting.
    """

    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    amount_fen = models.BigIntegerField()
    fee_code = models.CharField(max_length=24, blank=True, default="")
    business_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(amount_fen=0), name="entry_moves_money"),
            models.UniqueConstraint(
                fields=["posting", "account", "fee_code"], name="entry_once_per_account"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account", "business_on"], include=["amount_fen"], name="entry_by_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount_fen}"


class SplitRule(Record):
    """How the income of one fee is shared between levels of government, from a day on.

    One withdrawn before its first day was never in force.
    Data class: public. Kept: for good; the entries of any year are explained by it.
    """

    fee_code = models.CharField(max_length=24)
    legal_basis = models.TextField()
    effective_from = models.DateField()
    effective_until = models.DateField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["fee_code", "effective_from"],
                condition=Q(withdrawn_at__isnull=True),
                name="split_rule_version_once",
            ),
            withdrawn_by_someone("split_rule_withdrawn_by_someone"),
            models.UniqueConstraint(
                fields=["fee_code"],
                condition=Q(effective_until__isnull=True, withdrawn_at__isnull=True),
                name="split_rule_one_open_version",
            ),
            models.CheckConstraint(
                condition=Q(effective_until__isnull=True)
                | Q(effective_until__gt=F("effective_from")),
                name="split_rule_has_a_term",
            ),
            models.CheckConstraint(
                condition=~Q(legal_basis=""), name="split_rule_has_a_legal_basis"
            ),
        ]

    def __str__(self) -> str:
        return self.fee_code


class SplitShare(Record):
    """The share of one level, in parts of ten thousand; those of a rule sum to ten thousand.

    Data class: public. Kept: for good, as its rule.
    """

    class Level(models.TextChoices):
        CENTRAL = "central", _("Central government")
        PROVINCE = "province", _("Province")
        CITY = "city", _("City")
        COUNTY = "county", _("County or district")

    rule = models.ForeignKey(SplitRule, on_delete=models.PROTECT, related_name="shares")
    level = models.CharField(max_length=8, choices=Level)
    share_per_myriad = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "level"], name="split_share_once_per_level"),
            models.CheckConstraint(
                condition=Q(share_per_myriad__gt=0, share_per_myriad__lte=10_000),
                name="split_share_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level} {self.share_per_myriad}"
