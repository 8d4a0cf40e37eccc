"""Addresses of the stewards' pages."""

from django.urls import path

from . import views

app_name = "matters"
urlpatterns = [
    path("desk/matters/", views.list_items, name="list"),
    path("desk/matters/waiting/", views.list_waiting, name="waiting"),
    path("desk/matters/new/", views.claim_item, name="claim"),
    path("desk/matters/import/", views.import_table, name="import"),
    path("desk/matters/imports/<uuid:run_id>/", views.show_report, name="report"),
    path("desk/matters/export/", views.export_table, name="export"),
    path("desk/matters/lists/<uuid:item_id>/", views.show_item, name="item"),
    path("desk/matters/lists/<uuid:item_id>/adopt/", views.adopt_item, name="adopt"),
    path("desk/matters/lists/<uuid:item_id>/<str:act>/", views.act_on_item, name="item_act"),
    path("desk/matters/versions/<uuid:version_id>/edit/", views.edit_version, name="edit"),
    path(
        "desk/matters/versions/<uuid:version_id>/<str:act>/",
        views.act_on_version,
        name="version_act",
    ),
]
