"""The router of licences' API."""

from ninja import Router

from ..models import Licence
from ..queries import card
from ..schemas import LicenceOut

router = Router(tags=["licences"])


def licence_out(licence: Licence) -> LicenceOut:
    """A row as the API shows it."""
    return LicenceOut.of(card(licence))
