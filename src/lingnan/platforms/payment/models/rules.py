"""Drafts of the catalogue, and the bank accounts of governments."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record

from ..types import DraftState, PaidInto, RuleKind
from .persons import different


class RuleDraft(Record):
    """A change of the catalogue that one person proposes and a second confirms.

    Nothing is in force by a draft: confirming writes the fee, ground, rule or account itself, from
    the day the draft names. Data class: internal. Kept: for good, as what it made.
    """

    kind = models.CharField(max_length=9, choices=RuleKind)
    code = models.CharField(max_length=24)
    content = models.JSONField()
    effective_from = models.DateField()
    state = models.CharField(max_length=9, choices=DraftState, default=DraftState.WAITING)
    proposed_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=100)
    proposed_by_id = models.UUIDField(null=True)
    proposed_by_person_id = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=100, blank=True, default="")
    decided_by_id = models.UUIDField(null=True)
    decided_by_person_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "code"],
                condition=Q(state="waiting"),
                name="rule_draft_one_waiting",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True)
                | ~Q(state="waiting") & Q(decided_at__isnull=False),
                name="rule_draft_decided_has_its_instant",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(reason=""), name="rule_draft_refused_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "withdrawn"])
                | (
                    different("decided_by_person_id", "proposed_by_person_id")
                    & (Q(decided_by_id__isnull=True) | ~Q(decided_by_id=F("proposed_by_id")))
                ),
                name="rule_draft_decided_by_a_second_person",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["proposed_at", "id"], name="rule_draft_by_time"),
            models.Index(fields=["kind", "code"], name="rule_draft_by_code"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"


class GovernmentAccount(Record):
    """The bank account of one government's treasury or special account, in force from a day.

    The empty region path is the central government. Data class: internal. Kept: for good; what was
    handed in is explained by it.
    """

    paid_into = models.CharField(max_length=8, choices=PaidInto)
    region_path = models.CharField(max_length=120, blank=True)
    holder_name = models.CharField(max_length=200)
    bank_name = models.CharField(max_length=200)
    account_number = models.CharField(max_length=40)
    effective_from = models.DateField()
    effective_until = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["paid_into", "region_path", "effective_from"],
                name="government_account_version_once",
            ),
            models.UniqueConstraint(
                fields=["paid_into", "region_path"],
                condition=Q(effective_until__isnull=True),
                name="government_account_one_open_version",
            ),
            models.CheckConstraint(
                condition=Q(effective_until__isnull=True)
                | Q(effective_until__gt=F("effective_from")),
                name="government_account_has_a_term",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.paid_into}:{self.region_path}"
