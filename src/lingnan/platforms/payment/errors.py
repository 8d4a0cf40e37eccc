"""Why payment refuses."""

from datetime import date
from typing import Any

from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Malformed, NotFound, Refusal, Unavailable, refusal_classes


class BillNotFound(NotFound):
    code = "payment.bill_not_found"
    message = _("There is no bill under this number.")
    remedy = _("Check the 20 digits of the payment code on your notice.")


class ReceiptNotFound(NotFound):
    code = "payment.receipt_not_found"
    message = _("There is no receipt to show here.")
    remedy = _("A receipt is made within a minute after the payment arrived.")


class BadPaymentCode(Malformed):
    code = "payment.bad_payment_code"
    message = _("A payment code has 20 digits.")
    remedy = _("Check the number on your notice; spaces do not matter.")


class NothingToPay(Refusal):
    code = "payment.nothing_to_pay"
    message = _("A bill needs at least one line and an amount above zero.")


class SubjectOfTheHouse(Refusal):
    code = "payment.subject_of_the_house"
    status = 422
    message = _("Bills about “%(subject_kind)s” are issued by the platform itself.")
    remedy = _("Use a name of your own system for what the bill is for.")


class FeeUnknown(NotFound):
    code = "payment.fee_unknown"
    message = _("There is no fee of this code.")
    remedy = _("Look it up in the catalogue of fees.")


class FeeNotInForce(Refusal):
    code = "payment.fee_not_in_force"
    message = _("The fee %(fee_code)s was not in force on %(on)s.")
    remedy = _("Take a fee of the catalogue that is in force on that day.")
    source = "行政事业性收费标准管理办法 第三条"


class FeeAboveStandard(Refusal):
    code = "payment.fee_above_standard"
    message = _("The fee %(fee_code)s may not be more than %(standard)s per unit.")
    remedy = _("Charge the published standard or less.")
    source = "行政事业性收费标准管理办法 第四条"


class BillNotPayable(Refusal):
    code = "payment.bill_not_payable"
    message = _("This bill can no longer be paid: %(state)s.")
    remedy = _("If you believe it is still owed, ask the collecting agency for a new bill.")


class BillNotVoidable(Refusal):
    code = "payment.bill_not_voidable"
    message = _("This bill cannot be voided: %(state)s.")
    remedy = _("Money that was paid is given back as a refund, not by voiding.")


class BillBeingPaid(Refusal):
    code = "payment.bill_being_paid"
    message = _("Someone is paying this bill right now.")
    remedy = _("Try again when the payment has arrived or was given up.")


class ReasonMissing(Malformed):
    code = "payment.reason_missing"
    message = _("A reason is needed.")
    remedy = _("Say in a sentence why; the payer reads it.")


class ChannelUnknown(NotFound):
    code = "payment.channel_unknown"
    message = _("There is no such payment channel.")


class ReplayedNotice(Refusal):
    """Whoever sends a message again signs it again."""

    code = "payment.replayed_notice"
    message = _("This message was taken before.")
    source = "docs/reference/bank-gateway.md"


class ForgedNotice(Refusal):
    """Nothing of it is stored."""

    code = "payment.forged_notice"
    status = 403
    message = _("The signature of this notice does not hold.")
    source = "docs/reference/channels.md"


class NoticeMalformed(Malformed):
    code = "payment.notice_malformed"
    message = _("This notice is not of the agreed form.")
    source = "docs/reference/channels.md"


class CounterTransactionUsed(Refusal):
    code = "payment.counter_transaction_used"
    message = _("The counter slip %(slip)s was used for another payment.")
    remedy = _("Check the number on the slip.")


class ChannelUnavailable(Unavailable):
    code = "payment.channel_unavailable"
    message = _("The payment channel does not answer at the moment. Nothing is lost; try again.")


class ReductionAboveCharge(Refusal):
    code = "payment.reduction_above_charge"
    message = _("A reduction cannot be more than the charge.")
    remedy = _("Take off at most the whole charge; an exemption takes off all of it.")


class SharesNotWhole(Malformed):
    code = "payment.shares_not_whole"
    message = _("The shares of a fee must add up to one hundred percent.")
    remedy = _("Give each level of government a share above zero; together they are 10000 parts.")


class StateUnknown(Refusal):
    code = "payment.state_unknown"
    status = 403
    message = _("This way back from the app was not begun in this browser.")
    remedy = _("Open the bill again and choose how to pay.")


class DayMalformed(Malformed):
    code = "payment.day_malformed"
    message = _("This is not a day of the calendar.")


class DueDatePast(Refusal):
    code = "payment.due_date_past"
    message = _("%(due_on)s is past; no one could pay the bill.")
    remedy = _("Choose today or a later day.")


