"""Addresses of payment."""

from django.urls import path

from . import views

app_name = "payment"
urlpatterns = [
    path("pay/", views.look_up, name="look_up"),
    path("pay/receipts/", views.check_receipt, name="check_receipt"),
    path("pay/receipts/<str:number>/", views.check_receipt, name="check_receipt_number"),
    path("pay/<uuid:bill_id>/", views.show_bill, name="bill"),
    path("pay/<uuid:bill_id>/code.svg", views.show_code, name="code"),
    path("pay/<uuid:bill_id>/start/", views.start, name="start"),
    path("pay/<uuid:bill_id>/refresh/", views.refresh, name="refresh"),
    path("desk/bills/", views.desk_bills, name="desk_bills"),
    path("desk/bills/<uuid:bill_id>/", views.desk_bill, name="desk_bill"),
]
