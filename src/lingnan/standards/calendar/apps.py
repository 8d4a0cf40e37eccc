from django.apps import AppConfig


class CalendarConfig(AppConfig):
    name = "lingnan.standards.calendar"
    label = "calendar"
