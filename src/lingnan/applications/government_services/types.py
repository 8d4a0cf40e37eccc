"""Values of government services that cross its wall: states, channels, results, permissions."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lingnan.kernel import permissions
from lingnan.kernel.text import LocalisedText

SUBJECT_KIND = "case"
JOINT_SUBJECT_KIND = "joint_case"

RECEIVE = permissions.declare("government_services.receive", _("Receive applications at a window"))
ACCEPT = permissions.declare("government_services.accept", _("Accept applications"))
REVIEW = permissions.declare("government_services.review", _("Review cases"))
INSPECT = permissions.declare("government_services.inspect", _("Inspect sites for cases"))
DECIDE = permissions.declare("government_services.decide", _("Decide cases"))
READ = permissions.declare("government_services.read", _("Read cases and their files"))
DELIVER = permissions.declare("government_services.deliver", _("Hand over results"))
HANDLE_RATINGS = permissions.declare(
    "government_services.handle_ratings", _("Call back after negative ratings")
)
DESIGN_THEMES = permissions.declare(
    "government_services.design_themes", _("Publish “one thing” themes")
)


class CaseState(models.TextChoices):
    """Internal states of a case. Source: reference 1.10 (the national exchange model)."""

    SUBMITTED = "submitted", pgettext_lazy("case", "received, waiting for acceptance")
    CORRECTION_NOTICED = "correction_noticed", pgettext_lazy("case", "waiting for correction")
    ACCEPTED = "accepted", pgettext_lazy("case", "accepted")
    REVIEW = "review", pgettext_lazy("case", "under review")
    SUSPENDED = "suspended", pgettext_lazy("case", "clock stopped for a special procedure")
    EXTENDED = "extended", pgettext_lazy("case", "period extended")
    GRANTED = "granted", pgettext_lazy("case", "granted")
    DENIED = "denied", pgettext_lazy("case", "denied")
    CERT_ISSUED = "cert_issued", pgettext_lazy("case", "licence issued")
    DELIVERED = "delivered", pgettext_lazy("case", "delivered")
    NOT_ACCEPTED = "not_accepted", pgettext_lazy("case", "not accepted")
    NOT_NEEDED = "not_needed", pgettext_lazy("case", "no permission needed")
    PRE_REJECTED = "pre_rejected", pgettext_lazy("case", "not for this agency")
    RETURNED = "returned", pgettext_lazy("case", "returned: correction overdue")
    FORWARDED = "forwarded", pgettext_lazy("case", "forwarded to another agency")
    WITHDRAWN = "withdrawn", pgettext_lazy("case", "withdrawn by the applicant")
    VOIDED = "voided", pgettext_lazy("case", "voided")


S = CaseState
TRANSITIONS: dict[str, frozenset[str]] = {
    S.SUBMITTED: frozenset(
        {S.CORRECTION_NOTICED, S.ACCEPTED, S.NOT_ACCEPTED, S.NOT_NEEDED, S.PRE_REJECTED}
        | {S.WITHDRAWN, S.VOIDED}
    ),
    S.CORRECTION_NOTICED: frozenset({S.SUBMITTED, S.ACCEPTED, S.RETURNED, S.WITHDRAWN, S.VOIDED}),
    S.ACCEPTED: frozenset(
        {S.REVIEW, S.SUSPENDED, S.EXTENDED, S.GRANTED, S.DENIED, S.FORWARDED}
        | {S.WITHDRAWN, S.VOIDED}
    ),
    S.REVIEW: frozenset(
        {S.SUSPENDED, S.EXTENDED, S.GRANTED, S.DENIED, S.FORWARDED, S.WITHDRAWN, S.VOIDED}
    ),
    S.SUSPENDED: frozenset(
        {S.REVIEW, S.EXTENDED, S.GRANTED, S.DENIED, S.FORWARDED, S.WITHDRAWN, S.VOIDED}
    ),
    S.EXTENDED: frozenset(
        {S.REVIEW, S.SUSPENDED, S.GRANTED, S.DENIED, S.FORWARDED, S.WITHDRAWN, S.VOIDED}
    ),
    S.GRANTED: frozenset({S.CERT_ISSUED, S.DELIVERED, S.VOIDED}),
    S.CERT_ISSUED: frozenset({S.DELIVERED}),
    S.DENIED: frozenset(),
    S.DELIVERED: frozenset(),
    S.NOT_ACCEPTED: frozenset(),
    S.NOT_NEEDED: frozenset(),
    S.PRE_REJECTED: frozenset(),
    S.RETURNED: frozenset(),
    S.FORWARDED: frozenset(),
    S.WITHDRAWN: frozenset(),
    S.VOIDED: frozenset(),
}
BEFORE_ACCEPTANCE = frozenset({S.SUBMITTED, S.CORRECTION_NOTICED})
IN_PROGRESS = frozenset({S.ACCEPTED, S.REVIEW, S.SUSPENDED, S.EXTENDED})
WITHDRAWABLE = BEFORE_ACCEPTANCE | IN_PROGRESS
OPEN = WITHDRAWABLE | {S.GRANTED, S.CERT_ISSUED}


class Result(models.TextChoices):
    """How a case ended. Exchange partners use codes of two variants: see EXCHANGE_RESULT_CODES."""

    GRANTED = "granted", pgettext_lazy("case", "granted")
    DENIED = "denied", pgettext_lazy("case", "denied")
    VOIDED = "voided", pgettext_lazy("case", "void")
    DELETED = "deleted", pgettext_lazy("case", "entered by mistake")
    FORWARDED = "forwarded", pgettext_lazy("case", "forwarded")
    RETURNED = "returned", pgettext_lazy("case", "returned")
    WITHDRAWN = "withdrawn", pgettext_lazy("case", "withdrawn")
    NOT_ACCEPTED = "not_accepted", pgettext_lazy("case", "not accepted")
    NOT_NEEDED = "not_needed", pgettext_lazy("case", "no permission needed")


EXCHANGE_RESULT_CODES: dict[str, str] = {
    Result.GRANTED: "0",
    Result.DENIED: "1",
    Result.VOIDED: "2",
    Result.DELETED: "3",
    Result.FORWARDED: "4",
    Result.RETURNED: "5",
    Result.WITHDRAWN: "5",
    Result.NOT_ACCEPTED: "6",
    Result.NOT_NEEDED: "6",
}
"""办结结果 of Guangdong's case exchange. Source: reference 1.10; 5 also stands for giving up."""


