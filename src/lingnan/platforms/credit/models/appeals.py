"""Objections to records and entries, and applications for their repair."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from ..types import AppealState, Ground
from .records import CreditRecord, CreditSubject
from .rosters import RosterEntry


class Appeal(Record):
    """What objections and repairs share: about what, by whom, where it stands."""

    number = models.CharField(max_length=40, unique=True)
    subject = models.ForeignKey(CreditSubject, on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey(RosterEntry, on_delete=models.PROTECT, related_name="+", null=True)
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    agency_name = models.CharField(max_length=200)
    region_path = models.CharField(max_length=120)
    state = models.CharField(max_length=9, choices=AppealState.choices, default=AppealState.OPEN)
    text = models.TextField()
    instance_id = models.UUIDField(null=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=100)
    account_id = models.UUIDField(null=True)
    settled_at = models.DateTimeField(null=True)
    reply = models.TextField(blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number


class Objection(Appeal):
    """A subject says that a record or an entry about him is wrong.

    Data class: personal. Kept: 5 years after it was settled (our default).
    """

    record = models.ForeignKey(
        CreditRecord, on_delete=models.PROTECT, related_name="objections", null=True
    )
    ground = models.CharField(max_length=12, choices=Ground.choices)
    result_record = models.ForeignKey(
        CreditRecord, on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(record__isnull=False, entry__isnull=True)
                | Q(record__isnull=True, entry__isnull=False),
                name="credit_objection_to_one_thing",
            ),
            models.UniqueConstraint(
                fields=["record"], condition=Q(state="open"), name="credit_objection_one_open"
            ),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(state="open"), name="credit_objection_one_open_entry"
            ),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True)
                | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="credit_objection_settled_has_instant",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["subject", "opened_at", "id"], name="credit_objection_of")
        ]


class Repair(Appeal):
    """A subject applies that a record or an entry about him be repaired before its term is over.

    Data class: personal. Kept: 5 years after it was settled (our default).
    """

    record = models.ForeignKey(
        CreditRecord, on_delete=models.PROTECT, related_name="repairs", null=True
    )
    grade = models.CharField(max_length=8, blank=True, default="")
    repair_from = models.DateField()
    promises = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(record__isnull=False, entry__isnull=True)
                | Q(record__isnull=True, entry__isnull=False),
                name="credit_repair_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["record"], condition=Q(state="open"), name="credit_repair_one_open"
            ),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(state="open"), name="credit_repair_one_open_entry"
            ),
            models.CheckConstraint(condition=Q(promises=True), name="credit_repair_with_a_promise"),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True)
                | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="credit_repair_settled_has_instant",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["subject", "opened_at", "id"], name="credit_repair_of")
        ]
