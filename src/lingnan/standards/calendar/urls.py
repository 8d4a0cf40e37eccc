from django.urls import path

from . import views

app_name = "calendar"
urlpatterns = [
    path("desk/calendar/", views.show_calendar, name="show"),
    path("desk/calendar/closures/", views.add_closure, name="add-closure"),
    path("desk/calendar/publications/", views.publish, name="publish"),
]
