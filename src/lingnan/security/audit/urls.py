from django.urls import path

from . import views

app_name = "audit"
urlpatterns = [
    path("admin/audit/", views.search, name="search"),
    path("admin/audit/chain/", views.verify, name="verify"),
]
