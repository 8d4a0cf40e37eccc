"""Why credit refuses."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Malformed, NotFound, Refusal


class NotAWanAmount(Malformed):
    code = "credit.not_a_wan_amount"
    message = _("“%(text)s” is not an amount in ten thousand yuan with at most six decimals.")
    source = "CF_NR_FK decimal(18,6)"


class AmountTooFine(Malformed):
    code = "credit.amount_too_fine"
    message = _("“%(text)s” is finer than one fen.")
    remedy = _("Give the amount in ten thousand yuan with at most six decimals.")
    source = "CF_NR_FK decimal(18,6)"


class NotADate(Malformed):
    code = "credit.not_a_date"
    message = _("“%(text)s” is not a date like 2026/11/23.")


class SubjectNotFound(NotFound):
    code = "credit.subject_not_found"
    message = _("There is no such archive here.")
    remedy = _("Search by the full name or the unified social credit code.")


class RecordNotFound(NotFound):
    code = "credit.record_not_found"
    message = _("There is no such record here.")
    remedy = _("Its term of publicity may be over, or it was corrected.")


class BatchNotFound(NotFound):
    code = "credit.batch_not_found"
    message = _("There is no such delivery here.")


class SourceUnknown(NotFound):
    code = "credit.source_unknown"
    message = _("This source is not registered: %(source_code)s.")
    remedy = _("Ask the credit office to register the source with its legal basis.")


class SourceClosed(Refusal):
    code = "credit.source_closed"
    message = _("This source no longer takes records: %(source_code)s.")


class SourceTaken(Refusal):
    code = "credit.source_taken"
    message = _("A source with the code %(source_code)s exists already.")


class BasisMissing(Malformed):
    code = "credit.basis_missing"
    message = _("Every source needs its legal basis.")
    remedy = _("Name the law or regulation and its article.")


class RuleMissing(Refusal):
    code = "credit.rule_missing"
    message = _("No version of the rule %(rule)s was in force on %(on)s.")
    remedy = _("Ask the credit office to enter the rule that held on that day.")


class TableUnreadable(Malformed):
    code = "credit.table_unreadable"
    message = _("The file cannot be read: %(reason)s.")
    remedy = _("Save it as CSV in UTF-8 or GBK, with the national column names in the first row.")


class TableTooLarge(Malformed):
    code = "credit.table_too_large"
    message = _("A table has at most %(limit)s rows.")
    remedy = _("Divide it and send the parts one after the other.")


class ReasonMissing(Malformed):
    code = "credit.reason_missing"
    message = _("A reason is needed.")
    remedy = _("Say in a sentence why; the subject reads it.")


class NothingChanged(Refusal):
    code = "credit.nothing_changed"
    message = _("The correction is the same as the record.")


class RecordEnded(Refusal):
    code = "credit.record_ended"
    message = _("This record is no longer shown or used.")
