"""The three wallets in memory: adapter, wire and simulator, without a network."""

import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from ..adapters import credentials
from ..adapters.alipay import Alipay
from ..adapters.unionpay import UnionPay
from ..adapters.wechat import WechatPay
from ..simulators.alipay import AlipaySimulator
from ..simulators.unionpay import UnionPaySimulator
from ..simulators.wallet import AnswerLost, Wallet, WalletOrder
from ..simulators.wechat import WechatSimulator

HOST = "http://wallet.invalid"
CODES = ("wechat", "alipay", "unionpay")
SIMULATORS: dict[str, Any] = {
    "wechat": WechatSimulator,
    "alipay": AlipaySimulator,
    "unionpay": UnionPaySimulator,
}
ADAPTERS: dict[str, Any] = {"wechat": WechatPay, "alipay": Alipay, "unionpay": UnionPay}


@dataclass
class Line(httpx.BaseTransport):
    """Carries requests to a simulator; `cut` loses the next answers."""

    wallet: Wallet
    cut: int = 0
    requests: list[str] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode().removeprefix("/wallet")
        self.requests.append(f"{request.method} {target}")
        headers = {name.title(): value for name, value in request.headers.items()}
        try:
            answer = self.wallet.handle(request.method, target, request.read(), headers)
        except AnswerLost as lost:
            raise httpx.ReadTimeout("lost") from lost
        if self.cut:
            self.cut -= 1
            raise httpx.ReadTimeout("cut")
        headers = {"Content-Type": answer.media_type, **answer.headers}
        return httpx.Response(answer.status, content=answer.content, headers=headers)


@dataclass
class Channel:
    """One channel's both sides."""

    code: str
    wallet: Wallet
    line: Line
    adapter: Any

    @property
    def order(self) -> WalletOrder:
        (found,) = self.wallet.orders.values()
        return found

    def paid(self, behaviour: str = "normal") -> None:
        assert self.wallet.mark_paid(self.order, behaviour)


class Quiet:
    """Notices are made by the test, not sent by a thread."""

    def notify(self, order: WalletOrder, behaviour: str) -> None:
        return


def make_channel(code: str, root: Path) -> Channel:
    """A channel with test keys below `root`."""
    credentials.make_test_credentials(root, code)
    found = credentials.load(root, code)
    kind = type(f"Quiet{code}", (Quiet, SIMULATORS[code]), {})
    wallet = kind(public_url=f"{HOST}/wallet", credentials=found)
    line = Line(wallet)
    return Channel(code, wallet, line, ADAPTERS[code](found, url=f"{HOST}/wallet", transport=line))


def form_of(body: bytes) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(body.decode()))
