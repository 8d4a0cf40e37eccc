"""Facts kept of items and cases, and frozen months."""

from typing import ClassVar

from django.db import models

from lingnan.kernel.models import Record


class ItemFact(models.Model):
    """What indicators need of one implementation list in force.

    Data class: public. Kept: as long as the product runs; rebuilt from events.
    """

    code31 = models.CharField(max_length=31, primary_key=True)
    name = models.JSONField()
    agency_id = models.UUIDField()
    region_path = models.CharField(max_length=120)
    statutory_workdays = models.PositiveIntegerField(null=True)
    promised_workdays = models.PositiveIntegerField()
    has_licence = models.BooleanField()
    is_online = models.BooleanField()
    is_in_force = models.BooleanField(default=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["region_path"], name="item_fact_region"),
            models.Index(fields=["agency_id"], name="item_fact_agency"),
        ]

    def __str__(self) -> str:
        return self.code31


class CaseFact(models.Model):
    """What indicators need of one case; no names, no form data.

    `city` and `county` are divisions on the way to the deciding agency, for figures by region.
    Data class: internal. Kept: 10 years; rebuilt from events.
    """

    case_id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=43, blank=True, default="")
    item_code = models.CharField(max_length=31)
    agency_id = models.UUIDField()
    region_path = models.CharField(max_length=120)
    city = models.CharField(max_length=12, blank=True, default="")
    county = models.CharField(max_length=12, blank=True, default="")
    channel = models.CharField(max_length=8, blank=True, default="")
    submitted_on = models.DateField(null=True)
    accepted_on = models.DateField(null=True)
    decided_on = models.DateField(null=True)
    concluded_on = models.DateField(null=True)
    statutory_due_on = models.DateField(null=True)
    promised_due_on = models.DateField(null=True)
    workdays_used = models.PositiveIntegerField(null=True)
    result = models.CharField(max_length=12, blank=True, default="")
    visits = models.PositiveSmallIntegerField(default=0)
    materials = models.PositiveSmallIntegerField(default=0)
    reused_materials = models.PositiveSmallIntegerField(default=0)
    prefilled_fields = models.PositiveSmallIntegerField(default=0)
    licence_issued_on = models.DateField(null=True)
    licences_used = models.PositiveSmallIntegerField(default=0)
    rating = models.PositiveSmallIntegerField(null=True)
    is_rating_excluded = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["concluded_on", "region_path"], name="case_fact_concluded"),
            models.Index(fields=["submitted_on", "region_path"], name="case_fact_submitted"),
            models.Index(fields=["item_code", "-case_id"], name="case_fact_item"),
            models.Index(fields=["agency_id", "-case_id"], name="case_fact_agency"),
            models.Index(
                fields=["region_path", "promised_due_on"],
                condition=models.Q(concluded_on=None),
                name="case_fact_open",
            ),
        ]

    def __str__(self) -> str:
        return self.number or str(self.case_id)


class Snapshot(Record):
    """One indicator of one scope for one month, frozen when the month had closed.

    Data class: public. Kept: for good.
    """

    month = models.DateField()
    code = models.CharField(max_length=20)
    region_path = models.CharField(max_length=120, blank=True, default="")
    numerator = models.FloatField()
    denominator = models.FloatField()
    excluded = models.PositiveIntegerField()
    value = models.FloatField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["month", "code", "region_path"], name="snapshot_once"),
            models.CheckConstraint(
                condition=models.Q(denominator=0, value=None)
                | models.Q(denominator__gt=0, value__isnull=False),
                name="snapshot_null_on_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.month:%Y-%m} {self.region_path}"
