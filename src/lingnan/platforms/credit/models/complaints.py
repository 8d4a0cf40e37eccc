"""Complaints: about how an objection or a repair was handled, or about a firm's conduct."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from ..types import COMPLAINT_STATES, AppealState, ComplaintAbout
from .appeals import Objection, Repair
from .records import CreditSubject


class Complaint(Record):
    """Someone complains to the credit office; it answers. No archive changes by it.

    `subject` is whom a complaint about conduct names; one about handling names the objection or
    the repair. Who complains is a person or the firm he acts for and is shown to the office only.
    Data class: personal. Kept: 3 years after it was settled (our default).
    """

    number = models.CharField(max_length=40, unique=True)
    about = models.CharField(max_length=8, choices=ComplaintAbout.choices)
    subject = models.ForeignKey(CreditSubject, on_delete=models.PROTECT, related_name="+")
    objection = models.ForeignKey(Objection, on_delete=models.PROTECT, related_name="+", null=True)
    repair = models.ForeignKey(Repair, on_delete=models.PROTECT, related_name="+", null=True)
    principal_kind = models.CharField(max_length=12)
    principal_id = models.UUIDField()
    principal_name = models.CharField(max_length=200)
    opened_by = models.CharField(max_length=100)
    account_id = models.UUIDField(null=True)
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    agency_name = models.CharField(max_length=200)
    region_path = models.CharField(max_length=120)
    text = models.TextField()
    state = models.CharField(max_length=9, choices=AppealState.choices, default=AppealState.OPEN)
    instance_id = models.UUIDField(null=True)
    opened_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    reply = models.TextField(blank=True, default="")

    def get_state_display(self) -> str:
        return str(COMPLAINT_STATES[self.state])

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(about="conduct", objection__isnull=True, repair__isnull=True)
                | Q(about="handling", objection__isnull=False, repair__isnull=True)
                | Q(about="handling", objection__isnull=True, repair__isnull=False),
                name="credit_complaint_names_its_thing",
            ),
            models.UniqueConstraint(
                fields=["principal_id", "subject"],
                condition=Q(state="open", about="conduct"),
                name="credit_complaint_one_open",
            ),
            models.UniqueConstraint(
                fields=["objection"],
                condition=Q(state="open"),
                name="credit_complaint_one_open_objection",
            ),
            models.UniqueConstraint(
                fields=["repair"],
                condition=Q(state="open"),
                name="credit_complaint_one_open_repair",
            ),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True)
                | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="credit_complaint_settled_has_instant",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["principal_kind", "principal_id", "opened_at", "id"],
                name="credit_complaint_of",
            ),
            models.Index(fields=["agency", "opened_at", "id"], name="credit_complaint_by_agency"),
        ]

    def __str__(self) -> str:
        return self.number
