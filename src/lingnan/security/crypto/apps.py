from django.apps import AppConfig


class CryptoConfig(AppConfig):
    name = "lingnan.security.crypto"
    label = "crypto"
