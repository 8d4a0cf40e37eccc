"""The catalogue of matters, their versions and history, and the index they are found by."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record

from .types import (
    ApprovalMode,
    BodyNature,
    CaseType,
    ExerciseLevel,
    ItemState,
    ItemType,
    LimitUnit,
    Representation,
    Scope,
    VersionState,
)


class Duty(Record):
    """One power or responsibility of an agency (权责), from which its items follow.

    Data class: public. Kept: for good; later items and decisions rest on it.
    """

    code = models.CharField(max_length=32, unique=True)
    name = models.JSONField()
    item_type = models.CharField(max_length=2, choices=ItemType)
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    legal_basis = models.JSONField(default=list)
    responsibility = models.JSONField(default=dict)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(item_type__in=ItemType.values), name="duty_type")
        ]

    def __str__(self) -> str:
        return self.code


class BasicItem(Record):
    """An entry of the basic catalogue: what is the same everywhere (四级四同).

    Name, code, legal basis and type are kept here and nowhere else; no implementation list has a
    column for them. An entry of a foreign scheme has no `code12`, only its local code and scheme.

    Data class: public. Kept: for good.
    """

    code12 = models.CharField(max_length=12, unique=True, null=True)  # noqa: DJ001  null = foreign
    local_code = models.CharField(max_length=64, default="", blank=True)
    local_scheme = models.CharField(max_length=40, default="", blank=True)
    name = models.JSONField()
    item_type = models.CharField(max_length=2, choices=ItemType)
    legal_basis = models.JSONField(default=list)
    everyday_words = models.JSONField(default=list)
    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, null=True, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(code12__isnull=False) | (~Q(local_code="") & ~Q(local_scheme="")),
                name="basic_item_has_a_code",
            ),
            models.CheckConstraint(
                condition=Q(local_code="", local_scheme="")
                | (~Q(local_code="") & ~Q(local_scheme="")),
                name="basic_item_local_code_with_scheme",
            ),
            models.UniqueConstraint(
                fields=["local_scheme", "local_code"],
                condition=~Q(local_code=""),
                name="basic_item_local_code_once",
            ),
            models.CheckConstraint(
                condition=Q(item_type__in=ItemType.values), name="basic_item_type"
            ),
        ]

    def __str__(self) -> str:
        return self.code12 or f"{self.local_scheme}:{self.local_code}"


class UnifiedElement(models.Model):
    """One of the elements held the same below the level that owns it (三级十统).

    `rule`: "same" - lower levels repeat it; "tighten" - they may ask less or be quicker, never the
    opposite. Switch `is_active` off to leave an element to every level.

    Data class: public. Kept: for good.
    """

    key = models.CharField(max_length=30, primary_key=True)
    name = models.JSONField()
    owner_level = models.PositiveSmallIntegerField(choices=ExerciseLevel)
    rule = models.CharField(max_length=10, choices=[("same", "same"), ("tighten", "tighten")])
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "key"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(rule__in=["same", "tighten"]), name="unified_element_rule"
            )
        ]

    def __str__(self) -> str:
        return self.key


class ServiceItem(Record):
    """One body's implementation list (实施清单) of one basic item: its identity over all versions.

    A list taken over from another scheme has no body of ours: the body's name and code stay as the
    source wrote them (`foreign_body_*`) until it is adopted; until then it cannot be published.
    `keeper` is the agency that maintains the row (the body itself, or whoever imported it).

    Data class: public. Kept: for good; cases point at its versions.
    """

    code31 = models.CharField(max_length=31, unique=True, null=True)  # noqa: DJ001  null = foreign
    local_code = models.CharField(max_length=80, default="", blank=True)
    local_scheme = models.CharField(max_length=40, default="", blank=True)
    basic_item = models.ForeignKey(BasicItem, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, null=True, related_name="+"
    )
    keeper = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, null=True, related_name="+"
    )
    region_path = models.CharField(max_length=80, default="", blank=True)
    exercise_level = models.PositiveSmallIntegerField(choices=ExerciseLevel)
    body_nature = models.CharField(max_length=1, choices=BodyNature, default=BodyNature.STATUTORY)
    foreign_body_name = models.CharField(max_length=200, default="", blank=True)
    foreign_body_uscc = models.CharField(max_length=18, default="", blank=True)
    foreign_region_code = models.CharField(max_length=12, default="", blank=True)
    state = models.CharField(max_length=10, choices=ItemState, default=ItemState.DRAFT)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(code31__isnull=False, agency__isnull=False)
                | Q(code31__isnull=True, agency__isnull=True, state="draft")
                & ~Q(local_code="")
                & ~Q(foreign_body_name=""),
                name="service_item_ours_or_foreign",
            ),
            models.CheckConstraint(
                condition=Q(local_code="", local_scheme="")
                | (~Q(local_code="") & ~Q(local_scheme="")),
                name="service_item_local_code_with_scheme",
            ),
            models.UniqueConstraint(
                fields=["local_scheme", "local_code"],
                condition=~Q(local_code=""),
                name="service_item_local_code_once",
            ),
            models.UniqueConstraint(
                fields=["basic_item", "agency", "exercise_level"],
                condition=Q(agency__isnull=False),
                name="service_item_once_per_body",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ItemState.values), name="service_item_state"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                OpClass("region_path", "varchar_pattern_ops"), "id", name="service_item_subtree"
            ),
            models.Index(
                fields=["basic_item", "region_path"],
                name="service_item_places",
                condition=Q(state="published"),
            ),
            models.Index(fields=["-created_at", "-id"], name="service_item_newest"),
        ]

    def __str__(self) -> str:
        return self.code31 or f"{self.local_scheme}:{self.local_code}"

    @property
    def is_foreign(self) -> bool:
        return self.agency_id is None


class ItemVersion(Record):
    """What an implementation list says between its publication and the next version.

    Published versions never change; a change is a new version, and cases pin theirs. At most one
    version is in force (published or suspended) and at most one is being prepared.
    `revision` counts saves of a draft, so that two editors cannot overwrite each other.

    Data class: public. Kept: for good; a case must be readable under the version it was made with.
    """

    service_item = models.ForeignKey(ServiceItem, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState, default=VersionState.DRAFT)
    revision = models.PositiveIntegerField(default=1)
    change_note = models.TextField(default="", blank=True)
    drafted_by = models.UUIDField(null=True)
    submitted_by = models.UUIDField(null=True)
    submitted_at = models.DateTimeField(null=True)
    reviewed_by = models.UUIDField(null=True)
    published_at = models.DateTimeField(null=True)
    effective_from = models.DateField(null=True)
    effective_until = models.DateField(null=True)

    summary = models.JSONField(default=dict)
    everyday_words = models.JSONField(default=list)
    themes = ArrayField(models.CharField(max_length=20), default=list)
    service_objects = ArrayField(models.CharField(max_length=1), default=list)
    handling_forms = ArrayField(models.CharField(max_length=1), default=list)
    case_type = models.CharField(max_length=1, choices=CaseType, default=CaseType.PROMISED)
    approval_mode = models.CharField(
        max_length=20, choices=ApprovalMode, default=ApprovalMode.REVIEW_THEN_APPROVE
    )
    statutory_limit = models.PositiveSmallIntegerField(null=True)
    statutory_unit = models.CharField(max_length=13, choices=LimitUnit, default=LimitUnit.WORKDAYS)
    statutory_limit_note = models.JSONField(default=dict)
    promised_limit = models.PositiveSmallIntegerField(null=True)
    promised_unit = models.CharField(max_length=13, choices=LimitUnit, default=LimitUnit.WORKDAYS)
    promised_limit_note = models.JSONField(default=dict)
    conditions = models.JSONField(default=list)
    materials = models.JSONField(default=list)
    flow = models.JSONField(default=list)
    flow_online = models.JSONField(default=dict)
    flow_offline = models.JSONField(default=dict)
    fee_charged = models.BooleanField(default=False)
    fees = models.JSONField(default=list)
    fee_basis = models.TextField(default="", blank=True)
    results = models.JSONField(default=list)
    faqs = models.JSONField(default=list)
    places = models.JSONField(default=list)
    remedies = models.JSONField(default=list)
    rights = models.JSONField(default=dict)
    visits = models.PositiveSmallIntegerField(default=0)
    visits_reason = models.JSONField(default=dict)
    online_depth = models.PositiveSmallIntegerField(default=1)
    online_url = models.CharField(max_length=300, default="", blank=True)
    mobile_url = models.CharField(max_length=300, default="", blank=True)
    supports_booking = models.BooleanField(default=False)
    supports_online_payment = models.BooleanField(default=False)
    supports_courier = models.BooleanField(default=False)
    supports_terminals = models.BooleanField(default=False)
    assurance_level = models.PositiveSmallIntegerField(null=True)
    representation = models.CharField(
        max_length=9, choices=Representation, default=Representation.ANY
    )
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.NONE, blank=True)
    quantity_limit = models.JSONField(default=dict)
    special_procedures = models.JSONField(default=list)
    intermediary_services = models.JSONField(default=dict)
    joint_agencies = models.JSONField(default=list)
    consult_phone = models.CharField(max_length=40, default="", blank=True)
    supervise_phone = models.CharField(max_length=40, default="", blank=True)
    form_schema = models.JSONField(default=dict)
    process_key = models.CharField(max_length=100, default="", blank=True)
    licence_type_code = models.CharField(max_length=40, default="", blank=True)
    fee_decision_key = models.CharField(max_length=100, default="", blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["service_item", "number"], name="item_version_number_once"
            ),
            models.UniqueConstraint(
                fields=["service_item"],
                condition=Q(state__in=["published", "suspended"]),
                name="item_version_one_in_force",
            ),
            models.UniqueConstraint(
                fields=["service_item"],
                condition=Q(state__in=["draft", "in_review"]),
                name="item_version_one_in_preparation",
            ),
            models.CheckConstraint(
                condition=Q(state__in=VersionState.values), name="item_version_state"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True)
                | Q(submitted_by__isnull=True)
                | ~Q(reviewed_by=F("submitted_by")),
                name="item_version_not_self_approved",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "superseded", "suspended"])
                | Q(published_at__isnull=False, promised_limit__isnull=False),
                name="item_version_published_is_complete",
            ),
            models.CheckConstraint(
                condition=~Q(promised_unit=F("statutory_unit"))
                | Q(statutory_limit__isnull=True)
                | Q(promised_limit__isnull=True)
                | Q(promised_limit__lte=F("statutory_limit")),
                name="item_version_promise_within_law",
            ),
            models.CheckConstraint(
                condition=Q(online_depth__gte=1, online_depth__lte=4),
                name="item_version_online_depth",
            ),
            models.CheckConstraint(
                condition=Q(assurance_level__isnull=True)
                | Q(assurance_level__gte=1, assurance_level__lte=4),
                name="item_version_assurance_level",
            ),
            models.CheckConstraint(
                condition=Q(representation__in=["any", "guardians", "none"]),
                name="item_version_representation_known",
            ),
            models.CheckConstraint(
                condition=Q(effective_from__isnull=True)
                | Q(effective_until__isnull=True)
                | Q(effective_from__lt=F("effective_until")),
                name="item_version_ends_after_start",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["submitted_at", "id"],
                name="item_version_waiting",
                condition=Q(state="in_review"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_item_id} v{self.number}"


class ServiceOption(Record):
    """One way an item is handled (业务办理项): new, changed, renewed; belongs to one version.

    Data class: public. Kept: as its version.
    """

    version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, related_name="options")
    code33 = models.CharField(max_length=33)
    name = models.JSONField()
    conditions = models.JSONField(default=list)
    material_codes = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar = ["code33"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "code33"], name="option_code_once")
        ]

    def __str__(self) -> str:
        return self.code33


class ItemStep(Record):
    """One step in the life of a list: who did what to which version, when and why. Append-only.

    Data class: internal. Kept: for good, with the list.
    """

    service_item = models.ForeignKey(ServiceItem, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(ItemVersion, on_delete=models.PROTECT, null=True, related_name="+")
    act = models.CharField(max_length=30)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=100)
    at = models.DateTimeField()
    note = models.TextField(default="", blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["service_item", "-at"], name="item_step_of_item"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.at:%Y-%m-%d %H:%M}"


class ImportRun(Record):
    """One uploaded table and what became of it, row by row.

    Data class: internal. Kept: 3 years, to show where a draft came from.
    """

    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    scheme = models.CharField(max_length=40, default="", blank=True)
    dry_run = models.BooleanField()
    rows = models.PositiveIntegerField()
    created_count = models.PositiveIntegerField()
    changed_count = models.PositiveIntegerField()
    unchanged_count = models.PositiveIntegerField()
    refused_rows = models.PositiveIntegerField()
    problems = models.JSONField(default=list)
    unread_columns = models.JSONField(default=list)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=100)
    keeper = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-at", "-id"], name="import_run_newest")]

    def __str__(self) -> str:
        return f"{self.file_name} {self.at:%Y-%m-%d}"


class SearchDocument(models.Model):
    """A basic item as readers find it: present while some body has it published.

    Data class: public. Kept: as long as it is published; rebuilt from the items.
    """

    basic_item = models.OneToOneField(
        BasicItem, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    digest = models.CharField(max_length=64)
    themes = ArrayField(models.CharField(max_length=20), default=list)
    service_objects = ArrayField(models.CharField(max_length=1), default=list)
    places = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.basic_item_id)


class SearchPosting(models.Model):
    """One term of one document with its weight (BM25, without the part that needs all documents).

    Data class: public. Kept: as its document.
    """

    pk = models.CompositePrimaryKey("term", "document_id")
    term = models.CharField(max_length=24)
    document = models.ForeignKey(SearchDocument, on_delete=models.PROTECT, related_name="+")
    weight = models.FloatField()

    class Meta:
        indexes: ClassVar = [
            # Holds all a search reads, so that it never visits the rows.
            models.Index(
                fields=["term"], include=["document", "weight"], name="search_posting_by_term"
            ),
        ]

    def __str__(self) -> str:
        return self.term
