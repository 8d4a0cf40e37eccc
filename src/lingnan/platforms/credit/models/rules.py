"""Rules that change with time, and the policies the public reads."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record


class RuleSet(Record):
    """One version of one rule: how long what is public, when repair is possible, which periods.

    The version is chosen by the date of the fact, never by today. `effective_until` is the first
    day it no longer holds. Data class: public. Kept: for good; old decisions are explained by it.
    """

    code = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    title = models.JSONField()
    source = models.CharField(max_length=300)
    effective_from = models.DateField()
    effective_until = models.DateField(null=True)
    parameters = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="credit_rule_version_once"),
            models.UniqueConstraint(
                fields=["code", "effective_from"], name="credit_rule_one_start"
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(effective_until__isnull=True),
                name="credit_rule_one_open_version",
            ),
            models.CheckConstraint(
                condition=Q(effective_until__isnull=True)
                | Q(effective_until__gt=F("effective_from")),
                name="credit_rule_has_a_term",
            ),
            models.CheckConstraint(condition=~Q(source=""), name="credit_rule_has_a_source"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class PolicyDocument(Record):
    """One law, regulation or standard of social credit, for the public to read.

    Data class: public. Kept: for good, as long as anything refers to it.
    """

    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    issuer = models.CharField(max_length=200)
    document_number = models.CharField(max_length=100, blank=True, default="")
    effective_from = models.DateField()
    effective_until = models.DateField(null=True)
    summary = models.JSONField()

    def __str__(self) -> str:
        return self.title
