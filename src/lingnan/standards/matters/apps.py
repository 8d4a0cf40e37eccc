from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.web import navigation


class MattersConfig(AppConfig):
    name = "lingnan.standards.matters"
    label = "matters"

    def ready(self) -> None:
        navigation.register(
            "desk",
            _("Service items"),
            "matters:list",
            permission="matters.read",
            order=820,
            icon="list",
            group=_("Standards"),
        )
