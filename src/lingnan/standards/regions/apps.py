from django.apps import AppConfig


class RegionsConfig(AppConfig):
    name = "lingnan.standards.regions"
    label = "regions"
