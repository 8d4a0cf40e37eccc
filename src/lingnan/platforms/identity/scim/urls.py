"""The addresses of the personnel feed, within identity's names."""

from django.urls import path, re_path

from . import bulk, views

urlpatterns = [
    path("scim/v2/ServiceProviderConfig", views.provider_config, name="scim_config"),
    path(
        "scim/v2/ResourceTypes",
        views.described,
        {"name": "ResourceTypes"},
        name="scim_resource_types",
    ),
    path("scim/v2/ResourceTypes/<str:key>", views.described, {"name": "ResourceTypes"}),
    path("scim/v2/Schemas", views.described, {"name": "Schemas"}, name="scim_schemas"),
    path("scim/v2/Schemas/<str:key>", views.described, {"name": "Schemas"}),
    path("scim/v2/Users", views.users, name="scim_users"),
    path("scim/v2/Users/.search", views.search, {"name": "Users"}),
    path("scim/v2/Users/<str:key>", views.user, name="scim_user"),
    path("scim/v2/Groups", views.groups, name="scim_groups"),
    path("scim/v2/Groups/.search", views.search, {"name": "Groups"}),
    path("scim/v2/Groups/<str:key>", views.group, name="scim_group"),
    path("scim/v2/.search", views.search_all),
    path("scim/v2/Bulk", bulk.bulk, name="scim_bulk"),
    re_path(r"^scim/v2/(?P<rest>.*)$", views.unknown),
]
