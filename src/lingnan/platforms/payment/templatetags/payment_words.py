"""Words of payment in templates: states, channels, outcomes."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lingnan.kernel import clock
from lingnan.kernel.web.templatetags.components import actor_name, date_cn, tag

from .. import queries
from ..adapters.registry import channel_name as name_of_channel
from ..events import BillExpired, BillSettled, BillVoided, RefundPaid
from ..models import (
    Bill,
    BusinessDay,
    ChannelNotice,
    Difference,
    FeeReduction,
    FiscalReceipt,
    PaymentAttempt,
    Refund,
    ResultDelivery,
    ResultTry,
    RuleDraft,
    SplitRule,
)
from ..types import (
    UNPAID,
    BillState,
    DayState,
    DeliveryState,
    DifferenceState,
    DraftState,
    ReceiptKind,
    RefundState,
    SendProblem,
)

register = template.Library()

COLOURS = {
    BillState.OPEN: "yellow",
    BillState.PAYING: "blue",
    BillState.PAID: "green",
    BillState.VOIDED: "grey",
    BillState.EXPIRED: "red",
}


@register.simple_tag
def bill_state(bill: Bill) -> SafeString:
    """A bill's state as a tag; one past its due date shows as expired at once."""
    state = shown_state(bill)
    return tag(str(state.label), COLOURS[state])


def shown_state(bill: Bill) -> BillState:
    """The state readers are told."""
    state = BillState(bill.state)
    if state in UNPAID and queries.is_over(bill, on=clock.today()):
        return BillState.EXPIRED
    return state


@register.simple_tag
def attempt_state(attempt: PaymentAttempt) -> SafeString:
    """An attempt's state as a tag."""
    words = {
        "placing": (_("Being placed"), "blue"),
        "pending": (_("Waiting for the payer"), "blue"),
        "paid": (_("Paid"), "green"),
        "closed": (_("Closed"), "grey"),
    }
    return tag(*words[attempt.state])


@register.simple_tag
def refund_state(refund: Refund) -> SafeString:
    """A refund's state as a tag."""
    state = RefundState(refund.state)
    colours = {
        RefundState.PAID: "green",
        RefundState.REFUSED: "grey",
        RefundState.FAILED: "red",
    }
    return tag(str(state.label), colours.get(state, "blue"))


@register.simple_tag
def receipt_state(receipt: FiscalReceipt) -> SafeString:
    """Where a receipt stands, as a tag."""
    if receipt.kind == ReceiptKind.REVERSAL:
        return tag(_("Red receipt"), "red")
    if receipt.reversed_at is not None:
        return tag(_("Reversed"), "grey")
    if receipt.booked_at is not None:
        return tag(_("Booked"), "blue")
    if receipt.sealed_at is None:
        return tag(_("Being sealed"), "yellow")
    return tag(_("In force"), "green")


@register.simple_tag
def day_state(day: BusinessDay) -> SafeString:
    """A day's state as a tag."""
    state = DayState(day.state)
    colours = {DayState.OPEN: "yellow", DayState.COMPARED: "blue", DayState.CLOSED: "green"}
    return tag(str(state.label), colours[state])


@register.simple_tag
def difference_state(found: Difference) -> SafeString:
    """A difference's state as a tag."""
    state = DifferenceState(found.state)
    colours = {DifferenceState.OPEN: "red", DifferenceState.RESOLVED: "green"}
    return tag(str(state.label), colours.get(state, "yellow"))


@register.simple_tag
def draft_state(draft: RuleDraft) -> SafeString:
    """The state of a change of the catalogue as a tag."""
    state = DraftState(draft.state)
    colours = {
        DraftState.WAITING: "yellow",
        DraftState.CONFIRMED: "green",
        DraftState.REFUSED: "red",
    }
    return tag(str(state.label), colours.get(state, "grey"))


@register.simple_tag
def rule_standing(row: FeeReduction | SplitRule) -> SafeString:
    """Whether a rule of the catalogue is, was, will be, or never came into force, as a tag."""
    today = clock.today()
    if row.withdrawn_at is not None:
        text = _("Withdrawn before it began: %(who)s, %(on)s")
        who, on = actor_name(row.withdrawn_by), date_cn(row.withdrawn_at)
        return tag(text % {"who": who, "on": on}, "grey")
    if row.effective_until is not None and row.effective_until <= today:
        return tag(_("Ended"), "grey")
    if row.effective_from > today:
        return tag(_("Not in force yet"), "yellow")
    return tag(_("In force"), "green")


@register.simple_tag
def delivery_state(delivery: ResultDelivery) -> SafeString:
    """Where a result for an agency's system stands, as a tag."""
    state = DeliveryState(delivery.state)
    colours = {DeliveryState.DELIVERED: "green", DeliveryState.DEAD: "red"}
    return tag(str(state.label), colours.get(state, "yellow"))


@register.filter
def result_name(event: str) -> str:
    """What a result says of its bill."""
    words = {
        BillSettled.name: _("Paid"),
        BillVoided.name: _("Voided"),
        BillExpired.name: _("Expired"),
        RefundPaid.name: _("Given back"),
    }
    return words[event]


@register.filter
def try_name(sent: ResultTry) -> str:
    """What came of sending a result."""
    if sent.status is None:
        return str(SendProblem(sent.problem).label)
    return _("Answer %(status)s") % {"status": sent.status}


@register.filter
def step_name(step: str) -> str:
    """What runs on a day right now."""
    words = {
        "waiting": _("Waiting to begin"),
        "import_channel": _("Reading the channel's statement"),
        "import_treasury": _("Reading the treasury's statement"),
        "compare": _("Comparing"),
        "stopped": _("Stopped"),
    }
    return words.get(step, step)


@register.filter
def outcome_name(outcome: str) -> str:
    """What a notice of a channel led to."""
    names = ChannelNotice.Outcome
    words = {
        names.SETTLED: _("Paid the bill"),
        names.KNOWN: _("Known already"),
        names.SURPLUS: _("Surplus, to be refunded"),
        names.WRONG_AMOUNT: _("Wrong amount, to be refunded"),
        names.UNKNOWN_ORDER: _("Unknown order"),
        names.NOT_PAID: _("Not paid"),
        names.REFUND: _("News of a refund"),
    }
    return words[names(outcome)]


@register.filter
def channel_name(code: str) -> str:
    """What people call a channel."""
    return name_of_channel(code)


@register.filter
def grouped(code: str) -> str:
    """20 digits in groups of four, to be read and typed."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))
