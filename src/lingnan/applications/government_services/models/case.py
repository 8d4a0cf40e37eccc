"""The case and what hangs on it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record

from ..types import (
    EXCHANGE_RESULT_CODES,
    NEGATIVE_LEVELS,
    OPEN,
    CaseState,
    Channel,
    NoticeKind,
    RatingLevel,
    Result,
)


class Counter(models.Model):
    """The last number given out under a name; the row is locked until the number is used.

    Data class: internal. Kept: always; a number must never be given twice.
    """

    name = models.CharField(max_length=80, primary_key=True)
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.name}: {self.last}"


class Case(Record):
    """One application handled to a result (办件).

    The item's version is pinned: a later change of the guide does not touch a running case. Names
    of item and applicant are kept as they were on the day. `region_path` is the receiving agency's;
    `region_2` and `region_3` are its second and third division, so that lists of a subtree read an
    index in order. `promised_due_on`, `statutory_due_on` and `light` mirror the clocks of the
    process for lists; `platforms.workflow` is the source.

    Data class: sensitive (form data; fields marked x-sensitive are ciphertext).
    Kept: 10 years after conclusion, permits longer as the archive rules of the item say.
    """

    number = models.CharField(max_length=43, unique=True)
    item_version = models.ForeignKey(
        "matters.ItemVersion", on_delete=models.PROTECT, related_name="+"
    )
    item_code = models.CharField(max_length=31)
    item_name = models.JSONField()
    applicant_kind = models.CharField(max_length=12)
    applicant_id = models.UUIDField()
    applicant_name = models.CharField(max_length=200)
    submitter_account_id = models.UUIDField(null=True)
    submitter_person_id = models.UUIDField(null=True)
    submitter_officer_id = models.UUIDField(null=True)
    mandate_id = models.UUIDField(null=True)
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.WEB)
    receiving_agency = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    deciding_agency = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    region_path = models.CharField(max_length=120)
    region_2 = models.CharField(max_length=12, blank=True, default="")
    region_3 = models.CharField(max_length=12, blank=True, default="")
    form_data = models.JSONField(default=dict)
    state = models.CharField(max_length=18, choices=CaseState, default=CaseState.SUBMITTED)
    state_since = models.DateTimeField()
    result = models.CharField(max_length=12, choices=Result, blank=True, default="")
    submitted_at = models.DateTimeField()
    received_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    is_deemed_accepted = models.BooleanField(default=False)
    decided_at = models.DateTimeField(null=True)
    concluded_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    promised_due_on = models.DateField(null=True)
    statutory_due_on = models.DateField(null=True)
    light = models.CharField(max_length=8, blank=True, default="")
    instance_id = models.UUIDField(null=True, unique=True)
    draft_id = models.UUIDField(null=True, unique=True)
    bill_id = models.UUIDField(null=True, unique=True)
    bill_settled_at = models.DateTimeField(null=True)
    fee_fen = models.PositiveBigIntegerField(default=0)
    licence_id = models.UUIDField(null=True)
    licence_revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decided_at=None) | Q(decided_at__gte=F("received_at")),
                name="case_decided_after_receipt",
            ),
            models.CheckConstraint(
                condition=Q(concluded_at=None) | ~Q(result=""), name="case_concluded_has_result"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["cert_issued", "delivered"]) | Q(result="granted"),
                name="case_delivered_only_if_granted",
            ),
        ]
        indexes: ClassVar = [
            models.Index(F("submitted_at").desc(), F("id").desc(), name="case_newest"),
            models.Index(
                "applicant_id", F("submitted_at").desc(), F("id").desc(), name="case_of_applicant"
            ),
            models.Index(
                "receiving_agency",
                F("submitted_at").desc(),
                F("id").desc(),
                name="case_of_receiving",
            ),
            models.Index(
                "deciding_agency",
                F("submitted_at").desc(),
                F("id").desc(),
                name="case_of_deciding",
            ),
            models.Index("region_2", F("submitted_at").desc(), F("id").desc(), name="case_of_city"),
            models.Index(
                "region_3", F("submitted_at").desc(), F("id").desc(), name="case_of_county"
            ),
            models.Index(
                "item_code", F("submitted_at").desc(), F("id").desc(), name="case_of_item"
            ),
            models.Index(
                "state",
                F("submitted_at").desc(),
                F("id").desc(),
                name="case_open",
                condition=Q(concluded_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def exchange_result_code(self) -> str:
        """办结结果 of the case exchange; empty while the case runs."""
        return EXCHANGE_RESULT_CODES.get(self.result, "")

    @property
    def is_fee_due(self) -> bool:
        """A bill was opened and is not settled yet."""
        return self.bill_id is not None and self.bill_settled_at is None


class CaseMaterial(Record):
    """One material of a case: an uploaded file, a licence used as material, one carried over, or
    the commitment made in its place (its words stand in the pinned version of the item).

    A corrected material is a new row; the old one stays as `replaced`.
    Data class: sensitive (copies of documents). Kept: with the case.
    """

    class Kind(models.TextChoices):
        UPLOAD = "upload"
        LICENCE = "licence"
        CARRIED_OVER = "carried_over"
        COMMITMENT = "commitment"

    class State(models.TextChoices):
        SUBMITTED = "submitted"
        ACCEPTED = "accepted"
        TO_CORRECT = "to_correct"
        REPLACED = "replaced"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="materials")
    code = models.CharField(max_length=60)
    name = models.JSONField()
    kind = models.CharField(max_length=12, choices=Kind)
    file_id = models.UUIDField(null=True)
    file_name = models.CharField(max_length=200, blank=True, default="")
    licence_id = models.UUIDField(null=True)
    licence_use_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.SUBMITTED)
    note = models.CharField(max_length=500, blank=True, default="")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(file_id__isnull=False)
                | Q(licence_id__isnull=False)
                | Q(kind="commitment"),
                name="case_material_is_something",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} of {self.case_id}"


class Correction(Record):
    """What the applicant was told to correct: once and completely (Licensing Law art. 32(4)).

    One row per case: the database refuses a second. `items` is a list of
    {material_code, field, problem, what_to_do}; without code and field it is a general instruction.
    `replies` is a list of {item, text}: the answers to those; their files are materials.
    Data class: personal. Kept: with the case.
    """

    class State(models.TextChoices):
        OPEN = "open"
        SUBMITTED = "submitted"
        OVERDUE = "overdue"

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="correction")
    items = models.JSONField()
    told_at = models.DateTimeField()
    due_on = models.DateField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    submitted_at = models.DateTimeField(null=True)
    replies = models.JSONField(default=list)
    officer_id = models.UUIDField(null=True)
    officer_name = models.CharField(max_length=100, blank=True, default="")

    @property
    def told(self) -> list[dict[str, str]]:
        """The items, each with the words that answered it."""
        words = {reply["item"]: reply["text"] for reply in self.replies}
        return [{**item, "reply": words.get(n, "")} for n, item in enumerate(self.items)]

    def __str__(self) -> str:
        return f"correction of {self.case_id}"


class Notice(Record):
    """A written notice to the applicant: numbered, dated, sealed; its faces are rendered by a job.

    `facts` is everything the template needs, frozen at the moment of the legal act.
    Data class: personal. Kept: with the case.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        ISSUED = "issued"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=13, choices=NoticeKind)
    number = models.CharField(max_length=60, unique=True)
    agency_id = models.UUIDField()
    noticed_at = models.DateTimeField()
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    pdf_file_id = models.UUIDField(null=True)
    ofd_file_id = models.UUIDField(null=True)
    is_sealed = models.BooleanField(default=False)

    class Meta:
        ordering = ("noticed_at", "id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="pending") | Q(pdf_file_id__isnull=False),
                name="notice_issued_has_file",
            )
        ]

    def __str__(self) -> str:
        return self.number


