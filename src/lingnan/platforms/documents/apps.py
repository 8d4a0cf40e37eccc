from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "lingnan.platforms.documents"
    label = "documents"
