"""Where results of bills are sent to, with which keys, and what was sent."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from ..types import DeliveryState
from .bills import Bill


class ResultEndpoint(Record):
    """An address of an agency's own system that is told what became of the agency's bills.

    Data class: internal. Kept: for good; the log of deliveries is read by it.
    """

    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    agency_name = models.CharField(max_length=200)
    region_path = models.CharField(max_length=120)
    url = models.CharField(max_length=400)
    registered_at = models.DateTimeField()
    registered_by = models.CharField(max_length=100)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agency", "url"],
                condition=Q(ended_at__isnull=True),
                name="result_endpoint_once_per_agency",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["registered_at", "id"], name="result_endpoint_by_time"),
        ]

    def __str__(self) -> str:
        return self.url


class ResultKey(Record):
    """A key results are signed with; its secret rests encrypted and was shown once.

    Until `ends_at` it signs beside its successor. Data class: sensitive. Kept: as long as its
    endpoint; the secret is emptied when the key ends.
    """

    endpoint = models.ForeignKey(ResultEndpoint, on_delete=models.PROTECT, related_name="keys")
    key_id = models.CharField(max_length=24, unique=True)
    sealed_secret = models.TextField(blank=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=100)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["ends_at"], name="result_key_ending", condition=~Q(sealed_secret="")
            ),
        ]

    def __str__(self) -> str:
        return self.key_id


class ResultDelivery(Record):
    """One result for one endpoint: the same text and the same id however often it is sent.

    `retry_at` is when it is due again; while it is being sent, when the sender counts as lost.
    Data class: internal; it names no payer. Kept: LINGNAN_RESULT_LOG_DAYS after it ended.
    """

    endpoint = models.ForeignKey(
        ResultEndpoint, on_delete=models.PROTECT, related_name="deliveries"
    )
    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="+")
    event_id = models.UUIDField()
    event = models.CharField(max_length=40)
    body = models.TextField()
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.WAITING)
    repeats = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    queued_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["endpoint", "event_id"], name="result_delivery_once_per_event"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", retry_at__isnull=False, ended_at__isnull=True)
                | ~Q(state="waiting") & Q(retry_at__isnull=True, ended_at__isnull=False),
                name="result_delivery_waiting_is_due",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["retry_at"], name="result_delivery_due", condition=Q(state="waiting")
            ),
            models.Index(fields=["queued_at", "id"], name="result_delivery_by_time"),
            models.Index(
                fields=["ended_at"],
                name="result_delivery_ended",
                condition=Q(ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"


class ResultTry(Record):
    """One time a result was sent, and what came back: the number of the answer, or why none.

    Data class: internal. Kept: as long as its delivery.
    """

    delivery = models.ForeignKey(ResultDelivery, on_delete=models.PROTECT, related_name="tries")
    tried_at = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True, default="")
    status = models.PositiveSmallIntegerField(null=True)
    problem = models.CharField(max_length=24, blank=True, default="")
    milliseconds = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__isnull=False, problem="")
                | Q(status__isnull=True) & ~Q(problem=""),
                name="result_try_answer_or_problem",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tried_at} {self.status or self.problem}"
