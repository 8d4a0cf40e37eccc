from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.web import navigation


class AgenciesConfig(AppConfig):
    name = "lingnan.standards.agencies"
    label = "agencies"

    def ready(self) -> None:
        navigation.register("footer", _("Directory of agencies"), "agencies:directory", order=300)