class Decision(Record):
    """The decision on a case. A denial has its reason and its remedies (Licensing Law art. 38).

    Data class: personal. Kept: with the case.
    """

    class Outcome(models.TextChoices):
        GRANTED = "granted"
        DENIED = "denied"

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="decision")
    outcome = models.CharField(max_length=7, choices=Outcome)
    reason = models.TextField(blank=True, default="")
    legal_basis = models.JSONField(default=list)
    remedy = models.JSONField(default=dict)
    conditions = models.TextField(blank=True, default="")
    decided_at = models.DateTimeField()
    officer_id = models.UUIDField(null=True)
    officer_name = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(outcome="denied") | (~Q(reason="") & ~Q(remedy={})),
                name="decision_denial_has_reason_and_remedy",
            )
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.case_id}"


class SiteInspection(Record):
    """One visit to the site of a case by at least two officers (Licensing Law art. 34).

    `findings` is a list of {point, met, note}; `inspectors` a list of names.
    Data class: internal. Kept: with the case.
    """

    class Result(models.TextChoices):
        PASSED = "passed"
        RECTIFY = "rectify"
        FAILED = "failed"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="inspections")
    inspected_on = models.DateField()
    inspectors = models.JSONField()
    findings = models.JSONField()
    result = models.CharField(max_length=7, choices=Result)
    summary = models.TextField(blank=True, default="")
    officer_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"inspection of {self.case_id} on {self.inspected_on}"


