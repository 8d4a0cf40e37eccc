"""The administrative divisions and what became of the old ones."""

from datetime import date
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record


class RegionKind(models.TextChoices):
    """What a division is. The level says how high it stands; the kind says what stands there."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    COUNTY = "county"
    AUTONOMOUS_COUNTY = "autonomous_county"
    COUNTY_CITY = "county_city"
    SUBDISTRICT = "subdistrict"
    TOWN = "town"
    TOWNSHIP = "township"
    ETHNIC_TOWNSHIP = "ethnic_township"
    ZONE = "zone"
    FARM = "farm"
    INSTITUTION = "institution"
    COMMUNITY = "community"
    VILLAGE = "village"
    QUASI_VILLAGE = "quasi_village"
    FUNCTIONAL = "functional"


class RegionQuerySet(models.QuerySet["Region"]):
    def current(self) -> "RegionQuerySet":
        return self.filter(valid_until=None)

    def valid_on(self, on: date) -> "RegionQuerySet":
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=on), Q(valid_until=None) | Q(valid_until__gt=on)
        )


class Region(Record):
    """One division as it was between two dates; a new name or code is a new row.

    The tree is made of `parent`, never of code prefixes: Dongguan and Zhongshan have no county
    level, and a functional area has no national code at all (`is_gb` false, the code carries a
    letter, `anchor` names the national division it lies in).

    Data class: public. Kept: for good, so that an address of any year still resolves.
    """

    code = models.CharField(max_length=12)
    name = models.CharField(max_length=100)
    full_name = models.CharField(max_length=300)
    name_en = models.CharField(max_length=200, blank=True, default="")
    level = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=RegionKind)
    is_gb = models.BooleanField(default=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    anchor = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    path = models.CharField(max_length=80)
    pinyin = models.CharField(max_length=250)
    initials = models.CharField(max_length=60)
    grams = ArrayField(models.CharField(max_length=2), default=list)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    source = models.CharField(max_length=100)

    objects: ClassVar = RegionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code", "valid_from"], nulls_distinct=False, name="region_once_per_start"
            ),
            models.UniqueConstraint(
                fields=["code"], condition=Q(valid_until=None), name="region_one_current"
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_until=None)
                | Q(valid_from__lt=F("valid_until")),
                name="region_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(level__gte=1, level__lte=5), name="region_level_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["parent", "code"], name="region_children"),
            models.Index(fields=["path"], opclasses=["varchar_pattern_ops"], name="region_subtree"),
            models.Index(
                fields=["pinyin"], opclasses=["varchar_pattern_ops"], name="region_pinyin"
            ),
            models.Index(
                fields=["initials"], opclasses=["varchar_pattern_ops"], name="region_initials"
            ),
            GinIndex(fields=["grams"], name="region_grams"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def is_current(self) -> bool:
        return self.valid_until is None


class Succession(Record):
    """One division became another: renamed, given a new code, or merged into a neighbour.

    Data class: public. Kept: for good.
    """

    class Change(models.TextChoices):
        RENAMED = "renamed"
        RECODED = "recoded"

    predecessor = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    successor = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    change = models.CharField(max_length=10, choices=Change)
    effective_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["predecessor", "successor"], name="succession_once_per_pair"
            ),
            models.CheckConstraint(
                condition=~Q(predecessor=F("successor")), name="succession_of_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} -> {self.successor_id}"


class Load(Record):
    """Which edition of the seed is in the tables: loading the same edition again does nothing.

    Data class: internal. Kept: for good.
    """

    edition = models.CharField(max_length=80, unique=True)
    row_count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.edition
