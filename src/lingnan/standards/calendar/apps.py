from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.web import navigation


class CalendarConfig(AppConfig):
    name = "lingnan.standards.calendar"
    label = "calendar"

    def ready(self) -> None:
        navigation.register(
            "desk",
            _("Working calendar"),
            "calendar:show",
            permission="calendar.manage",
            order=810,
            icon="calendar",
            group=_("Standards"),
        )
