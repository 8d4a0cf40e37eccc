from django.urls import path

from . import views

app_name = "crypto"
urlpatterns = [
    path("pki/<str:serial_number>.crl", views.revocation_list, name="revocation_list"),
]
