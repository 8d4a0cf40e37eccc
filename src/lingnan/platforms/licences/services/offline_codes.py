"""Codes that verify without us: made for the holder, logged like every use."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor

from .. import offline, queries
from ..access import access_own_licence
from ..errors import NotValidNow, PurposeUnknown
from ..grades import check_may_be_shown
from ..models import LicenceUse, Presentation
from ..types import Status, UseKind


@transaction.atomic
def make_offline_code(*, actor: Actor, licence_id: UUID, purpose: str, at: datetime) -> str:
    """A signed code with what the purpose opens, good for a day; a line in the log.

    It can be copied and scanned by many: for single use there is `show_licence`.
    Raises: LicenceUnknown (404), NotValidNow, GradeTooLow (409), PurposeUnknown (422).
    """
    if purpose not in Presentation.Purpose.values:
        raise PurposeUnknown
    licence = access_own_licence(actor=actor, licence_id=licence_id)
    status = licence.status_on(clock.local_date(at))
    if status is not Status.VALID:
        raise NotValidNow(status=status.label)
    check_may_be_shown(licence, on=clock.local_date(at))
    card = queries.card(licence, on=clock.local_date(at))
    code = offline.make_code(card, purpose=purpose, at=at)
    LicenceUse.objects.create(
        licence=licence,
        kind=UseKind.OFFLINE,
        used_by=actor.name[:200],
        purpose=str(Presentation.Purpose(purpose).label)[:300],
        used_at=at,
    )
    return code
