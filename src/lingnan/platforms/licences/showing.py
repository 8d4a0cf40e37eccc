"""What each purpose of showing a licence lets the other side see.

Source: 个人信息保护法 6 (no more than the purpose needs); the four purposes are our default.
"""

from lingnan.security.masking.services import mask
from lingnan.security.masking.types import Kind, Shown

from .models import Presentation
from .types import LicenceCard, LicenceField

Purpose = Presentation.Purpose


def fields_for(card: LicenceCard, purpose: str) -> tuple[LicenceField, ...]:
    """The fields of the face that a purpose opens."""
    if purpose == Purpose.WHOLE:
        return card.shown_fields
    if purpose == Purpose.INSPECT:
        return tuple(item for item in card.shown_fields if not item.is_sensitive)
    return ()


def name_for(card: LicenceCard, purpose: str) -> str:
    """The holder's name: whole, except where it is enough that someone holds it."""
    if card.holder_kind == "organisation" or purpose != Purpose.HELD:
        return card.holder_name
    return mask(card.holder_name, Kind.NAME, Shown.PART)


def code_for(card: LicenceCard, purpose: str) -> str:
    """The holder's number: a firm's is public; a person's in part, whole only if all is shown."""
    if card.holder_kind == "organisation" or purpose == Purpose.WHOLE:
        return card.holder_code
    if purpose == Purpose.IDENTITY:
        return mask(card.holder_code, Kind.RESIDENT_ID, Shown.PART)
    return ""


def number_for(card: LicenceCard, purpose: str) -> str:
    """The licence's own number, which of some licences is the person's."""
    return card.number if purpose in (Purpose.INSPECT, Purpose.WHOLE) else ""
