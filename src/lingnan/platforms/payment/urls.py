"""Addresses of payment."""

from django.urls import path, register_converter

from .types import RuleKind
from .views import catalogue, desk, issuing, payer, reconciliation, refunds, results


class RuleKindConverter:
    """A kind of change of the catalogue in an address."""

    regex = "|".join(RuleKind.values)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


register_converter(RuleKindConverter, "rule_kind")

app_name = "payment"
urlpatterns = [
    path("pay/", payer.look_up, name="look_up"),
    path("pay/fees/", payer.fees, name="fees"),
    path("pay/receipts/", payer.check_receipt, name="check_receipt"),
    path("pay/receipts/<str:number>/", payer.check_receipt, name="check_receipt_number"),
    path("pay/<uuid:bill_id>/", payer.show_bill, name="bill"),
    path("pay/<uuid:bill_id>/notice.pdf", payer.show_notice, {"form": "pdf"}, name="notice_pdf"),
    path("pay/<uuid:bill_id>/notice.ofd", payer.show_notice, {"form": "ofd"}, name="notice_ofd"),
    path("pay/<uuid:bill_id>/code.svg", payer.show_code, name="code"),
    path("pay/<uuid:bill_id>/scan.svg", payer.show_scan_code, name="scan_code"),
    path("pay/<uuid:bill_id>/start/", payer.start, name="start"),
    path("pay/<uuid:bill_id>/wechat/", payer.pay_in_wechat, name="in_wechat"),
    path("pay/<uuid:bill_id>/refresh/", payer.refresh, name="refresh"),
    path("desk/bills/", desk.desk_bills, name="desk_bills"),
    path("desk/bills/new/", issuing.desk_bill_new, name="desk_bill_new"),
    path("desk/fees/", catalogue.desk_fees, name="desk_fees"),
    path("desk/fees/history/", catalogue.desk_fee_history, name="desk_fee_history"),
    path("desk/fees/new/<rule_kind:kind>/", catalogue.desk_fee_new, name="desk_fee_new"),
    path("desk/fees/drafts/<uuid:draft_id>/", catalogue.desk_fee_draft, name="desk_fee_draft"),
    path("desk/bills/<uuid:bill_id>/", desk.desk_bill, name="desk_bill"),
    path("desk/refunds/", refunds.desk_refunds, name="desk_refunds"),
    path("desk/refunds/<uuid:refund_id>/", refunds.desk_refund, name="desk_refund"),
    path("pay/receipts/<str:number>/book/", payer.book_receipt, name="book_receipt"),
    path("desk/reconciliation/", reconciliation.desk_days, name="desk_days"),
    path("desk/reconciliation/<uuid:day_id>/", reconciliation.desk_day, name="desk_day"),
    path(
        "desk/differences/<uuid:difference_id>/",
        reconciliation.desk_difference,
        name="desk_difference",
    ),
    path("desk/flows/", reconciliation.desk_flows, name="desk_flows"),
    path("desk/results/", results.desk_results, name="desk_results"),
    path("desk/results/new/", results.desk_result_new, name="desk_result_new"),
    path("desk/results/sent/", results.desk_result_deliveries, name="desk_result_deliveries"),
    path(
        "desk/results/sent/<uuid:delivery_id>/",
        results.desk_result_delivery,
        name="desk_result_delivery",
    ),
    path("desk/results/<uuid:endpoint_id>/", results.desk_result, name="desk_result"),
]
