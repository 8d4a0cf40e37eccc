"""Licences as credentials in people's own wallets: offered, put there, shown to officers."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from lingnan.kernel.models import Record

from .licence import Licence


class StatusList(Record):
    """One list of standings that verifiers fetch; each credential has one place on one list.

    Places are given out by chance, so that neighbours on a list say nothing of each other; a list
    takes no more once half its places are taken. What stands in a place is read from the licence;
    `token` is the signed list as it was built last, on a day in China and until an instant, and a
    `StatusListChange` says that something moved since.

    Data class: public. Kept: as long as a credential names it.
    """

    size = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    token = models.TextField(default="", blank=True)
    built_on = models.DateField(null=True)
    fresh_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(taken__lte=F("size")), name="licence_status_list_not_overfull"
            )
        ]

    def __str__(self) -> str:
        return f"{self.taken}/{self.size} {self.pk}"


class StatusListChange(models.Model):
    """Something on a list moved since it was built: a trigger writes it, whatever moved it.

    Rows are only ever added beside each other, so that nobody waits for a list to change a licence.
    Data class: internal. Kept: until the list is built again.
    """

    id = models.BigAutoField(primary_key=True)
    status_list = models.ForeignKey(StatusList, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return str(self.status_list_id)


class CredentialOffer(Record):
    """A holder lets one wallet fetch one licence, by a code good once and for minutes.

    Only blind indexes of the code, of the address it stands at and of the token are kept.
    Data class: personal. Kept: a day after it ends where no credential came of it, else 3 years
    (个人信息保护法 56).
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("offer", "waiting for a wallet")
        TAKEN = "taken", pgettext_lazy("offer", "taken by a wallet")
        LOCKED = "locked", pgettext_lazy("offer", "locked after wrong numbers")
        WITHDRAWN = "withdrawn", pgettext_lazy("offer", "taken back")

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="+")
    offered_by = models.UUIDField(null=True)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    address_index = models.CharField(max_length=64, unique=True)
    code_index = models.CharField(max_length=64, unique=True)
    number_index = models.CharField(max_length=64)
    wrong_numbers = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    token_index = models.CharField(max_length=64, default="", blank=True)
    token_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="licence_offer_has_a_term"
            ),
            models.CheckConstraint(
                condition=~Q(state="taken") | (~Q(token_index="") & Q(token_until__isnull=False)),
                name="licence_offer_taken_has_token",
            ),
            models.UniqueConstraint(
                fields=["token_index"],
                condition=~Q(token_index=""),
                name="licence_offer_token_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["licence", "-made_at"], name="licence_offer_by_licence")
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.licence_id}"


class Credential(Record):
    """A licence in a wallet: which one, bound to which key, at which place of which list.

    The credential itself is not kept. `key_thumbprint` (RFC 7638) names the wallet's key. One that
    a registered wallet fetched names its program and the account that agreed to it.
    Data class: personal. Kept: as long as the licence, and never less than the credential's term.
    """

    class End(models.TextChoices):
        WITHDRAWN = "withdrawn", pgettext_lazy("credential", "taken back by the holder")
        REPLACED = "replaced", pgettext_lazy("credential", "fetched again")
        REFUSED = "refused", pgettext_lazy("credential", "not taken by the wallet")
        DELETED = "deleted", pgettext_lazy("credential", "deleted in the wallet")

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="+")
    offer = models.ForeignKey(
        CredentialOffer, on_delete=models.PROTECT, related_name="+", null=True
    )
    status_list = models.ForeignKey(StatusList, on_delete=models.PROTECT, related_name="+")
    place = models.PositiveIntegerField()
    key_thumbprint = models.CharField(max_length=43)
    wallet = models.CharField(max_length=100, default="", blank=True)
    program = models.CharField(max_length=64, default="", blank=True)
    account_id = models.UUIDField(null=True)
    notification_index = models.CharField(max_length=64, unique=True)
    told = models.CharField(max_length=24, default="", blank=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=9, choices=End, default="", blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["status_list", "place"], name="licence_credential_place_once"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("issued_at")), name="licence_credential_has_a_term"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_because="")
                | (Q(ended_at__isnull=False) & ~Q(ended_because="")),
                name="licence_credential_ended_with_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["licence", "-issued_at"], name="licence_credential_by_lic"),
            models.Index(
                fields=["account_id", "program"],
                condition=~Q(program=""),
                name="licence_credential_by_program",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.licence_id} at {self.place}"


class SpentNonce(models.Model):
    """A nonce that was used: it opens nothing a second time.

    Data class: internal. Kept: until the nonce would have ended.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]


class PresentationRequest(Record):
    """An officer asks whoever stands before him to show fields of licences out of a wallet.

    `wanted` names types and paths of fields; `answer_sealed` is what a wallet showed and what was
    proven of it, encrypted. `decryption_sealed` is the key the answer is encrypted to.

    Data class: sensitive. Kept: answers a day, then blanked; the rest 3 years (个人信息保护法 56).
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("presentation", "waiting for a wallet")
        SHOWN = "shown", pgettext_lazy("presentation", "shown and proven")
        DECLINED = "declined", pgettext_lazy("presentation", "declined in the wallet")
        FAILED = "failed", pgettext_lazy("presentation", "nothing proven")

    class Mode(models.TextChoices):
        PLAIN = "direct_post"
        ENCRYPTED = "direct_post.jwt"

    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    asked_by = models.CharField(max_length=200)
    asked_by_account = models.UUIDField(null=True)
    purpose = models.CharField(max_length=300)
    item_code = models.CharField(max_length=33, default="", blank=True)
    wanted = models.JSONField()
    mode = models.CharField(max_length=15, choices=Mode)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    address_index = models.CharField(max_length=64, unique=True)
    nonce = models.CharField(max_length=64)
    state_index = models.CharField(max_length=64)
    client_id = models.CharField(max_length=200)
    decryption_sealed = models.TextField(default="", blank=True)
    answer_sealed = models.TextField(default="", blank=True)
    wrong_answers = models.PositiveSmallIntegerField(default=0)
    last_problem = models.CharField(max_length=40, default="", blank=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("asked_at")), name="licence_request_has_a_term"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", answered_at__isnull=True)
                | (~Q(state="waiting") & Q(answered_at__isnull=False)),
                name="licence_request_answered_when",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["agency", "-asked_at", "-id"], name="licence_request_by_agency"),
            models.Index(
                fields=["answered_at"],
                condition=~Q(answer_sealed=""),
                name="licence_request_to_blank",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} ({self.state})"

    def is_open(self, at: datetime) -> bool:
        """Whether a wallet may still answer."""
        return self.state == self.State.WAITING and at < self.expires_at
