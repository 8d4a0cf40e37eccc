from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "lingnan.security.audit"
    label = "audit"
