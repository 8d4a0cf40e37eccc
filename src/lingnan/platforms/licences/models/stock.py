"""Licences brought in from paper, from old registers and from other provinces (证照电子化)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lingnan.kernel.models import Record

from .catalogue import LicenceType
from .licence import Licence


class StockEntry(Record):
    """One licence as it was brought in; it waits for its holder, then a licence is made of it.

    `content_sealed` is JSON under SM4-GCM: holder, fields, term, issuer. `number_index` finds who
    registers later. `agency` brought it in, or looks after the type where a holder declared it.

    Data class: sensitive. Kept: as long as its licence; refused ones 1 year (our default).
    """

    class Source(models.TextChoices):
        REGISTER = "register", _("register of the agency")
        PROVINCE = "province", _("another province")
        HOLDER = "holder", _("the holder")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("licence brought in", "waits for its holder to register")
        DIFFERS = "differs", pgettext_lazy("licence brought in", "to look at: the name differs")
        TAKEN = "taken", pgettext_lazy("licence brought in", "in the wallet")
        REFUSED = "refused", pgettext_lazy("licence brought in", "refused")

    type = models.ForeignKey(LicenceType, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=80)
    source = models.CharField(max_length=8, choices=Source)
    source_id = models.CharField(max_length=100)
    holder_kind = models.CharField(max_length=12)
    number_index = models.CharField(max_length=64)
    content_sealed = models.TextField()
    scan_file_id = models.UUIDField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    licence = models.OneToOneField(
        Licence, on_delete=models.PROTECT, related_name="stock_entry", null=True
    )
    brought_by = models.CharField(max_length=200)
    brought_by_account = models.UUIDField(null=True)
    brought_at = models.DateTimeField()
    decided_by = models.CharField(max_length=200, default="", blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, default="", blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agency", "type", "source", "source_id"],
                condition=~Q(state="refused"),  # a refused one is brought in again, put right
                name="stock_entry_source_once",
            ),
            models.CheckConstraint(
                condition=Q(state="taken", licence__isnull=False)
                | (~Q(state="taken") & Q(licence__isnull=True)),
                name="stock_entry_taken_with_licence",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["agency", "-brought_at", "-id"], name="stock_entry_by_agency"),
            models.Index(
                fields=["number_index"], condition=Q(state="waiting"), name="stock_entry_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.source_id} ({self.state})"


class StockTable(Record):
    """A table of licences to bring in, too long for one answer: a job reads it row by row.

    First all of it is checked, and with one wrong row nothing is taken; then it is taken in runs,
    each of which is kept. `problems` are the first ones found, `problems_count` all of them. It
    goes on in the name of `run_by_officer`, who began it or went on with it; none: the system. The
    file is forgotten once the table is done, refused or given up.

    Data class: internal (its file is sensitive). Kept: 3 years (our default), the file until then.
    """

    class State(models.TextChoices):
        CHECKING = "checking", pgettext_lazy("table of licences", "being checked")
        REFUSED = "refused", pgettext_lazy("table of licences", "refused, nothing was taken")
        TAKING = "taking", pgettext_lazy("table of licences", "being taken")
        STOPPED = "stopped", pgettext_lazy("table of licences", "stopped by a problem")
        DONE = "done", pgettext_lazy("table of licences", "done")
        DROPPED = "dropped", pgettext_lazy("table of licences", "given up")

    type = models.ForeignKey(LicenceType, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=80)
    file_name = models.CharField(max_length=200)
    file_id = models.UUIDField(null=True)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State, default=State.CHECKING)
    rows_count = models.PositiveIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)
    problems_count = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    problem = models.CharField(max_length=500, default="", blank=True)
    brought_by = models.CharField(max_length=200)
    brought_by_account = models.UUIDField(null=True)
    brought_by_person = models.UUIDField(null=True)
    run_by_officer = models.UUIDField(null=True)
    brought_at = models.DateTimeField()
    ended_by = models.CharField(max_length=200, default="", blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agency", "type", "digest"],
                condition=Q(state__in=["checking", "taking", "stopped"]),
                name="stock_table_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(done_count__lte=models.F("rows_count")), name="stock_table_counts"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["agency", "-brought_at", "-id"], name="stock_table_by_agency")
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        return 100 * self.done_count // self.rows_count if self.rows_count else 0
