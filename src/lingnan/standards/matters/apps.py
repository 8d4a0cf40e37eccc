from django.apps import AppConfig


class MattersConfig(AppConfig):
    name = "lingnan.standards.matters"
    label = "matters"
