from django.apps import AppConfig

from .adapters.device import device_files


class CryptoConfig(AppConfig):
    name = "lingnan.security.crypto"
    label = "crypto"

    def ready(self) -> None:
        """A wrong file of a signing device stops the start, not a citizen's request."""
        device_files()
