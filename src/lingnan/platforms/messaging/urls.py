"""Addresses of messages."""

from django.urls import path

from . import views

app_name = "messaging"
urlpatterns = [
    path("messages/", views.show_inbox, name="inbox"),
    path("messages/read/", views.read_all, name="read_all"),
    path("messages/outbox/", views.show_outbox, name="outbox"),
    path("messages/<uuid:message_id>/", views.show_message, name="message"),
]
