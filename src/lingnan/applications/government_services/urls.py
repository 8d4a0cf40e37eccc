"""Addresses of government services: the residents' pages, and the officers'."""

from .desk.urls import urlpatterns as desk
from .portal.urls import urlpatterns as portal

app_name = "government_services"
urlpatterns = [*portal, *desk]
