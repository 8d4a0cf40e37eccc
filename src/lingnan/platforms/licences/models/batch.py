"""Many licences at once: a table of rows that becomes licences, all of it or none of it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from lingnan.kernel.models import Record

from .catalogue import LicenceType
from .licence import Licence


class Batch(Record):
    """One table of rows to be issued under one type by one agency.

    A table with one wrong row is refused and issues nothing. One that is in order waits for an
    officer's word, then runs by a job that goes on where it stopped.

    Data class: internal. Kept: 3 years (our default), with its rows.
    """

    class State(models.TextChoices):
        REFUSED = "refused", pgettext_lazy("batch", "refused")
        READY = "ready", pgettext_lazy("batch", "checked, waiting")
        RUNNING = "running", pgettext_lazy("batch", "running")
        STOPPED = "stopped", pgettext_lazy("batch", "stopped by a problem")
        DONE = "done", pgettext_lazy("batch", "done")
        DROPPED = "dropped", pgettext_lazy("batch", "dropped")

    type = models.ForeignKey(LicenceType, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=80)
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State)
    rows_count = models.PositiveIntegerField()
    done_count = models.PositiveIntegerField(default=0)
    refused_count = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=500, default="", blank=True)
    made_by = models.CharField(max_length=200)
    made_by_account = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agency", "type", "digest"],
                condition=Q(state__in=["ready", "running", "stopped", "done"]),
                name="licence_batch_once_per_table",
            ),
            models.CheckConstraint(
                condition=Q(done_count__lte=F("rows_count")), name="licence_batch_counts"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["agency", "-made_at", "-id"], name="licence_batch_by_agency")
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        return 100 * self.done_count // self.rows_count if self.rows_count else 100


class BatchRow(Record):
    """One row of a batch. Its cells are encrypted; once issued, the licence stands here.

    Data class: sensitive. Kept: as long as the batch.
    """

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="rows")
    number = models.PositiveIntegerField()
    content_sealed = models.TextField()
    problems = models.JSONField(default=list)
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "number"], name="licence_batch_row_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["batch", "number"],
                condition=Q(licence__isnull=True),
                name="licence_batch_row_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"row {self.number} of {self.batch_id}"
