"""The developers' face, and its navigation."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.web import navigation

from . import views

app_name = "developers"

urlpatterns = [
    path("developers/", views.show_start, name="start"),
    path("developers/reference/", views.show_reference, name="reference"),
    path("developers/reference/<slug:slug>/", views.show_group, name="group"),
    path("developers/errors/", views.show_errors, name="errors"),
    path("developers/events/", views.show_events, name="events"),
    path("developers/licences/", views.show_licences, name="licences"),
    path("developers/health/", views.show_health, name="health"),
]

navigation.register("developers", _("Start here"), "developers:start", order=10, icon="play")
navigation.register("developers", _("API reference"), "developers:reference", order=20, icon="code")
navigation.register("developers", _("Errors"), "developers:errors", order=30, icon="alert")
navigation.register("developers", _("Events"), "developers:events", order=40, icon="bell")
navigation.register("developers", _("Use licences"), "developers:licences", order=45, icon="wallet")
navigation.register("developers", _("Service health"), "developers:health", order=50, icon="heart")
navigation.register("developers", _("Components"), "web:components", order=60, icon="list")
navigation.register("footer", _("Developers"), "developers:start", order=90)
