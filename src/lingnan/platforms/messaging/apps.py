from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "lingnan.platforms.messaging"
    label = "messaging"
