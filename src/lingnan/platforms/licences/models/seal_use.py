"""Uses of seals: each one logged, and requests to put a seal on many documents."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from lingnan.kernel.models import Record

from .seal import Seal


class SealRequest(Record):
    """Someone asks that a seal be put on some documents for a purpose; another person approves all
    of them at once, and a job seals one after another, going on where it stopped.

    Data class: internal. Kept: 3 years (our default), with its items; the log of uses stays.
    """

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("request for a seal", "waiting for approval")
        REFUSED = "refused", pgettext_lazy("request for a seal", "refused")
        RUNNING = "running", pgettext_lazy("request for a seal", "sealing")
        STOPPED = "stopped", pgettext_lazy("request for a seal", "stopped by a problem")
        DONE = "done", pgettext_lazy("request for a seal", "done")
        DROPPED = "dropped", pgettext_lazy("request for a seal", "given up")

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=300)
    straddles = models.BooleanField(default=False)
    closing = models.BooleanField(default=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    items_count = models.PositiveIntegerField()
    done_count = models.PositiveIntegerField(default=0)
    refused_count = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=500, default="", blank=True)
    asked_by = models.CharField(max_length=200)
    asked_by_account = models.UUIDField()
    asked_at = models.DateTimeField()
    decided_by = models.CharField(max_length=200, default="", blank=True)
    decided_by_account = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    ground = models.CharField(max_length=500, default="", blank=True)
    ended_at = models.DateTimeField(null=True)
    dropped_by = models.CharField(max_length=200, default="", blank=True)
    dropped_ground = models.CharField(max_length=500, default="", blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decided_by_account__isnull=True)
                | ~Q(decided_by_account=F("asked_by_account")),
                name="seal_request_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at__isnull=True)
                | Q(state="dropped")  # while it waited, or after it was approved
                | (~Q(state="asked") & Q(decided_at__isnull=False)),
                name="seal_request_decided_with_instant",
            ),
            models.CheckConstraint(
                condition=Q(state="dropped", ended_at__isnull=False)
                | (~Q(state="dropped") & Q(dropped_by="") & Q(dropped_ground="")),
                name="seal_request_dropped_with_instant",
            ),
            models.CheckConstraint(
                condition=Q(items_count__gte=F("done_count") + F("refused_count")),
                name="seal_request_counts",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["agency", "-asked_at", "-id"], name="seal_request_by_agency")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} ({self.state})"

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        done = self.done_count + self.refused_count
        return 100 * done // self.items_count if self.items_count else 100


class SealRequestItem(Record):
    """One document of a request: as it was handed in, and as it was sealed or why it was not.

    Data class: internal. Kept: as long as the request.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("document to be sealed", "waiting")
        SEALED = "sealed", pgettext_lazy("document to be sealed", "sealed")
        REFUSED = "refused", pgettext_lazy("document to be sealed", "refused")
        DROPPED = "dropped", pgettext_lazy("document to be sealed", "given up")

    request = models.ForeignKey(SealRequest, on_delete=models.PROTECT, related_name="items")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    file_id = models.UUIDField()
    digest_sm3 = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=500, default="", blank=True)
    sealed_file_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "number"], name="seal_request_item_once"),
            models.CheckConstraint(
                condition=Q(state="sealed", sealed_file_id__isnull=False)
                | (~Q(state="sealed") & Q(sealed_file_id__isnull=True)),
                name="seal_request_item_sealed_with_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class SealUse(Record):
    """One use of a seal: for what, on which bytes, by whom, and under which rule it was allowed.

    Data class: internal. Kept: permanently, with the seal.
    """

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="uses")
    purpose = models.CharField(max_length=300)
    digest_sm3 = models.CharField(max_length=64)
    sealed_digest_sm3 = models.CharField(max_length=64, default="", blank=True)
    used_by = models.CharField(max_length=200)
    used_by_account = models.UUIDField(null=True)
    approved_by = models.CharField(max_length=200, default="", blank=True)
    rule = models.CharField(max_length=200)
    request = models.ForeignKey(SealRequest, on_delete=models.PROTECT, related_name="+", null=True)
    used_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(purpose="") & ~Q(digest_sm3="") & ~Q(rule=""),
                name="seal_use_says_why",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["seal", "-used_at", "-id"], name="seal_use_by_seal")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.seal_id}"
