from django.apps import AppConfig


class CodesConfig(AppConfig):
    name = "lingnan.standards.codes"
    label = "codes"
