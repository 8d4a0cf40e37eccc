from django.apps import AppConfig


class MaskingConfig(AppConfig):
    name = "lingnan.security.masking"
    label = "masking"
