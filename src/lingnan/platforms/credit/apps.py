from django.apps import AppConfig


class CreditConfig(AppConfig):
    name = "lingnan.platforms.credit"
    label = "credit"
