from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "lingnan.standards.agencies"
    label = "agencies"
