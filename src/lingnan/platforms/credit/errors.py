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


class ByProcedureOnly(Refusal):
    code = "credit.by_procedure_only"
    message = _("Breaches of commitments come on record only by their procedure.")
    remedy = _("Check the commitment: a breach found there is told to the subject first.")


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


class DecisionWrong(Malformed):
    code = "credit.decision_wrong"
    message = _("Some columns of the decision are missing or not right.")
    source = "行政许可和行政处罚等信用信息公示数据标准"


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


class EntryNotFound(NotFound):
    code = "credit.entry_not_found"
    message = _("There is no such entry here.")


class RosterUnknown(NotFound):
    code = "credit.roster_unknown"
    message = _("There is no such roster.")
    remedy = _("A roster exists only where a law or the national catalogue provides for it.")


class EvidenceMissing(Malformed):
    code = "credit.evidence_missing"
    message = _("An entry needs at least one record of this subject that is in use as evidence.")
    source = "国办发〔2020〕49号"


class FactsMissing(Malformed):
    code = "credit.facts_missing"
    message = _("The facts are missing.")
    remedy = _("Say what happened; the subject reads it in the notice.")


class EntryExists(Refusal):
    code = "credit.entry_exists"
    message = _("This subject is on this roster already, or on the way.")


class RosterNotFor(Refusal):
    code = "credit.roster_not_for"
    message = _("Your agency does not decide on this roster: %(agency)s does.")


class HearingOpen(Refusal):
    """The hard guard: no decision without notice and a time to answer."""

    code = "credit.hearing_open"
    message = _("The subject was not told, or may still answer until %(until)s.")
    source = "行政处罚法 44, 45, 62"


class StatementClosed(Refusal):
    code = "credit.statement_closed"
    message = _("A statement can no longer be made.")
    remedy = _("Object to the entry, or use the remedy named in the decision.")


class MeasureNotFound(NotFound):
    code = "credit.measure_not_found"
    message = _("There is no such measure here.")


class MeasureLifted(Refusal):
    code = "credit.measure_lifted"
    message = _("This measure was lifted: it must not be applied any more.")


class AppealNotFound(NotFound):
    code = "credit.appeal_not_found"
    message = _("There is no such objection or repair here.")


class AppealOpen(Refusal):
    code = "credit.appeal_open"
    message = _("One is being handled already.")
    remedy = _("Wait for the answer, or take the open one back.")


class AppealSettled(Refusal):
    code = "credit.appeal_settled"
    message = _("It is settled already.")


class CorrectionMissing(Malformed):
    code = "credit.correction_missing"
    message = _("To correct the record, say what is to be changed.")
    remedy = _("Open the objection from its own page and fill in what is right.")


class NotAdverse(Refusal):
    code = "credit.not_adverse"
    message = _("Only adverse records and entries are repaired.")


class TooEarlyToRepair(Refusal):
    code = "credit.too_early_to_repair"
    message = _("Repair may be applied for from %(repair_from)s on.")
    remedy = _("Until then do what the decision asks of you and keep the proof.")
    source = "信用修复管理办法"


class NothingToRepair(Refusal):
    code = "credit.nothing_to_repair"
    message = _("Its term of publicity is over: nobody is shown or uses it, nothing is to repair.")
    source = "信用修复管理办法"


class NeverRepairable(Refusal):
    code = "credit.never_repairable"
    message = _("By its rule this cannot be repaired before its term.")


class ProofMissing(Malformed):
    code = "credit.proof_missing"
    message = _("A proof that the duties are fulfilled is missing.")
    remedy = _("Add the receipt of the fine or the proof that things were put right.")
    source = "信用修复管理办法"


class PromiseMissing(Malformed):
    code = "credit.promise_missing"
    message = _("The credit commitment must be made.")
    source = "信用修复管理办法"


class PromiseChanged(Refusal):
    code = "credit.promise_changed"
    message = _("The words of the credit commitment are others now.")
    remedy = _("Read them again and commit yourself to what they say now (%(version)s).")
    source = "信用修复管理办法"


class ComplaintNotFound(NotFound):
    code = "credit.complaint_not_found"
    message = _("There is no such complaint here.")


class ComplaintAboutOneself(Refusal):
    code = "credit.complaint_about_oneself"
    message = _("This is your own archive.")
    remedy = _("Object to the record that is wrong instead.")


class StillInTime(Refusal):
    code = "credit.still_in_time"
    message = _("It is promised by %(due_on)s; until then it is being handled.")
    remedy = _("Wait for the answer. After that day, or once it is settled, you may complain.")


class CommitmentNotFound(NotFound):
    code = "credit.commitment_not_found"
    message = _("There is no such commitment here.")


class CommitmentChecked(Refusal):
    code = "credit.commitment_checked"
    message = _("This commitment was checked already.")


class ConsentNotFound(NotFound):
    code = "credit.consent_not_found"
    message = _("There is no such consent here.")


class ConsentMissing(Refusal):
    code = "credit.consent_missing"
    status = 403
    message = _("A report on a natural person needs that person's consent for your agency.")
    remedy = _("Ask the person to give it under “My credit archive”.")
    source = "个人信息保护法 13"


class ConsentNotNeeded(Refusal):
    code = "credit.consent_not_needed"
    message = _("Only natural persons give a consent; acts of organisations are public or shared.")


class TermInvalid(Malformed):
    code = "credit.term_invalid"
    message = _("A consent holds from tomorrow at the earliest and at most %(limit)s days.")


class ReportNotFound(NotFound):
    code = "credit.report_not_found"
    message = _("There is no such report here.")


class RuleUnknown(NotFound):
    code = "credit.rule_unknown"
    message = _("There is no such rule.")


class ProposalNotFound(NotFound):
    code = "credit.proposal_not_found"
    message = _("There is no such proposal.")


class ProposalOpen(Refusal):
    code = "credit.proposal_open"
    message = _("A version of it is proposed already.")
    remedy = _("Have it published or refused first, or take it back.")


class ProposalDecided(Refusal):
    code = "credit.proposal_decided"
    message = _("This proposal is decided already.")


class RuleNotNew(Refusal):
    code = "credit.rule_not_new"
    message = _("A new version needs a name it has not had before.")


class RuleReachesBack(Refusal):
    code = "credit.rule_reaches_back"
    message = _("A version begins after today (%(today)s) and after the version before it.")
    remedy = _("Facts before its first day keep the rule they had.")
    source = "立法法 104"


class RuleContentWrong(Malformed):
    code = "credit.rule_content_wrong"
    message = _("Something in it does not fit: %(place)s.")
    remedy = _("Keep the names and kinds of values of the version before.")


class AlertNotFound(NotFound):
    code = "credit.alert_not_found"
    message = _("There is no such alert here.")


class AlertHandled(Refusal):
    code = "credit.alert_handled"
    message = _("Someone looked at this alert already.")
