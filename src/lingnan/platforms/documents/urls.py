"""Addresses of files."""

from django.urls import path

from . import views

app_name = "documents"
urlpatterns = [path("documents/<uuid:file_id>/", views.download, name="download")]