class Channel(models.TextChoices):
    """Where the application came in; `exchange_channel_code` gives the exchange's code."""

    WEB = "web", pgettext_lazy("case", "website")
    APP = "app", pgettext_lazy("case", "mobile application")
    WAP = "wap", pgettext_lazy("case", "mobile website")
    WECHAT = "wechat", pgettext_lazy("case", "WeChat mini program")
    ALIPAY = "alipay", pgettext_lazy("case", "Alipay mini program")
    WINDOW = "window", pgettext_lazy("case", "service window")
    TERMINAL = "terminal", pgettext_lazy("case", "self-service terminal")
    OTHER = "other", pgettext_lazy("case", "other")


_CHANNEL_CODES = {
    Channel.WEB: "0",
    Channel.APP: "1",
    Channel.WAP: "2",
    Channel.WECHAT: "3",
    Channel.ALIPAY: "4",
}


def exchange_channel_code(channel: str) -> str:
    """PC 0, APP 1, WAP 2, WeChat 3, Alipay 4, other 9. Source: reference 1.10."""
    return _CHANNEL_CODES.get(Channel(channel), "9")


class NoticeKind(models.TextChoices):
    RECEIPT = "receipt", pgettext_lazy("case", "receipt of materials")
    ACCEPTED = "accepted", pgettext_lazy("case", "notice of acceptance")
    CORRECTION = "correction", pgettext_lazy("case", "notice of correction")
    REFUSED = "refused", pgettext_lazy("case", "notice of non-acceptance")
    NOT_NEEDED = "not_needed", pgettext_lazy("case", "notice that no permission is needed")
    RETURNED = "returned", pgettext_lazy("case", "notice of return")
    CLOCK_STOPPED = "clock_stopped", pgettext_lazy("case", "notice of a special procedure")
    DECISION = "decision", pgettext_lazy("case", "decision")
    WITHDRAWN = "withdrawn", pgettext_lazy("case", "notice of termination")


MATERIALS_MAX = 100  # our default: files, licences and promises of one application
# Materials of corrections stand in a case from this position on.
CORRECTED_FROM = MATERIALS_MAX
NOTICE_LETTERS: dict[str, str] = {
    NoticeKind.RECEIPT: "SJ",
    NoticeKind.ACCEPTED: "SL",
    NoticeKind.CORRECTION: "BZ",
    NoticeKind.REFUSED: "BYSL",
    NoticeKind.NOT_NEEDED: "WXSL",
    NoticeKind.RETURNED: "TJ",
    NoticeKind.CLOCK_STOPPED: "TBCX",
    NoticeKind.DECISION: "JD",
    NoticeKind.WITHDRAWN: "ZZ",
}
"""A notice's number is its case's number and these letters (and a serial from the second on)."""


class RatingLevel(models.IntegerChoices):
    """Source: GB/T 39046 A.8. 1-3 are positive, 4-5 negative."""

    VERY_SATISFIED = 1, pgettext_lazy("case", "very satisfied")
    SATISFIED = 2, pgettext_lazy("case", "satisfied")
    FAIRLY_SATISFIED = 3, pgettext_lazy("case", "fairly satisfied")
    DISSATISFIED = 4, pgettext_lazy("case", "dissatisfied")
    VERY_DISSATISFIED = 5, pgettext_lazy("case", "very dissatisfied")


NEGATIVE_LEVELS = frozenset({RatingLevel.DISSATISFIED, RatingLevel.VERY_DISSATISFIED})

MaterialKind = Literal["upload", "licence", "carried_over", "commitment"]
JointChildState = Literal["waiting", "started", "granted", "failed", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialGiven:
    """One material as it is handed in: a file stored before, a licence of the wallet, or the
    promise the guide allows in its place.

    `version`: of the words that were read before promising; None where the words shown were those
    of the item's pinned version.
    """

    code: str
    kind: MaterialKind = "upload"
    file_id: UUID | None = None
    licence_id: UUID | None = None
    name: str = ""
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """For whom a clerk at a window enters a case."""

    kind: Literal["person", "organisation"]
    id: UUID
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionItem:
    """One thing to correct: a material (by code), a form field (by dotted path), or neither: a
    general instruction, answered with words or files.
    """

    problem: str
    what_to_do: str
    material_code: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionReply:
    """The answer to a general instruction: `item` is its place in the notice, from 0."""

    item: int
    text: str = ""
    file_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One checked point of a site inspection."""

    point: str
    met: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFor:
    """Who has the case, since when, until when."""

    step: str
    who: str
    since: datetime | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What the case tells templates, notices and other layers; no form data."""

    id: UUID
    number: str
    item_code: str
    item_name: LocalisedText
    applicant_name: str
    state: str
    agency_name: str
    submitted_at: datetime
    accepted_at: datetime | None = None
    promised_due_on: date | None = None
    statutory_due_on: date | None = None
    extra: dict[str, str] = field(default_factory=dict)
