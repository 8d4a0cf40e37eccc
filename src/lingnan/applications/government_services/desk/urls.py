"""Addresses of the officers' pages, and their lines in the workbench's navigation."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.web import navigation

from ..types import HANDLE_RATINGS, READ, RECEIVE
from . import lists, ratings, views, window

urlpatterns = [
    path("desk/cases/", lists.list_cases, name="desk_cases"),
    path("desk/cases/export.csv", lists.export_cases, name="desk_cases_export"),
    path("desk/cases/<uuid:case_id>/", views.show_case, name="desk_case"),
    path(
        "desk/cases/<uuid:case_id>/materials/<uuid:material_id>/",
        views.read_material,
        name="desk_material",
    ),
    path("desk/cases/<uuid:case_id>/<slug:verb>/", views.act_on_case, name="desk_act"),
    path("desk/window/", window.find_visitor, name="desk_window"),
    path("desk/window/<str:note>/", window.choose_item, name="window_items"),
    path("desk/window/<str:note>/<str:code31>/", window.enter_case, name="window_case"),
    path("desk/ratings/", ratings.list_ratings, name="desk_ratings"),
    path("desk/ratings/<uuid:case_id>/", ratings.review_rating, name="desk_rating"),
]

_WORK = _("Work")
navigation.register(
    "desk",
    _("Cases"),
    "government_services:desk_cases",
    permission=READ,
    order=20,
    icon="list",
    group=_WORK,
)
navigation.register(
    "desk",
    _("One window"),
    "government_services:desk_window",
    permission=RECEIVE,
    order=30,
    icon="person",
    group=_WORK,
)
navigation.register(
    "desk",
    _("Bad ratings"),
    "government_services:desk_ratings",
    permission=HANDLE_RATINGS,
    order=40,
    icon="phone",
    group=_WORK,
)
