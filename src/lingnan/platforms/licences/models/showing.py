"""Showing a licence by a code, and consenting to its being read."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lingnan.kernel.models import Record

from .licence import Licence


class Presentation(Record):
    """One code a holder shows: good for seconds, used once, for one purpose.

    Only the blind index of the code is kept. Data class: personal.
    Kept: a day where nobody scanned it, else 3 years (个人信息保护法 56).
    """

    class Purpose(models.TextChoices):
        HELD = "held", _("Show that I hold it")
        IDENTITY = "identity", _("Show who I am")
        INSPECT = "inspect", _("An inspection: name and contents, nothing sensitive")
        WHOLE = "whole", _("Everything it says")

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="+")
    code_index = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=8, choices=Purpose)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.CharField(max_length=200, default="", blank=True)
    used_by_agency = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="licence_code_has_a_term"
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(used_at__lt=F("expires_at")),
                name="licence_code_used_in_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["licence", "-made_at"], name="licence_code_by_licence"),
            models.Index(
                fields=["expires_at"],
                condition=Q(used_at__isnull=True),
                name="licence_code_unused",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.licence_id}"


class Consent(Record):
    """Someone asks to read certain fields of a licence; the holder lets him, for a time, or not.

    A request about a number that nobody here has looks the same to the asker: it is never answered.
    Data class: personal. Kept: 3 years after it ends (个人信息保护法 56).
    """

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("consent", "waiting for an answer")
        GRANTED = "granted", pgettext_lazy("consent", "granted")
        DECLINED = "declined", pgettext_lazy("consent", "declined")
        WITHDRAWN = "withdrawn", pgettext_lazy("consent", "withdrawn")

    holder_kind = models.CharField(max_length=12)
    holder_id = models.UUIDField(null=True)
    asker_kind = models.CharField(max_length=12)
    asker_id = models.UUIDField()
    asker_name = models.CharField(max_length=200)
    asked_by = models.UUIDField(null=True)
    type_code = models.CharField(max_length=21)
    fields = models.JSONField()
    purpose = models.CharField(max_length=300)
    matter = models.CharField(max_length=200, default="", blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="+", null=True)
    asked_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    until = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state__in=("granted", "withdrawn")) | Q(licence__isnull=False),
                name="licence_consent_names_licence",
            ),
            models.CheckConstraint(
                condition=Q(until__gt=F("asked_at")), name="licence_consent_has_a_term"
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | Q(ended_at__isnull=False),
                name="licence_consent_withdrawn_when",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["holder_id", "-asked_at", "-id"], name="licence_consent_by_holder"
            ),
            models.Index(fields=["asker_id", "-asked_at", "-id"], name="licence_consent_by_asker"),
        ]

    def __str__(self) -> str:
        return f"{self.asker_name}: {self.type_code} ({self.state})"

    def is_live(self, at: datetime) -> bool:
        """Whether the fields may be read at an instant."""
        return self.state == self.State.GRANTED and at < self.until

    def is_open(self, at: datetime) -> bool:
        """Whether the holder may still answer."""
        return self.state == self.State.ASKED and at < self.answer_by
