"""The roles the product ships: names for sets of permissions that other modules declare.

What an agency calls a post and what someone at it may do are two things: a head of section may be
approver here and case handler there. A test fails on a permission that no module declares.
"""

from dataclasses import dataclass

from lingnan.kernel.text import LocalisedText


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedRole:
    code: str
    name: LocalisedText
    permissions: frozenset[str]
    administration: str = ""


def _role(
    code: str, chinese: str, english: str, permissions: str, administration: str = ""
) -> ShippedRole:
    return ShippedRole(
        code=code,
        name={"zh-hans": chinese, "en": english},
        permissions=frozenset(permissions.split()),
        administration=administration,
    )


ROLES: tuple[ShippedRole, ...] = (
    _role(
        "window_clerk",
        "窗口受理人员",
        "Window clerk",
        "workflow.work_tasks workflow.read_processes government_services.receive"
        " government_services.accept government_services.read government_services.deliver"
        " identity.find_persons identity.register_persons identity.verify_persons"
        " payment.collect payment.read_bills licences.view licences.scan licences.ask_consent"
        " licences.check_originals masking.see_whole",
    ),
    _role(
        "window_supervisor",
        "窗口负责人",
        "Window supervisor",
        "identity.find_persons identity.withdraw_checks",
    ),
    _role(
        "case_handler",
        "承办人",
        "Case handler",
        "workflow.work_tasks workflow.read_processes workflow.stop_clocks"
        " government_services.review government_services.read government_services.deliver"
        " licences.view licences.scan licences.ask_consent masking.see_whole",
    ),
    _role(
        "reviewer",
        "审核人",
        "Reviewer",
        "workflow.work_tasks workflow.read_processes workflow.stop_clocks"
        " government_services.review government_services.read licences.view masking.see_whole",
    ),
    _role(
        "inspector",
        "现场核查人员",
        "Inspector",
        "workflow.work_tasks workflow.read_processes government_services.inspect"
        " government_services.read licences.scan",
    ),
    _role(
        "approver",
        "审批人",
        "Approver",
        "workflow.work_tasks workflow.read_processes workflow.approve_extensions"
        " workflow.assign_tasks workflow.stop_clocks government_services.decide"
        " government_services.read licences.view licences.change_status licences.issue"
        " licences.bring_in licences.check_originals"
        " licences.scan licences.approve_seals masking.see_whole",
    ),
    _role(
        "item_steward",
        "事项管理员",
        "Item steward",
        "matters.read matters.edit matters.catalogue workflow.publish_definitions"
        " workflow.read_processes government_services.design_themes",
    ),
    _role("item_reviewer", "事项审核员", "Item reviewer", "matters.read matters.review"),
    _role(
        "finance",
        "财务人员",
        "Finance officer",
        "payment.open_bills payment.read_bills payment.void_bills payment.collect"
        " payment.manage_fees payment.apply_refunds payment.manage_results",
    ),
    _role(
        "finance_reviewer",
        "财政审核人员",
        "Finance reviewer",
        "payment.read_bills payment.review_refunds payment.reconcile payment.read_flows"
        " payment.grant_reductions payment.manage_fees payment.confirm_fees",
    ),
    _role(
        "treasurer",
        "国库人员",
        "Treasury officer",
        "payment.read_bills payment.approve_refunds payment.close_days payment.read_flows",
    ),
    _role(
        "leader",
        "领导",
        "Leader",
        "performance.read government_services.read workflow.read_processes credit.figures",
    ),
    _role(
        "data_steward",
        "数据管理员",
        "Data steward",
        "calendar.manage agencies.manage government_services.handle_ratings performance.read",
    ),
    _role(
        "licence_steward", "证照管理员", "Licence steward", "licences.define_types licences.view"
    ),
    _role(
        "licence_type_reviewer",
        "证照类型审核员",
        "Reviewer of licence types",
        "licences.review_types licences.view",
    ),
    _role("seal_keeper", "印章保管人", "Seal keeper", "licences.keep_seals"),
    _role(
        "credit_reporter",
        "信用信息报送员",
        "Credit reporter",
        "workflow.work_tasks credit.report credit.export credit.read credit.apply_measures",
    ),
    _role(
        "credit_officer",
        "信用工作人员",
        "Credit officer",
        "workflow.work_tasks workflow.read_processes credit.read credit.manage credit.list"
        " credit.figures masking.see_whole",
    ),
    _role(
        "credit_steward",
        "信用规则管理员",
        "Steward of credit rules",
        "credit.steward credit.read",
    ),
    _role(
        "credit_approver",
        "信用认定审批人",
        "Credit approver",
        "workflow.work_tasks workflow.read_processes credit.read credit.decide",
    ),
    _role(
        "system_admin",
        "系统管理员",
        "System administrator",
        "identity.manage_officers",
        administration="system",
    ),
    _role(
        "security_admin",
        "安全管理员",
        "Security administrator",
        "identity.grant_roles identity.unlock_accounts identity.review_clients"
        " identity.manage_rules identity.manage_upstreams crypto.manage_keys licences.manage_seals",
        administration="security",
    ),
    _role(
        "audit_admin",
        "审计管理员",
        "Audit administrator",
        "audit.read audit.verify",
        administration="audit",
    ),
)
