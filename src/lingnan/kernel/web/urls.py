from django.urls import path

from .components_page import show_components
from .preferences import keep_preferences

app_name = "web"

urlpatterns = [
    path("preferences/", keep_preferences, name="preferences"),
    path("developers/components/", show_components, name="components"),
]
