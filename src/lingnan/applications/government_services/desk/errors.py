"""What only the officers' pages refuse: a form that does not say what its service needs to know."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Malformed


class OutcomeMissing(Malformed):
    code = "desk.outcome_missing"
    message = _("No outcome was chosen.")
    remedy = _("Choose one of the outcomes of this step.")


class FindingOpen(Malformed):
    code = "desk.finding_open"
    message = _("These points say neither “met” nor “not met”: %(points)s.")
    remedy = _("Answer each point of the inspection, or empty the line.")
    source = "行政许可法 34"


class ReceiverMissing(Malformed):
    code = "desk.receiver_missing"
    message = _("Nothing says who received the result.")
    remedy = _("Write who took it, or the number of the parcel.")
    source = "行政许可法 44"


class LookUpExpired(Malformed):
    code = "desk.look_up_expired"
    message = _("The person's file was opened too long ago.")
    remedy = _("Look the person up again; the case has not been handed in.")