class RuleDraftNotFound(NotFound):
    code = "payment.rule_draft_not_found"
    message = _("There is no such draft.")


class RuleDraftDecided(Refusal):
    code = "payment.rule_draft_decided"
    message = _("This draft is decided already.")
    remedy = _("Propose the change anew.")


class RuleDraftWaiting(Refusal):
    code = "payment.rule_draft_waiting"
    message = _("A change of the same kind for %(rule_code)s waits for its second person already.")
    remedy = _("Decide on it, or withdraw it, first.")


class RuleBackdated(Refusal):
    code = "payment.rule_backdated"
    message = _("A rule is in force at the earliest from today, not from %(on)s.")
    remedy = _("Choose today or a later day; bills that stand are not changed by it.")


class RuleMalformed(Malformed):
    code = "payment.rule_malformed"
    message = _("This content does not fit a change of this kind.")
    remedy = _("Fill in each field of the form.")


class FeeNotListed(Refusal):
    code = "payment.fee_not_listed"
    message = _("%(fee_code)s is not in the catalogue of fees.")
    remedy = _("Only what stands in the catalogue may be charged; choose a fee from it.")


class RuleNotInForce(Refusal):
    code = "payment.rule_not_in_force"
    message = _("A rule for %(fee_code)s from %(on)s or later exists already.")
    remedy = _("Choose a later first day.")


class RefundNotFound(NotFound):
    code = "payment.refund_not_found"
    message = _("There is no such refund.")


class NothingToRefund(Refusal):
    code = "payment.nothing_to_refund"
    message = _("This bill was not paid, so nothing can be given back.")


class RefundAbovePaid(Refusal):
    code = "payment.refund_above_paid"
    message = _("At most %(left)s of this payment can still be given back.")
    remedy = _("Refunds together cannot exceed what was paid; correct the amount.")
    source = "政府非税收入管理办法 第三十条"


class RefundNotWaiting(Refusal):
    code = "payment.refund_not_waiting"
    message = _("This refund is not at this step: %(state)s.")
    remedy = _("Open it again to see where it stands.")


class SameOfficer(Refusal):
    code = "payment.same_officer"
    status = 403
    message = _("Who applied for or reviewed a refund cannot decide its next step.")
    remedy = _("Let another officer with the right role decide.")


class ReceiptBooked(Refusal):
    code = "payment.receipt_booked"
    message = _("%(who)s has booked this receipt; it cannot be reversed while the mark is on it.")
    remedy = _("Ask the unit that booked it to take the mark off, then try again.")


class ReceiptNotInForce(Refusal):
    code = "payment.receipt_not_in_force"
    message = _("This receipt was reversed or is itself a reversal; it cannot be booked.")


class NotYourMark(Refusal):
    code = "payment.not_your_mark"
    status = 403
    message = _("Only who booked the receipt can take the mark off.")


class StatementNotReady(Refusal):
    code = "payment.statement_not_ready"
    message = _("The channel has no statement of %(on)s yet.")
    remedy = _("Statements are ready the next morning; try again later or import a file.")


class PayerCodeRefused(Refusal):
    code = "payment.payer_code_refused"
    message = _("The payer's code was refused: %(reason)s.")
    remedy = _("Ask the payer to show a fresh code, or to pay another way.")


class ChannelRefused(Refusal):
    code = "payment.channel_refused"
    message = _("The payment channel refuses this: %(reason)s.")
    remedy = _("Choose another way to pay.")


class DayNotFound(NotFound):
    code = "payment.day_not_found"
    message = _("There is no such business day.")


class DifferenceNotFound(NotFound):
    code = "payment.difference_not_found"
    message = _("There is no such difference.")


class DayClosed(Refusal):
    code = "payment.day_closed"
    message = _("This business day is closed.")
    remedy = _("What comes to light later is booked on the day it comes to light.")


class DayNotCompared(Refusal):
    code = "payment.day_not_compared"
    message = _("This day was not compared yet.")
    remedy = _("Fetch or import the channel's statement first.")


class DayNotOver(Refusal):
    code = "payment.day_not_over"
    message = _("%(on)s is not over: money of that day may still come in.")
    remedy = _("Do it on the day after.")


class StatementMissing(Refusal):
    code = "payment.statement_missing"
    message = _("The channel's statement of this day is missing.")
    remedy = _("Fetch it, or import a file.")


class StatementFault(models.TextChoices):
    """Why a file is not taken as a statement."""

    NO_FILE = "no_file", _("no file was given")
    TOO_LARGE = "too_large", _("the file is too large")
    ARCHIVE = "archive", _("the archive cannot be opened")
    TEXT = "text", _("it is no text in UTF-8 or GBK")
    COLUMNS = "columns", _("its columns are not those of this form")
    LINE = "line", _("there is a line that cannot be read")


