"""The channels of this installation."""

from collections.abc import Callable

from django.conf import settings
from django.utils.translation import gettext as _

from ..errors import ChannelUnknown
from . import alipay, credentials, unionpay, wechat
from .bank_gateway import CODE as BANK
from .bank_gateway import BankGateway
from .bank_signatures import SecretSigner, Signer, key_signer
from .base import ChannelAdapter, PaysInApp, TakesPayerCodes

COUNTER = "counter"


def _bank() -> ChannelAdapter:
    return BankGateway(url=settings.LINGNAN.bank_url, signer=bank_signer("own", "bank"))


def bank_signer(own: str, other: str) -> Signer:
    """How a side of the bank gateway signs: with SM2 where the channel has a folder of keys, else
    with the shared secret. The simulator is the same with the two lists the other way round.
    """
    root = settings.LINGNAN.channels_dir
    if credentials.exists(root, BANK):
        return key_signer(credentials.load(root, BANK), own=own, other=other)
    return SecretSigner(settings.LINGNAN.bank_secret)


def _wechat() -> ChannelAdapter:
    return wechat.WechatPay(_credentials(wechat.CODE), url=_simulator("/wechat"))


def _alipay() -> ChannelAdapter:
    return alipay.Alipay(_credentials(alipay.CODE), url=_simulator("/alipay/gateway.do"))


def _unionpay() -> ChannelAdapter:
    return unionpay.UnionPay(_credentials(unionpay.CODE), url=_simulator("/unionpay"))


FACTORIES: dict[str, Callable[[], ChannelAdapter]] = {
    BANK: _bank,
    wechat.CODE: _wechat,
    alipay.CODE: _alipay,
    unionpay.CODE: _unionpay,
}


def channel(code: str) -> ChannelAdapter:
    """The adapter of a channel code. Raises: ChannelUnknown (404)."""
    if code not in channel_codes():
        raise ChannelUnknown
    return FACTORIES[code]()


def payer_code_channel(code: str) -> TakesPayerCodes | None:
    """The adapter of a channel that charges codes shown at a counter, else None."""
    adapter = channel(code)
    return adapter if isinstance(adapter, TakesPayerCodes) else None


def in_app_channel(code: str) -> PaysInApp:
    """The adapter of a channel that pays inside its app. Raises: ChannelUnknown (404)."""
    adapter = channel(code)
    if not isinstance(adapter, PaysInApp):
        raise ChannelUnknown
    return adapter


def channel_codes() -> tuple[str, ...]:
    """Every channel a payer can choose here: in production those that were set up."""
    root = settings.LINGNAN.channels_dir
    return tuple(
        code
        for code in FACTORIES
        if code == BANK or not settings.LINGNAN.production or credentials.exists(root, code)
    )


def channel_name(code: str) -> str:
    """What people call a channel."""
    words = {
        COUNTER: _("Service counter"),
        BANK: _("Bank gateway"),
        wechat.CODE: _("WeChat Pay"),
        alipay.CODE: _("Alipay"),
        unionpay.CODE: _("UnionPay"),
    }
    return words.get(code, code)


def _credentials(code: str) -> credentials.Credentials:
    root = settings.LINGNAN.channels_dir
    if not settings.LINGNAN.production:
        credentials.make_test_credentials(root, code)
    return credentials.load(root, code)


def _simulator(path: str) -> str:
    """Outside production the wallets are simulated beside the bank."""
    return "" if settings.LINGNAN.production else f"{settings.LINGNAN.bank_url.rstrip('/')}{path}"
