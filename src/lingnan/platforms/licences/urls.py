from django.urls import path

from . import views

app_name = "licences"
urlpatterns = [
    path("wallet/", views.wallet, name="wallet"),
    path("wallet/<uuid:licence_id>/", views.show, name="show"),
    path("wallet/<uuid:licence_id>/qr.svg", views.qr, name="qr"),
    path("wallet/<uuid:licence_id>/seal.png", views.seal_picture, name="seal_picture"),
    path("wallet/<uuid:licence_id>/face.<str:kind>", views.face, name="face"),
    path("wallet/<uuid:licence_id>/proof/<str:part>", views.proof_file, name="proof_file"),
    path("licences/copies/<uuid:use_id>/", views.copy, name="copy"),
    path("verify/", views.verify, name="verify"),
    path("verify/<str:identifier>/", views.verify_identifier, name="verify_identifier"),
    path("desk/licences/", views.desk, name="desk"),
    path("desk/licences/<uuid:licence_id>/", views.desk_licence, name="desk_licence"),
    path("desk/licences/<uuid:licence_id>/status/", views.change_status, name="change_status"),
]
