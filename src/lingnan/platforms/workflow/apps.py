from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    name = "lingnan.platforms.workflow"
    label = "workflow"