class Delivery(Record):
    """How the result reaches the applicant; due ten workdays after the decision (art. 44).

    Data class: sensitive (the postal address is ciphertext). Kept: with the case.
    """

    class Method(models.TextChoices):
        ELECTRONIC = "electronic"
        PICKUP = "pickup"
        MAIL = "mail"

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="delivery")
    method = models.CharField(max_length=10, choices=Method)
    address_sealed = models.TextField(blank=True, default="")
    due_on = models.DateField()
    delivered_at = models.DateTimeField(null=True)
    handed_to = models.CharField(max_length=100, blank=True, default="")
    tracking_number = models.CharField(max_length=60, blank=True, default="")
    officer_id = models.UUIDField(null=True)

    def __str__(self) -> str:
        return f"{self.method} of {self.case_id}"


class ServiceRating(Record):
    """What the applicant says about the service (好差评): one per case, voluntary.

    A case without a row was not rated; it counts nowhere as good. A negative rating is called back,
    verified and answered; one found mistaken or malicious stays, marked as excluded.
    Data class: personal (never shown to the officers rated). Kept: 3 years.
    """

    class Review(models.TextChoices):
        NONE = "none"
        DUE = "due"
        CONFIRMED = "confirmed"
        MISTAKEN = "mistaken"
        MALICIOUS = "malicious"

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="rating")
    level = models.PositiveSmallIntegerField(choices=RatingLevel)
    text = models.CharField(max_length=1000, blank=True, default="")
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.WEB)
    rated_at = models.DateTimeField()
    person_id = models.UUIDField(null=True)
    supplement = models.CharField(max_length=1000, blank=True, default="")
    supplemented_at = models.DateTimeField(null=True)
    review = models.CharField(max_length=9, choices=Review, default=Review.NONE)
    review_due_on = models.DateField(null=True)
    review_note = models.CharField(max_length=1000, blank=True, default="")
    reviewed_at = models.DateTimeField(null=True)
    reviewer_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(level__in=[1, 2, 3, 4, 5]), name="rating_level"),
            models.CheckConstraint(
                condition=Q(level__lt=4) | ~Q(review="none"), name="rating_negative_is_reviewed"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["review_due_on"], condition=Q(review="due"), name="rating_due")
        ]

    def __str__(self) -> str:
        return f"{self.level} for {self.case_id}"

    @property
    def is_negative(self) -> bool:
        return self.level in NEGATIVE_LEVELS

    @property
    def is_excluded(self) -> bool:
        """Proven mistaken or malicious: kept, and left out of the figures."""
        return self.review in (self.Review.MISTAKEN, self.Review.MALICIOUS)


class ApplicantBar(Record):
    """An applicant who may not apply for a basic item again for a time (Licensing Law art. 78, 79).

    One year after an application with false materials, three years after a permit obtained by
    fraud. Data class: personal. Kept: until a year after it ends.
    """

    class Ground(models.TextChoices):
        FALSE_MATERIALS = "false_materials"
        OBTAINED_BY_FRAUD = "obtained_by_fraud"

    applicant_id = models.UUIDField()
    basic_code = models.CharField(max_length=12)
    ground = models.CharField(max_length=17, choices=Ground)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    until_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(from_on__lt=F("until_on")), name="applicant_bar_ends_after_start"
            ),
            models.UniqueConstraint(fields=["case", "ground"], name="applicant_bar_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["applicant_id", "basic_code"], name="applicant_bar_lookup")
        ]

    def __str__(self) -> str:
        return f"{self.applicant_id} {self.basic_code} until {self.until_on}"
