from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.web import navigation


class WorkflowConfig(AppConfig):
    name = "lingnan.platforms.workflow"
    label = "workflow"

    def ready(self) -> None:
        work = _("Work")
        navigation.register(
            "desk", _("Inbox"), "workflow:inbox", order=10, icon="inbox", group=work
        )
        navigation.register(
            "desk", _("When I am away"), "workflow:delegations", order=90, icon="swap", group=work
        )
        navigation.register(
            "desk",
            _("Processes and decision tables"),
            "workflow:definitions",
            permission="workflow.publish_definitions",
            order=700,
            icon="list",
            group=_("Rules"),
        )
