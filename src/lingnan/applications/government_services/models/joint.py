"""One thing (一件事): several matters handled as one."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from .case import Case


class JointTheme(Record):
    """One published edition of a theme: the scenario's questions and the items they choose.

    `questions` is a form schema; `children` a list of {key, item_code or basic_code, mandatory,
    show_if (CEL over the answers), after [keys]}. A new edition is a new row.
    Data class: public. Kept: always; joint cases pin their edition.
    """

    code = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    title = models.JSONField()
    summary = models.JSONField(default=dict)
    questions = models.JSONField(default=dict)
    children = models.JSONField()
    is_current = models.BooleanField(default=True)
    region_path = models.CharField(max_length=120, blank=True, default="")
    published_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "number"], name="joint_theme_edition"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(is_current=True), name="joint_theme_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.number}"


class JointCase(Record):
    """One request for one thing; its parts are cases of their own, tied by order.

    `promise_workdays` is the critical path of the children chosen, at most 45 (art. 42).
    Data class: sensitive (form data; x-sensitive fields are ciphertext). Kept: with its cases.
    """

    class State(models.TextChoices):
        OPEN = "open"
        FINISHED = "finished"
        FAILED = "failed"
        WITHDRAWN = "withdrawn"

    number = models.CharField(max_length=60, unique=True)
    theme = models.ForeignKey(JointTheme, on_delete=models.PROTECT, related_name="+")
    applicant_kind = models.CharField(max_length=12)
    applicant_id = models.UUIDField()
    applicant_name = models.CharField(max_length=200)
    submitter_account_id = models.UUIDField(null=True)
    submitter_person_id = models.UUIDField(null=True)
    mandate_id = models.UUIDField(null=True)
    region_path = models.CharField(max_length=120, blank=True, default="")
    answers = models.JSONField(default=dict)
    form_data = models.JSONField(default=dict)
    materials = models.JSONField(default=list)
    promise_workdays = models.PositiveSmallIntegerField()
    promised_due_on = models.DateField(null=True)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    submitted_at = models.DateTimeField()
    concluded_at = models.DateTimeField(null=True)
    request_key = models.CharField(max_length=80, null=True, unique=True)  # noqa: DJ001

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(promise_workdays__lte=45), name="joint_case_within_45_workdays"
            ),
            models.CheckConstraint(
                condition=Q(state="open") | Q(concluded_at__isnull=False),
                name="joint_case_closed_has_date",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["applicant_id", "-submitted_at"], name="joint_of_applicant")
        ]

    def __str__(self) -> str:
        return self.number


class JointChild(Record):
    """One part of a joint case: waiting for the parts before it, then a case.

    Data class: internal. Kept: with the joint case.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        STARTED = "started"
        GRANTED = "granted"
        FAILED = "failed"
        DROPPED = "dropped"

    joint = models.ForeignKey(JointCase, on_delete=models.PROTECT, related_name="children")
    key = models.CharField(max_length=60)
    item_version = models.ForeignKey(
        "matters.ItemVersion", on_delete=models.PROTECT, related_name="+"
    )
    item_code = models.CharField(max_length=31)
    item_name = models.JSONField()
    is_mandatory = models.BooleanField(default=True)
    after = models.JSONField(default=list)
    position = models.PositiveSmallIntegerField(default=0)
    promise_workdays = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    note = models.CharField(max_length=300, blank=True, default="")
    case = models.OneToOneField(
        Case, on_delete=models.PROTECT, related_name="joint_child", null=True
    )

    class Meta:
        ordering = ("position", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["joint", "key"], name="joint_child_once"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "dropped"]) | Q(case__isnull=False),
                name="joint_child_started_has_case",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.joint_id} {self.key}"