class StatementUnreadable(Malformed):
    code = "payment.statement_unreadable"
    message = _("This file is not a statement of the expected form: %(reason)s.")
    remedy = _("Take the file as the channel gives it, without opening it in another program.")

    def __init__(self, fault: StatementFault, *, line: int = 0) -> None:
        """`line`: of those that count, the first that cannot be read; 0 where it is not a line."""
        if line:
            reason = format_lazy(_("entry {line} cannot be read"), line=line)
            super().__init__(reason=reason, fault=fault.value, line=line)
        else:
            super().__init__(reason=fault.label, fault=fault.value)


class DayHasDifferences(Refusal):
    code = "payment.day_has_differences"
    message = _("%(count)s differences are open, or the treasury's statement is missing.")
    remedy = _("Settle them; or let a colleague ask, with a reason, that the day be closed so.")


class DifferenceSettled(Refusal):
    code = "payment.difference_settled"
    message = _("This difference is settled already.")


class ResolutionUnfit(Refusal):
    code = "payment.resolution_unfit"
    message = _("This cannot be done about this difference.")
    remedy = _("Choose one of the ways offered; approve only what was proposed.")


class FineAtCounter(Refusal):
    code = "payment.fine_at_counter"
    message = _("A fine above %(limit)s is paid to the bank, not to the agency.")
    remedy = _("Show the payer the square code, or scan the code on the payer's phone.")
    source = "行政处罚法 第六十七条、第六十八条"


class NotAFine(Refusal):
    code = "payment.not_a_fine"
    message = _("Only an unpaid fine has a surcharge that can pause.")


class PauseOpen(Refusal):
    code = "payment.pause_open"
    message = _("The surcharge is paused already, or this day lies before the pause.")


class ReductionNotInForce(Refusal):
    code = "payment.reduction_not_in_force"
    message = _("The ground %(reduction_code)s does not reduce this fee on this day.")
    remedy = _("Take one of the grounds of the catalogue that is in force for the fee.")


class ReductionNeedsApproval(Refusal):
    code = "payment.reduction_needs_approval"
    status = 403
    message = _("This reduction is granted only by an officer with the right to approve it.")


class PayerUnknown(Refusal):
    code = "payment.payer_unknown"
    message = _("No payer with this number is registered here.")
    remedy = _("Check the number; register the person or organisation first.")


class PayerCodeMalformed(Malformed):
    code = "payment.payer_code_malformed"
    message = _("The code a payer shows has 16 to 24 digits.")
    remedy = _("Scan it again, or ask the payer for a fresh one.")


class EndpointNotFound(NotFound):
    code = "payment.endpoint_not_found"
    message = _("There is no such connected system.")


class EndpointRefused(Malformed):
    """`reason` is a word of `SendProblem`, `reason_text` its label."""

    code = "payment.endpoint_refused"
    message = _("Results cannot be sent to this address: %(reason_text)s")
    remedy = _(
        "Give a public https address whose name is known, or one in a network the operator opened."
    )
    source = "docs/howto/receive-results.md"


class EndpointKnown(Refusal):
    code = "payment.endpoint_known"
    message = _("This address is connected for this agency already.")
    remedy = _("Make a new key for it if its secret was lost.")


class EndpointEnded(Refusal):
    code = "payment.endpoint_ended"
    message = _("This system is not connected any more.")
    remedy = _("Connect its address anew.")


class TooManyKeys(Refusal):
    code = "payment.too_many_keys"
    message = _("At most %(limit)s keys sign at one time.")
    remedy = _("Wait until one of them ends, or end the connection and begin anew.")


class DeliveryNotFound(NotFound):
    code = "payment.delivery_not_found"
    message = _("There is no such result.")


class DeliveryNotDead(Refusal):
    code = "payment.delivery_not_dead"
    message = _("This result is not given up, so it is not sent again by hand.")


def kept(refusal: Refusal) -> dict[str, Any]:
    """A refusal of payment as JSON to keep, so that it can be said later in any language."""
    facts = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in refusal.facts.items()
    }
    facts.pop("reason", None)  # words, made anew from the others
    return {"code": refusal.code, "facts": facts}


def recalled(said: dict[str, Any]) -> Refusal:
    """The refusal that `kept` gave."""
    facts = said["facts"]
    if said["code"] == StatementUnreadable.code:
        return StatementUnreadable(StatementFault(facts["fault"]), line=facts.get("line", 0))
    return next(cls for cls in refusal_classes() if cls.code == said["code"])(**facts)
