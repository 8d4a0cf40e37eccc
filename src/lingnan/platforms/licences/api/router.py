"""The router of licences' API."""

from datetime import datetime

from ninja import Router

from lingnan.kernel.actors import Actor
from lingnan.security.masking.types import Purpose

from ..access import needs_whole
from ..disclosure import shown_to
from ..models import Licence
from ..queries import card
from ..schemas import LicenceOut

router = Router(tags=["licences"])


def licence_out(licence: Licence, actor: Actor, *, at: datetime) -> LicenceOut:
    """One row as this reader sees it; see `disclosure.shown_to`."""
    needs = needs_whole(actor, licence, at=at)
    purpose = Purpose.DECIDE if needs else Purpose.LIST
    return LicenceOut.of(shown_to(actor, card(licence), purpose=purpose))


def listed(licence: Licence, actor: Actor) -> LicenceOut:
    """One row of many."""
    return LicenceOut.of(shown_to(actor, card(licence), purpose=Purpose.LIST))
