"""What one administrator proposes and another confirms."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record


class RoleProposal(Record):
    """The system administrator asks that an officer get a role; the security administrator decides.

    Two different persons, always: making the post and giving it power are two people's work.
    Data class: internal. Kept: for good, because an auditor asks who asked for a right.
    """

    class State(models.TextChoices):
        OPEN = "open"
        CONFIRMED = "confirmed"
        DECLINED = "declined"

    officer = models.ForeignKey("identity.Officer", on_delete=models.PROTECT, related_name="+")
    role = models.ForeignKey("identity.Role", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, related_name="+", null=True
    )
    region = models.ForeignKey(
        "regions.Region", on_delete=models.PROTECT, related_name="+", null=True
    )
    region_path = models.CharField(max_length=120, blank=True, default="")
    valid_until = models.DateField(null=True)
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    proposed_by = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )
    decided_by = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True, default="")
    grant = models.ForeignKey(
        "identity.RoleGrant", on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(agency__isnull=True, region__isnull=False)
                | Q(agency__isnull=False, region__isnull=True),
                name="role_proposal_reaches_agency_or_region",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="role_proposal_decided_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(grant__isnull=False),
                name="role_proposal_confirmed_is_granted",
            ),
            models.CheckConstraint(
                condition=Q(proposed_by__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(proposed_by=models.F("decided_by")),
                name="role_proposal_two_persons",
            ),
            models.UniqueConstraint(
                fields=["officer", "role", "agency", "region"],
                condition=Q(state="open"),
                nulls_distinct=False,
                name="role_proposal_open_once",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "-id"], name="role_proposal_by_state")]

    def __str__(self) -> str:
        return f"{self.role_id} for {self.officer_id}"


class PostOffer(Record):
    """The owner of an account is asked to work at an agency with it.

    `officer`: what he became by accepting.
    Data class: internal. Kept: for good, because an auditor asks who agreed to a post.
    """

    class State(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"
        EXPIRED = "expired"
        LAPSED = "lapsed"  # whoever made it left, or lost the right

    account = models.ForeignKey("identity.Account", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("agencies.Post", on_delete=models.PROTECT, related_name="+", null=True)
    name = models.CharField(max_length=100)
    offered_by = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    officer = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "agency"],
                condition=Q(state="open"),
                name="post_offer_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state="open", answered_at__isnull=True)
                | (~Q(state="open") & Q(answered_at__isnull=False)),
                name="post_offer_answered_once",
            ),
            models.CheckConstraint(
                condition=Q(state="accepted", officer__isnull=False)
                | (~Q(state="accepted") & Q(officer__isnull=True)),
                name="post_offer_accepted_is_a_post",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "-id"], name="post_offer_by_state")]

    def __str__(self) -> str:
        return f"post of {self.name}"
