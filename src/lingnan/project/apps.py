import importlib
import importlib.util

from django.apps import AppConfig, apps


class ProjectConfig(AppConfig):
    name = "lingnan.project"
    label = "project"

    def ready(self) -> None:
        """Load what listens and what runs in the background, in every process."""
        for config in apps.get_app_configs():
            if not config.name.startswith("lingnan."):
                continue
            for part in ("subscriptions", "tasks"):
                name = f"{config.name}.{part}"
                if importlib.util.find_spec(name):
                    importlib.import_module(name)
