"""Proposed versions of rules and scorecards, and proposed changes of the catalogues."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record

from ..types import ProposalState, RuleKind


class RuleProposal(Record):
    """One proposed version of a rule or scorecard, or change of a measure or roster.

    `before` is what held when it was proposed, `content` what is to hold; both stay, so that a
    change of the catalogues can be read later. Nobody publishes what he proposed (a constraint
    holds that). Data class: internal. Kept: for good; old decisions are explained by it.
    """

    kind = models.CharField(max_length=9, choices=RuleKind.choices)
    code = models.CharField(max_length=40)
    version = models.CharField(max_length=20, blank=True, default="")
    title = models.JSONField()
    source = models.CharField(max_length=300)
    effective_from = models.DateField(null=True)
    before = models.JSONField()
    content = models.JSONField()
    reason = models.CharField(max_length=1000)
    state = models.CharField(
        max_length=9, choices=ProposalState.choices, default=ProposalState.PROPOSED
    )
    proposed_at = models.DateTimeField()
    proposed_by_id = models.UUIDField()
    proposed_by = models.CharField(max_length=100)
    proposer_account_id = models.UUIDField(null=True)
    proposer_person_id = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.UUIDField(null=True)
    decided_by = models.CharField(max_length=100, blank=True, default="")
    note = models.CharField(max_length=1000, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "code"],
                condition=Q(state="proposed"),
                name="credit_proposal_one_open",
            ),
            models.CheckConstraint(
                condition=Q(decided_by_id__isnull=True)
                | ~Q(state="published")
                | ~Q(decided_by_id=F("proposed_by_id")),
                name="credit_proposal_by_two",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at__isnull=True)
                | (~Q(state="proposed") & Q(decided_at__isnull=False)),
                name="credit_proposal_decided_has_instant",
            ),
            models.CheckConstraint(
                condition=~Q(source="") & ~Q(reason=""), name="credit_proposal_says_why"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["kind", "code", "proposed_at"], name="credit_proposal_of")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code} {self.version}".strip()
