from django.apps import AppConfig


class PaymentConfig(AppConfig):
    name = "lingnan.platforms.payment"
    label = "payment"
