"""What every process knows of licences: who may read their files, where they stand in the
navigation, and what runs by the clock.
"""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel import clock
from lingnan.kernel.jobs import periodic
from lingnan.kernel.web import navigation
from lingnan.platforms.documents.types import register_owner

from . import access, faces
from .services import expire_licences
from .types import VIEW_LICENCES

register_owner(faces.OWNER_LICENCE, access.can_read_licence_file)
register_owner(faces.OWNER_COPY, access.can_read_copy_file)
navigation.register(
    "portal", _("My licences"), "licences:wallet", order=40, icon="wallet", large=True
)
navigation.register(
    "desk", _("Licences"), "licences:desk", permission=VIEW_LICENCES, order=400, icon="wallet"
)
navigation.register("footer", _("Verify a licence"), "licences:verify", order=20)


@periodic("licences.expire", cron="5 16 * * *")
def expire(*, timestamp: int) -> None:
    """At 00:05 in China (16:05 UTC): what ended yesterday is expired."""
    expire_licences(on=clock.today(), at=clock.now())
