"""States as an applicant reads them: a word, a sentence, a colour."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from lingnan.standards.calendar.types import CalendarDays, Workdays

from ..models import Case, JointCase, JointChild
from ..types import CaseState


@dataclass(frozen=True, slots=True)
class Said:
    word: str | Promise
    sentence: str | Promise
    colour: str


S = CaseState
_SAID: dict[str, Said] = {
    S.SUBMITTED: Said(
        pgettext_lazy("case", "Received"),
        _("We have your application and are checking that it is complete."),
        "blue",
    ),
    S.CORRECTION_NOTICED: Said(
        _("Waiting for you"),
        _("Something has to be corrected. Everything that is asked for is listed below."),
        "yellow",
    ),
    S.ACCEPTED: Said(
        pgettext_lazy("case", "Accepted"),
        _("Your application is complete and has been accepted. The promised time is running."),
        "blue",
    ),
    S.REVIEW: Said(_("Under review"), _("Your application is being examined."), "blue"),
    S.SUSPENDED: Said(
        _("Clock stopped"),
        _("A special procedure is under way. Its time does not count; the reason is given below."),
        "grey",
    ),
    S.EXTENDED: Said(
        _("Under review"),
        _("The period has been extended. The new date is given below."),
        "yellow",
    ),
    S.GRANTED: Said(_("Approved"), _("Your application has been approved."), "green"),
    S.DENIED: Said(
        _("Not approved"),
        _("Your application was not approved. The reason and what you can do are given below."),
        "red",
    ),
    S.CERT_ISSUED: Said(
        _("Licence issued"), _("Your licence has been issued and is in your wallet."), "green"
    ),
    S.DELIVERED: Said(pgettext_lazy("case", "Done"), _("You have received the result."), "green"),
    S.NOT_ACCEPTED: Said(
        _("Not accepted"), _("Your application was not accepted. The notice says why."), "red"
    ),
    S.NOT_NEEDED: Said(
        _("No permission needed"),
        _("You need no permission for this; you may simply go ahead."),
        "green",
    ),
    S.PRE_REJECTED: Said(
        _("Not for this agency"),
        _("Another agency is in charge. The notice says which, and how to apply there."),
        "grey",
    ),
    S.RETURNED: Said(
        pgettext_lazy("case", "Returned"),
        _("What was to be corrected did not come in time. You may apply again at any time."),
        "grey",
    ),
    S.FORWARDED: Said(
        _("Passed on"), _("Your application was passed on to the agency in charge."), "grey"
    ),
    S.WITHDRAWN: Said(
        pgettext_lazy("case", "Withdrawn"),
        _("You took this application back. You may apply again at any time."),
        "grey",
    ),
    S.VOIDED: Said(
        pgettext_lazy("case", "Void"),
        _("This case was made void. The notice says why."),
        "grey",
    ),
}
FEE_DUE = Said(
    _("Waiting for payment"),
    _("Approved. As soon as the fee is paid, the result follows by itself."),
    "yellow",
)
_CHILDREN: dict[str, Said] = {
    JointChild.State.WAITING: Said(
        _("Starts later"), _("It starts by itself as soon as the part before it is done."), "grey"
    ),
    JointChild.State.STARTED: Said(_("In progress"), _("Being handled now."), "blue"),
    JointChild.State.GRANTED: Said(_("Approved"), _("This part is approved."), "green"),
    JointChild.State.FAILED: Said(
        _("Not approved"), _("This part ended without approval; open it to see why."), "red"
    ),
    JointChild.State.DROPPED: Said(
        _("Not started"), _("This part will not start, because one before it failed."), "grey"
    ),
}
_JOINT: dict[str, Said] = {
    JointCase.State.OPEN: Said(_("In progress"), _("The parts are being handled."), "blue"),
    JointCase.State.FINISHED: Said(
        pgettext_lazy("case", "Done"), _("Everything that is required is done."), "green"
    ),
    JointCase.State.FAILED: Said(
        _("Ended"), _("A required part was not approved; open it to see why."), "red"
    ),
    JointCase.State.WITHDRAWN: Said(
        pgettext_lazy("case", "Withdrawn"), _("You took this application back."), "grey"
    ),
}


def of_case(case: Case) -> Said:
    if case.is_fee_due and case.concluded_at is None:
        return FEE_DUE
    return _SAID[case.state]


def of_child(child: JointChild) -> Said:
    return _CHILDREN[child.state]


def of_joint(joint: JointCase) -> Said:
    return _JOINT[joint.state]


def limit(value: Workdays | CalendarDays | None) -> str:
    """A period with its unit, never without: "7 working days"."""
    if value is None:
        return ""
    return days(int(value), "workdays" if isinstance(value, Workdays) else "calendar_days")


def days(number: int, unit: str) -> str:
    if unit == "workdays":
        text = ngettext("%(number)d working day", "%(number)d working days", number)
    else:
        text = ngettext("%(number)d calendar day", "%(number)d calendar days", number)
    return text % {"number": number}
