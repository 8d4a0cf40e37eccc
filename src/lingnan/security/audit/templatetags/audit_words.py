"""Words for what the record holds as codes. A code without words is shown as it is."""

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()

ACTS: Mapping[str, Promise] = {
    "government_services.case.submit": _("Case handed in"),
    "government_services.case.accept": _("Case accepted"),
    "government_services.case.not_accept": _("Case not accepted"),
    "government_services.case.notify_correction": _("Correction asked for"),
    "government_services.case.submit_correction": _("Correction handed in"),
    "government_services.case.granted": _("Granted"),
    "government_services.case.denied": _("Denied"),
    "government_services.case.deliver": _("Result delivered"),
    "government_services.case.fee_settled": _("Fee paid"),
    "government_services.case.issue_licence": _("Licence issued by a case"),
    "government_services.case.open_bill": _("Bill opened by a case"),
    "government_services.case.record_inspection": _("Inspection recorded"),
    "government_services.case.stop_clock": _("Clock stopped by a case"),
    "government_services.case.restart_clock": _("Clock restarted by a case"),
    "government_services.case.withdraw": _("Case withdrawn"),
    "government_services.joint_case.submit": _("Joint case handed in"),
    "government_services.rating.give": _("Rating given"),
    "government_services.theme.publish": _("Theme published"),
    "identity.acting_as": _("Identity switched"),
    "identity.mandate_given": _("Mandate given"),
    "identity.mandate_accepted": _("Mandate accepted"),
    "identity.mandate_revoked": _("Mandate revoked"),
    "identity.officer_created": _("Officer added"),
    "identity.organisation_registered": _("Organisation registered"),
    "identity.person_registered": _("Person registered"),
    "identity.role_granted": _("Role granted"),
    "identity.role_withdrawn": _("Role withdrawn"),
    "identity.second_factor_set": _("Second factor set up"),
    "identity.signed_in": _("Signed in"),
    "identity.signed_out": _("Signed out"),
    "identity.sign_in_failed": _("Sign-in failed"),
    "licences.issued": _("Electronic licence issued"),
    "licences.revoked": _("Licence revoked"),
    "licences.superseded": _("Licence replaced"),
    "licences.used": _("Licence used"),
    "licences.seal_made": _("Seal made"),
    "licences.seal_used": _("Seal used"),
    "licences.type_defined": _("Licence type defined"),
    "matters.item_published": _("Service item published"),
    "payment.bill_opened": _("Bill opened"),
    "payment.bill_settled": _("Bill paid"),
    "payment.bill_voided": _("Bill voided"),
    "workflow.clock_stopped": _("Case clock stopped"),
    "workflow.clock_resumed": _("Clock resumed"),
    "workflow.decision_published": _("Decision table published"),
    "workflow.process_published": _("Process published"),
    "workflow.process_started": _("Process started"),
    "workflow.task_done": _("Task done"),
    "workflow.task_voted": _("Countersigned"),
    "government_services.case.forward": _("Case passed to another body"),
    "government_services.case.return": _("Materials returned"),
    "government_services.case.choose_delivery": _("Way of delivery chosen"),
    "government_services.case.paid_after_end": _("Paid after the case had ended"),
    "government_services.cases.export": _("List of cases exported"),
    "government_services.rating.supplement": _("Rating supplemented"),
    "government_services.rating.review": _("Rating looked into"),
    "identity.account_opened": _("Account opened"),
    "identity.password_changed": _("Password changed"),
    "identity.recovery_codes_renewed": _("Recovery codes renewed"),
    "identity.second_factor_removed": _("Second factor removed"),
    "identity.second_factor_reset": _("Second factor reset"),
    "identity.other_sessions_ended": _("Signed out on other devices"),
    "identity.api_token_made": _("Token made"),
    "identity.api_token_revoked": _("Token withdrawn"),
    "identity.mandate_declined": _("Mandate declined"),
    "identity.contact_changed": _("Contact details changed"),
    "identity.person_looked_up": _("Person looked up"),
    "identity.officer_left": _("Officer left"),
    "payment.surplus_received": _("More received than asked"),
    "payment.fee_set": _("Fee set"),
    "payment.bill_expired": _("Bill expired"),
    "workflow.variables_set": _("Case data set"),
    "workflow.extension_requested": _("Extension asked for"),
    "workflow.extension_approved": _("Extension agreed"),
    "workflow.extension_refused": _("Extension refused"),
    "workflow.delegated": _("Work delegated"),
    "workflow.delegation_ended": _("Delegation ended"),
    "workflow.task_claimed": _("Task taken"),
    "workflow.task_released": _("Task put back"),
    "workflow.task_returned": _("Task sent back"),
    "workflow.task_transferred": _("Task handed over"),
    "workflow.task_consulted": _("Opinion asked for"),
    "workflow.task_consultation_withdrawn": _("Consultation withdrawn"),
    "workflow.task_urged": _("Task urged"),
    "workflow.task_answered": _("Opinion given"),
    "licences.seal_suspended": _("Seal suspended"),
    "licences.suspended": _("Licence suspended"),
    "licences.resumed": _("Licence in force again"),
    "licences.cancelled": _("Licence cancelled"),
    "matters.item_drafted": _("Service item drafted"),
    "matters.item_submitted": _("Service item handed in for review"),
    "matters.item_returned": _("Service item sent back"),
    "matters.item_suspended": _("Service item suspended"),
    "matters.item_resumed": _("Service item in force again"),
    "matters.item_cancelled": _("Service item cancelled"),
    "matters.item_adopted": _("Service item claimed"),
}
OBJECTS: Mapping[str, Promise] = {
    "account": _("Account"),
    "case": _("Case"),
    "joint_case": _("Joint case"),
    "joint_theme": _("Theme of joint handling"),
    "decision_version": _("Decision table"),
    "process_version": _("Process"),
    "process_instance": _("Running process"),
    "work_task": _("Task"),
    "licences.licence": _("Licence"),
    "licences.seal": _("Seal"),
    "licences.type": _("Licence type"),
    "mandate": _("Mandate"),
    "matters.service_item": _("Service item"),
    "officer": _("Officer"),
    "organisation": _("Organisation"),
    "person": _("Person"),
    "payment.bill": _("Bill"),
    "api_token": _("Access token"),
    "session": _("Session"),
    "payment.fee": _("Fee"),
    "delegation": _("Delegation"),
    "rating": _("Rating"),
}
OUTCOMES: Mapping[str, Promise] = {
    "ok": _("succeeded"),
    "refused": _("was refused"),
    "failed": _("failed"),
}


@register.filter
def act_name(code: str) -> str:
    return str(ACTS.get(code, code))


@register.filter
def object_name(kind: str) -> str:
    return str(OBJECTS.get(kind, kind))


@register.filter
def outcome_name(outcome: str) -> str:
    return str(OUTCOMES.get(outcome, outcome))
