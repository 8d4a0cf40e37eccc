from django.apps import AppConfig


class PerformanceConfig(AppConfig):
    name = "lingnan.operations.performance"
    label = "performance"
