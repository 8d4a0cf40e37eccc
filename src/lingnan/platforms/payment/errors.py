"""Why payment refuses."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Malformed, NotFound, Refusal, Unavailable


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


class ForgedNotice(Refusal):
    """Nothing of it is stored."""

    code = "payment.forged_notice"
    status = 403
    message = _("The signature of this notice does not hold.")
    source = "docs/reference/bank-gateway.md"


class NoticeMalformed(Malformed):
    code = "payment.notice_malformed"
    message = _("This notice is not of the agreed form.")
    source = "docs/reference/bank-gateway.md"


class CounterTransactionUsed(Refusal):
    code = "payment.counter_transaction_used"
    message = _("The counter slip %(slip)s was used for another payment.")
    remedy = _("Check the number on the slip.")


class ChannelUnavailable(Unavailable):
    code = "payment.channel_unavailable"
    message = _("The bank does not answer at the moment. No money was taken.")


class ReductionAboveCharge(Refusal):
    code = "payment.reduction_above_charge"
    message = _("A reduction cannot be more than the charge.")
    remedy = _("Take off at most the whole charge; an exemption takes off all of it.")


class SharesNotWhole(Malformed):
    code = "payment.shares_not_whole"
    message = _("The shares of a fee must add up to one hundred percent.")
    remedy = _("Give each level of government a share above zero; together they are 10000 parts.")


class RuleNotInForce(Refusal):
    code = "payment.rule_not_in_force"
    message = _("A rule for %(fee_code)s from %(on)s or later exists already.")
    remedy = _("Choose a later first day.")
