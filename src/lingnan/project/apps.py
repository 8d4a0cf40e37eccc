import importlib
import importlib.util

from django.apps import AppConfig
from django.conf import settings


class ProjectConfig(AppConfig):
    name = "lingnan.project"
    label = "project"

    def ready(self) -> None:
        """Load what listens and what runs in the background, in every process."""
        for module in ("kernel", *settings.MODULES):
            for part in ("subscriptions", "tasks"):
                name = f"lingnan.{module}.{part}"
                if importlib.util.find_spec(name):
                    importlib.import_module(name)
