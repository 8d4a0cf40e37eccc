"""Changing the status of a licence.

Its address takes any word after the licence, so it must be registered after the addresses that name
one (`/show`, `/copies`): modules are imported in alphabetical order.
"""

from typing import Literal
from uuid import UUID

from django.http import HttpRequest

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.web.guard import actor_of, permitted

from .. import services
from ..access import access_licence_to_view
from ..schemas import LicenceOut, StatusIn
from ..types import CHANGE_STATUS
from .router import licence_out, router


@router.post(
    "/licences/{uuid:licence_id}/{change}", response=LicenceOut, url_name="licences_change"
)
@permitted(CHANGE_STATUS)
@idempotent
def change_status(
    request: HttpRequest,
    licence_id: UUID,
    change: Literal["suspend", "resume", "revoke", "annul", "cancel", "transfer", "restore"],
    payload: StatusIn,
) -> LicenceOut:
    """Change the status of a licence, with the ground in law."""
    actor, now = actor_of(request), clock.now()
    services.act_on_licence(
        licence_id=licence_id,
        verb=change,
        ground=payload.ground,
        ground_code=payload.ground_code,
        reason=payload.reason,
        actor=actor,
        at=now,
    )
    row = access_licence_to_view(actor=actor, licence_id=licence_id)
    return licence_out(row, actor, at=now)
