from django.urls import path

from . import views

app_name = "performance"
urlpatterns = [
    path("cockpit/", views.show_cockpit, name="cockpit"),
    path("cockpit/indicators/<str:code>/", views.show_indicator, name="indicator"),
]
