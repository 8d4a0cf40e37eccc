"""The channels of this installation."""

from collections.abc import Callable

from django.conf import settings
from django.utils.translation import gettext as _

from ..errors import ChannelUnknown
from .bank_gateway import CODE as BANK
from .bank_gateway import BankGateway
from .base import ChannelAdapter


def _bank() -> ChannelAdapter:
    return BankGateway(url=settings.LINGNAN.bank_url, secret=settings.LINGNAN.bank_secret)


FACTORIES: dict[str, Callable[[], ChannelAdapter]] = {BANK: _bank}


def channel(code: str) -> ChannelAdapter:
    """The adapter of a channel code. Raises: ChannelUnknown (404)."""
    factory = FACTORIES.get(code)
    if factory is None:
        raise ChannelUnknown
    return factory()


def channel_codes() -> tuple[str, ...]:
    """Every channel a payer can choose here."""
    return tuple(FACTORIES)


def channel_name(code: str) -> str:
    """What people call a channel."""
    words = {
        "counter": _("Service counter"),
        "bank": _("Bank gateway"),
    }
    return words.get(code, code)
