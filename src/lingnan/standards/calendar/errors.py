from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Malformed, Refusal

NOTICE = "国务院办公厅关于部分节假日安排的通知"


class OutsideCalendar(Refusal):
    """A date so far away that nothing sensible can be said about its week."""

    code = "calendar.outside"
    status = 422
    message = _("The calendar covers %(first)s to %(last)s.")
    remedy = _("Check the date.")
    source = NOTICE


class YearIncomplete(Malformed):
    """The days sent cannot be the official arrangement of that year."""

    code = "calendar.year_incomplete"
    message = _("This is not the arrangement of a whole year: %(reason)s")
    remedy = _("Compare it with the notice of the General Office of the State Council.")
    source = NOTICE


class YearPast(Refusal):
    """A year that is over is history; its deadlines have been acted on."""

    code = "calendar.year_past"
    message = _("The year %(year)s is over and cannot be published again.")
    remedy = _("If a past day was wrong, correct the cases concerned one by one, with a reason.")
    source = NOTICE


class YearTooFar(Refusal):
    code = "calendar.year_too_far"
    message = _("The year %(year)s cannot be published before %(previous)s.")
    remedy = _("Publish the years in order.")
    source = NOTICE


class ClosureMalformed(Malformed):
    code = "calendar.closure_malformed"
    message = _("A closure has a first and a last day, at most %(limit)s days, and a reason.")
    source = "突发事件应对法；天数上限为平台默认"


class ClosureExists(Refusal):
    code = "calendar.closure_exists"
    message = _("%(date)s is already marked in this division.")
    remedy = _("Look at the list of the year first.")
    source = "突发事件应对法"


class OnePeriod(Malformed):
    code = "calendar.one_period"
    message = _("Give exactly one of workdays, calendar_days and months.")
    remedy = _("Look in the law whether the period is in working days, days or months.")
    source = "行政许可法 82; 民法典 200-203"
