from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "lingnan.project"
    label = "project"
