from django.apps import AppConfig


class GovernmentServicesConfig(AppConfig):
    name = "lingnan.applications.government_services"
    label = "government_services"
