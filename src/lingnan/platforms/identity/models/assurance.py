"""How sure we are of who someone is: the rules, the evidence, and each attempt to give some."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.models import Record


class Rule(Record):
    """One version of a set of numbers that identity goes by: lengths, limits, levels, days.

    The newest version in force on a day counts; a version is never changed. What the product ships
    is version 0 and stands in `rules.py`.
    Data class: internal. Kept: for good, because an auditor asks which rule was in force when.
    """

    code = models.CharField(max_length=32)
    version = models.PositiveIntegerField()
    effective_from = models.DateField()
    parameters = models.JSONField()
    set_by = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="identity_rule_version_once"),
            models.CheckConstraint(condition=Q(version__gte=1), name="identity_rule_after_shipped"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["code", "-effective_from"], name="identity_rule_in_force")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class AssuranceEvidence(Record):
    """One proof, given or failed, of who a person is or that a person leads an organisation.

    An account's level is the best evidence of its person that passed, has not expired and was not
    withdrawn. `facts` hold references and outcomes, never numbers of documents or cards.
    Data class: personal. Kept: 5 years after it ended, because acts rested on it.
    """

    class Outcome(models.TextChoices):
        PASSED = "passed"
        FAILED = "failed"

    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="evidence")
    organisation = models.ForeignKey(
        "identity.Organisation", on_delete=models.PROTECT, related_name="evidence", null=True
    )
    account = models.ForeignKey(
        "identity.Account", on_delete=models.PROTECT, related_name="+", null=True
    )
    kind = models.CharField(max_length=24)
    adapter = models.CharField(max_length=24)
    level = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome)
    obtained_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    facts = models.JSONField(default=dict)
    officer = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )
    is_test = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome="passed", level__gte=1, level__lte=4)
                | Q(outcome="failed", level=0),
                name="evidence_level_fits_outcome",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=models.F("obtained_at")),
                name="evidence_ends_after_start",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["person", "-obtained_at"], name="evidence_of_person"),
            models.Index(
                fields=["organisation", "-obtained_at"],
                name="evidence_of_organisation",
                condition=Q(organisation__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.level}"


class WindowCheck(Record):
    """A clerk compared a person with the document he holds, at a window; `evidence` is its outcome.

    The number is what the clerk read off the document, under seal. `place` is the hall and window.
    Withdrawing it withdraws the evidence; the row stays with who did so and why.
    Data class: sensitive. Kept: 5 years after the evidence ended, because acts rested on it.
    """

    class Photo(models.TextChoices):
        SAME = "same", _("The same person")
        DIFFERENT = "different", _("Not the same person")
        UNCLEAR = "unclear", _("Cannot be told")

    evidence = models.OneToOneField(
        AssuranceEvidence, on_delete=models.PROTECT, related_name="window_check"
    )
    officer = models.ForeignKey("identity.Officer", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=120)
    place = models.CharField(max_length=100)
    document_type = models.CharField(max_length=24)
    document_number_sealed = models.TextField()
    document_valid_until = models.DateField(null=True)
    photo = models.CharField(max_length=10, choices=Photo)
    checked_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )
    withdrawn_for = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(withdrawn_by__isnull=True, withdrawn_for="")
                | (Q(withdrawn_by__isnull=False) & ~Q(withdrawn_for="")),
                name="window_check_withdrawn_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by__isnull=True) | ~Q(withdrawn_by=models.F("officer")),
                name="window_check_withdrawn_by_another",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["agency", "-checked_at"], name="window_check_by_agency"),
        ]

    def __str__(self) -> str:
        return f"window check {self.pk}"


class ProofAttempt(Record):
    """One attempt to give a proof, from its start until it passed, failed or ran out.

    Single use: `used_at` is set once. `tries` is counted before each judgement, so that many at
    once gain nothing. What the method has to remember is sealed; a code is kept as a digest.
    Data class: sensitive. Kept: 1 day after it expired.
    """

    class Purpose(models.TextChoices):
        STEP_UP = "step_up"
        FIRM = "firm"
        ENROL = "enrol"  # a key of one's own is made
        SIGN_IN = "sign_in"  # nobody is known yet
        LINK = "link"  # an account elsewhere is linked
        SECOND = "second"  # the second step after a password
        RECOVER = "recover"
        PHONE = "phone"

    method = models.CharField(max_length=24)
    purpose = models.CharField(max_length=8, choices=Purpose)
    account = models.ForeignKey(
        "identity.Account", on_delete=models.PROTECT, related_name="+", null=True
    )
    session = models.ForeignKey(
        "identity.Session", on_delete=models.CASCADE, related_name="+", null=True
    )
    organisation = models.ForeignKey(
        "identity.Organisation", on_delete=models.PROTECT, related_name="+", null=True
    )
    return_to = models.CharField(max_length=500, blank=True, default="")
    state_sealed = models.TextField(blank=True, default="")
    code_digest = models.CharField(max_length=64, blank=True, default="")
    address = models.CharField(max_length=45, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    tries_max = models.PositiveSmallIntegerField(default=5)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(return_to="")
                | (Q(return_to__startswith="/") & ~Q(return_to__startswith="//")),
                name="proof_attempt_returns_here",
            ),
            models.CheckConstraint(
                condition=Q(tries__lte=models.F("tries_max")), name="proof_attempt_tries"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "created_at"], name="proof_attempt_by_account"),
            models.Index(fields=["expires_at"], name="proof_attempt_over"),
        ]

    def __str__(self) -> str:
        return f"{self.method} for {self.purpose}"

    @property
    def tries_left(self) -> int:
        return self.tries_max - self.tries


class FirmClaim(Record):
    """A person says that he leads an organisation, and may prove it.

    A claim shows its maker nothing about the organisation and lets him do nothing for it.
    Data class: personal. Kept: 3 years, because a false claim can be a matter for the police.
    """

    class State(models.TextChoices):
        OPEN = "open"
        PROVEN = "proven"

    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        "identity.Organisation", on_delete=models.PROTECT, related_name="claims"
    )
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    named_as = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "organisation"], name="firm_claim_once"),
        ]

    def __str__(self) -> str:
        return f"claim of {self.person_id}"
