"""Agencies and posts."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from .types import AgencyKind


class Agency(Record):
    """One body of government that works under its own name: a department, bureau or town centre.

    `region_path` repeats the region's path so that "every agency in this city" needs no join.
    `is_demo` marks invented bodies; their codes are from the reserved block of `demo_codes.py`.

    Data class: public. Kept: for good; decisions name the body that made them.
    """

    uscc = models.CharField(max_length=18, unique=True)
    name = models.CharField(max_length=150)
    short_name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=250)
    kind = models.CharField(max_length=40, choices=AgencyKind.choices)
    level = models.PositiveSmallIntegerField()
    region = models.ForeignKey("regions.Region", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=80)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    grams = ArrayField(models.CharField(max_length=2), default=list)
    is_demo = models.BooleanField(default=False)
    closed_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "region"],
                condition=Q(closed_on=None) & ~Q(kind="other"),
                name="agency_one_per_kind_and_region",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["region_path", "uscc"],
                opclasses=["varchar_pattern_ops", "varchar_pattern_ops"],
                name="agency_subtree",
            ),
            GinIndex(fields=["grams"], name="agency_grams"),
        ]

    def __str__(self) -> str:
        return self.name


class Post(Record):
    """A post at an agency: what an officer is there as (head, case handler, window clerk).

    Data class: public. Kept: for good, as its agency.
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    title = models.CharField(max_length=80)
    title_en = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agency", "code"], name="post_once_per_agency")
        ]

    def __str__(self) -> str:
        return self.title
