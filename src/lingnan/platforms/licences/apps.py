from django.apps import AppConfig


class LicencesConfig(AppConfig):
    name = "lingnan.platforms.licences"
    label = "licences"
