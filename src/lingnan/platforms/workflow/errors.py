"""Refusals of workflow."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.errors import Forbidden, Malformed, NotFound, Refusal


class DefinitionInvalid(Malformed):
    code = "workflow.definition_invalid"
    message = _("The definition cannot be published: %(count)s problems.")
    remedy = _("Correct the problems listed and publish again.")


class ProcessUnknown(NotFound):
    code = "workflow.process_unknown"
    message = _("There is no published process under this key.")


class DecisionUnknown(NotFound):
    code = "workflow.decision_unknown"
    message = _("There is no decision table under this key for that date.")


class NoRuleMatched(Refusal):
    code = "workflow.no_rule_matched"
    message = _("No rule of the decision table “%(decision)s” fits these facts.")
    remedy = _("Ask the steward of the decision table to add the missing rule.")


class SeveralRulesMatched(Refusal):
    code = "workflow.several_rules_matched"
    message = _("More than one rule of the decision table “%(decision)s” fits: %(rules)s.")
    remedy = _("Ask the steward of the decision table to make its rules distinct.")


class ExpressionFailed(Refusal):
    code = "workflow.expression_failed"
    message = _("The process cannot go on: the expression “%(expression)s” has no value here.")
    remedy = _("Ask the steward of the process; the step was not carried out.")


class ActionUnknown(Refusal):
    code = "workflow.action_unknown"
    message = _("The process asks for the action “%(action)s”, which no application provides.")
    remedy = _("Ask the steward of the process; the step was not carried out.")


class AlreadyStarted(Refusal):
    code = "workflow.already_started"
    message = _("This process already runs for this matter.")


class NotRunning(Refusal):
    code = "workflow.not_running"
    message = _("This process has ended; nothing can be done in it any more.")


class TaskAlreadyDone(Refusal):
    code = "workflow.task_already_done"
    message = _("Someone else has finished this task: %(by)s.")
    remedy = _("Go back to your inbox; nothing of yours is lost that was saved.")


class TaskClaimedByOther(Refusal):
    code = "workflow.task_claimed_by_other"
    message = _("%(by)s is working on this task.")
    remedy = _("Ask for it to be released or transferred to you.")


class TaskNotYours(Refusal):
    code = "workflow.task_not_yours"
    message = _("Only the one who works on this task can do this.")
    remedy = _("Claim the task first.")


class OwnSubmission(Forbidden):
    code = "workflow.own_submission"
    message = _("No one may decide on what he submitted himself.")
    remedy = _("Leave the task to a colleague or transfer it.")
    source = "规划 五（一）；平台默认：决定须经两人"


class OutcomeInvalid(Malformed):
    code = "workflow.outcome_invalid"
    message = _("“%(outcome)s” is not an outcome of this step.")
    remedy = _("Choose one of: %(choices)s.")


class OpinionMissing(Malformed):
    code = "workflow.opinion_missing"
    message = _("This outcome needs a reason.")
    remedy = _("Write the reason in the opinion field.")


class ConsultationOpen(Refusal):
    code = "workflow.consultation_open"
    message = _("An opinion asked for is still open: %(who)s.")
    remedy = _("Wait for the answer, or withdraw the question.")


class ReturnTargetInvalid(Refusal):
    code = "workflow.return_target_invalid"
    message = _("The step “%(step)s” was not passed before this one, so nothing returns to it.")
    remedy = _("Choose one of the earlier steps.")


class AssigneeInvalid(Refusal):
    code = "workflow.assignee_invalid"
    message = _("This officer cannot take the task: he holds no fitting role there.")
    remedy = _("Choose an officer of the agency who holds the role.")


class BatchNotAllowed(Refusal):
    code = "workflow.batch_not_allowed"
    message = _("This step must be decided one by one.")


class UrgedRecently(Refusal):
    code = "workflow.urged_recently"
    message = _("This task was urged less than a day ago.")
    remedy = _("Urge again tomorrow.")
    source = "平台默认，规划未定数值"


class MessageNotAwaited(Refusal):
    code = "workflow.message_not_awaited"
    message = _("The process does not wait for “%(name)s” at present.")


class ClockAlreadyStopped(Refusal):
    code = "workflow.clock_already_stopped"
    message = _("The clock stands still already.")


class ClockNotRunning(Refusal):
    code = "workflow.clock_not_running"
    message = _("No clock runs for this matter.")


class ClockNotStopped(Refusal):
    code = "workflow.clock_not_stopped"
    message = _("The clock is running; there is nothing to resume.")


class SuspensionReasonUnknown(Malformed):
    code = "workflow.suspension_reason_unknown"
    message = _("The law does not let the clock stop for “%(reason)s”.")
    remedy = _("Choose one of the special procedures the law names.")
    source = "行政许可法 45"


class SuspensionNeedsLength(Malformed):
    code = "workflow.suspension_needs_length"
    message = _("The applicant must be told in writing how long the special procedure takes.")
    remedy = _("Give the number of days.")
    source = "行政许可法 45"


class ExtensionTooLong(Refusal):
    code = "workflow.extension_too_long"
    message = _("The period can be extended by %(allowed)s working days at most.")
    source = "行政许可法 42"


class ExtensionPending(Refusal):
    code = "workflow.extension_pending"
    message = _("An extension has been asked for and waits for an answer.")


class ExtensionUnknown(NotFound):
    code = "workflow.extension_unknown"
    message = _("There is no open request for an extension.")


class ReasonMissing(Malformed):
    code = "workflow.reason_missing"
    message = _("A reason is needed.")


class DelegationInvalid(Malformed):
    code = "workflow.delegation_invalid"
    message = _("Tasks are delegated to a colleague of the same agency, for days that lie ahead.")
