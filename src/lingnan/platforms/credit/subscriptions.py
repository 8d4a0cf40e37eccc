"""What credit tells other modules of this process at start."""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.web import navigation

from .types import MANAGE, READ, REPORT

_group = _("Credit")
navigation.register("portal", _("Credit"), "credit:home", order=60)
navigation.register(
    "desk",
    _("Credit archives"),
    "credit:desk",
    permission=READ,
    order=400,
    icon="search",
    group=_group,
)
for _permission in (REPORT, MANAGE):
    navigation.register(
        "desk",
        _("Report decisions"),
        "credit:desk_intake",
        permission=_permission,
        order=410,
        icon="upload",
        group=_group,
    )
