"""The channels of this installation."""

from django.conf import settings

from ..errors import ChannelUnknown
from .bank_gateway import CODE as BANK
from .bank_gateway import BankGateway
from .base import ChannelAdapter


def channel(code: str) -> ChannelAdapter:
    """The adapter of a channel code. Raises: ChannelUnknown (404)."""
    if code == BANK:
        return BankGateway(url=settings.LINGNAN.bank_url, secret=settings.LINGNAN.bank_secret)
    raise ChannelUnknown


def channel_codes() -> tuple[str, ...]:
    """Every channel a payer can choose here."""
    return (BANK,)
