from django.urls import path

from . import views

app_name = "agencies"
urlpatterns = [path("agencies/", views.show_directory, name="directory")]
