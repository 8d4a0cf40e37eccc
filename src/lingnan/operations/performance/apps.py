from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.web import navigation


class PerformanceConfig(AppConfig):
    name = "lingnan.operations.performance"
    label = "performance"

    def ready(self) -> None:
        navigation.register(
            "cockpit",
            _("Indicators"),
            "performance:cockpit",
            permission="performance.read",
            order=10,
            icon="chart",
        )
        navigation.register(
            "desk",
            _("Cockpit"),
            "performance:cockpit",
            permission="performance.read",
            order=900,
            icon="chart",
            group=_("Look"),
        )
