"""Tables of the working calendar. What a year without rows falls back to: see `snapshot.py`."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record


class OverrideKind(models.TextChoices):
    """Why a day differs from the plain week."""

    HOLIDAY = "holiday"
    SWAPPED_WORKDAY = "swapped_workday"
    CLOSURE = "closure"


class WorkdayOverride(Record):
    """One day that is not what its weekday says: a holiday, a swapped workday, or a closure.

    `region_code` is empty for the whole country; otherwise the day counts only in that division
    and in those below it (a typhoon closes a city, not the province).

    Data class: public. Kept: for good; a deadline of any year must be computable again.
    """

    date = models.DateField()
    is_workday = models.BooleanField()
    kind = models.CharField(max_length=16, choices=OverrideKind)
    name = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100, blank=True, default="")
    region_code = models.CharField(max_length=12, blank=True, default="")
    source_doc = models.CharField(max_length=300)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["date", "region_code"], name="workday_override_once_per_scope"
            ),
            models.CheckConstraint(
                condition=Q(kind="swapped_workday", is_workday=True)
                | (~Q(kind="swapped_workday") & Q(is_workday=False)),
                name="workday_override_kind_agrees",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


class PublishedYear(Record):
    """A year whose official arrangement has been published: deadlines inside it are final.

    Data class: public. Kept: for good.
    """

    year = models.PositiveSmallIntegerField(unique=True)
    source_doc = models.CharField(max_length=300)
    published_by = models.CharField(max_length=100)
    published_at = models.DateTimeField()
    revision = models.PositiveSmallIntegerField(default=1)

    def __str__(self) -> str:
        return str(self.year)


class CalendarVersion(models.Model):
    """The single row whose number grows with every change, so that processes know to reload.

    Data class: internal. Kept: for good.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="calendar_version_single_row")
        ]

    def __str__(self) -> str:
        return str(self.number)
