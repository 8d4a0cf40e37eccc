"""The simulated channels over HTTP: the bank's gateway, the wallets below their own paths, and the
pages on which a person pays.
"""

import html
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..adapters import bank_messages as messages
from ..adapters import credentials
from .alipay import AlipaySimulator
from .bank import BEHAVIOURS, BODY_MAX_BYTES, Bank
from .unionpay import UnionPaySimulator
from .wallet import PHONE_BEHAVIOURS, WALLET_BEHAVIOURS, Answer, AnswerLost, Wallet, WalletOrder
from .wechat import WechatSimulator


class Handler(BaseHTTPRequestHandler):
    """The gateway's HTTP side: signed JSON for the platform, a page for the payer."""

    bank: Bank
    wallets: Mapping[str, Wallet]
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet: the platform logs."""

    def do_GET(self) -> None:
        if self._by_wallet(b""):
            return None
        path = urlsplit(self.path).path
        if path == "/":
            return self._page(200, "<p>岭南模拟支付渠道正在运行。</p>")
        if path == "/phone":
            code = parse_qs(urlsplit(self.path).query).get("code", [""])[0]
            return self._phone_page(code)
        if path.startswith("/pay/"):
            return self._pay_page(path.removeprefix("/pay/"))
        if path.startswith("/orders/"):
            return self._signed(b"", lambda: (200, self.bank.report(path.split("/")[2])))
        if path.startswith("/refunds/"):
            return self._signed(b"", lambda: (200, self.bank.refund_report(path.split("/")[2])))
        if path.startswith("/statements/"):
            return self._signed(b"", lambda: (200, self.bank.statement(path.split("/")[2])))
        return self._page(404, "<p>没有这个页面。</p>")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, BODY_MAX_BYTES))
        if self._by_wallet(body):
            return None
        path = urlsplit(self.path).path
        if path == "/phone":
            return self._phone_pay(parse_qs(body.decode()))
        if path == "/orders":
            return self._signed(body, lambda: self.bank.place(json.loads(body)))
        if path == "/refunds":
            return self._signed(body, lambda: (200, self.bank.refund(json.loads(body))))
        if path.startswith("/orders/") and path.endswith("/close"):
            return self._signed(body, lambda: (200, self.bank.close(path.split("/")[2])))
        if path.startswith("/pay/"):
            chosen = parse_qs(body.decode()).get("behaviour", [""])[0]
            return self._pay(path.removeprefix("/pay/"), chosen)
        return self._page(404, "<p>没有这个页面。</p>")

    def _by_wallet(self, body: bytes) -> bool:
        """Requests below /wechat, /alipay and /unionpay speak those protocols."""
        mount = self.path.split("/")[1].split("?")[0]
        wallet = self.wallets.get(mount)
        if wallet is None:
            return False
        target = self.path.removeprefix(f"/{mount}") or "/"
        headers = {name.title(): value for name, value in self.headers.items()}
        try:
            answer = wallet.handle(self.command, target, body, headers)
        except AnswerLost:
            self.close_connection = True
            return True
        except (ValueError, KeyError, TypeError):
            answer = Answer(400, b'{"code":"PARAM_ERROR","message":"form"}')
        self._answer(answer.status, answer.content, answer.media_type, dict(answer.headers))
        return True

    def _phone_page(self, code: str) -> None:
        """What the payer sees on his phone after scanning a wallet's code."""
        found = self._scanned(code)
        if found is None:
            return self._page(
                404,
                "<p>没有扫到可支付的订单。请在缴款页面重新生成二维码。</p>"
                '<form action="/phone"><p><label for="code">二维码内容</label> '
                '<input id="code" name="code"></p><p><button>扫一扫</button></p></form>',
            )
        wallet, order = found
        if order.state != "pending":
            return self._page(200, f"<h2>{wallet.name}</h2><p>该订单已支付或已关闭。</p>")
        options = "".join(
            f'<option value="{key}"{" selected" if key == wallet.behaviour else ""}>'
            f"{label}</option>"
            for key, label in PHONE_BEHAVIOURS.items()
        )
        yuan = f"¥{order.amount_fen // 100:,}.{order.amount_fen % 100:02d}"
        return self._page(
            200,
            f"<h2>{wallet.name}</h2>"
            f"<dl><dt>项目</dt><dd>{html.escape(order.title)}</dd>"
            f"<dt>金额</dt><dd class=sum>{yuan}</dd></dl>"
            '<form method="post" action="/phone">'
            f'<input type="hidden" name="code" value="{html.escape(code, quote=True)}">'
            f'<p><label for="behaviour">通知方式（测试用）</label> '
            f'<select id="behaviour" name="behaviour">{options}</select></p>'
            '<p><button id="confirm">确认支付（测试，不扣款）</button></p></form>',
        )

    def _phone_pay(self, form: dict[str, list[str]]) -> None:
        code, chosen = form.get("code", [""])[0], form.get("behaviour", [""])[0]
        found = self._scanned(code)
        if found is None:
            return self._page(404, "<p>没有这个订单。</p>")
        wallet, _order = found
        done = wallet.pay(code, chosen if chosen in PHONE_BEHAVIOURS else wallet.behaviour)
        words = (
            "支付成功（测试，不扣款）。请回到缴款页面查看票据。"
            if done
            else "未能支付：订单已结束。"
        )
        return self._page(200, f"<h2>{wallet.name}</h2><p>{words}</p>")

    def _scanned(self, code: str) -> tuple[Wallet, WalletOrder] | None:
        for wallet in self.wallets.values():
            order = wallet.by_code(code) if code else None
            if order is not None:
                return wallet, order
        return None

    def _signed(self, body: bytes, act: Callable[[], tuple[int, dict[str, Any]]]) -> None:
        path = urlsplit(self.path).path
        method = self.command
        now = datetime.now(UTC)
        told = {name.title(): value for name, value in self.headers.items()}
        nonce = told.get(messages.NONCE, "")
        if not self.bank.signer.holds(
            method=method, path=path, body=body, headers=told, at=now
        ) or not self.bank.takes(nonce):
            return self._answer(403, b'{"problem":"signature"}', "application/json", {})
        try:
            status, message = act()
        except (ValueError, KeyError, TypeError):
            return self._answer(400, b'{"problem":"form"}', "application/json", {})
        content = messages.encode(message)
        headers = self.bank.signer.sign(
            method=f"{method} ANSWER", path=path, body=content, at=now, nonce=nonce
        )
        return self._answer(status, content, "application/json", headers)

    def _pay_page(self, number: str) -> None:
        order = self.bank.orders.get(number)
        if order is None:
            return self._page(404, "<p>没有这个订单。</p>")
        if order.state != "pending":
            back = html.escape(order.return_url, quote=True)
            return self._page(
                200, f'<p>该订单已支付或已关闭。</p><p><a href="{back}">返回办事平台</a></p>'
            )
        options = "".join(
            f'<option value="{key}"{" selected" if key == self.bank.behaviour else ""}>'
            f"{label}</option>"
            for key, label in BEHAVIOURS.items()
        )
        yuan = f"¥{order.amount_fen // 100:,}.{order.amount_fen % 100:02d}"
        return self._page(
            200,
            f"<dl><dt>项目</dt><dd>{html.escape(order.title)}</dd>"
            f"<dt>缴款码</dt><dd>{html.escape(order.payment_code)}</dd>"
            f"<dt>金额</dt><dd class=sum>{yuan}</dd></dl>"
            f'<form method="post" action="/pay/{html.escape(number, quote=True)}">'
            f'<p><label for="behaviour">通知方式（测试用）</label> '
            f'<select id="behaviour" name="behaviour">{options}</select></p>'
            '<p><button id="confirm">确认支付（测试，不扣款）</button></p></form>',
        )

    def _pay(self, number: str, chosen: str) -> None:
        known = self.bank.orders.get(number)
        if known is None:
            return self._page(404, "<p>没有这个订单。</p>")
        self.bank.pay(number, chosen if chosen in BEHAVIOURS else self.bank.behaviour)
        return self._answer(303, b"", "text/plain", {"Location": known.return_url})

    def _page(self, status: int, inside: str) -> None:
        page = (
            '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            "<title>模拟支付（测试）</title><style>body{font:16px/1.75 system-ui,sans-serif;"
            "max-width:30rem;margin:0 auto;padding:1rem;color:#1f2937}"
            ".test{background:#b45309;color:#fff;padding:.4rem .8rem;font-weight:700}"
            "dt{color:#6b7280}dd{margin:0 0 .6rem}.sum{font-size:2rem;font-weight:700}"
            "button{font:inherit;font-weight:700;padding:.7rem 1.2rem;border:0;border-radius:6px;"
            "background:#0f5c5c;color:#fff}select{font:inherit;padding:.3rem}</style></head><body>"
            '<p class="test">测试环境 TEST：模拟支付，不发生真实扣款</p><main>'
            "<h1>模拟收银台</h1>"
            f"{inside}</main></body></html>"
        )
        return self._answer(status, page.encode(), "text/html; charset=utf-8", {})

    def _answer(
        self, status: int, content: bytes, media_type: str, headers: dict[str, str]
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def serve(
    bank: Bank, *, host: str, port: int, wallets: Mapping[str, Wallet] | None = None
) -> ThreadingHTTPServer:
    """A server ready to run; port 0 takes a free one."""
    handler = type(
        "ChannelHandler", (Handler,), {"bank": bank, "wallets": {} if wallets is None else wallets}
    )
    server = ThreadingHTTPServer((host, port), handler)
    server.daemon_threads = True
    return server


def make_wallets(
    root: Path, *, public_url: str, behaviour: str, late_s: float
) -> dict[str, Wallet]:
    """The three wallets with the test keys below `root`, made at first need."""
    kinds: dict[str, type[WechatSimulator | AlipaySimulator | UnionPaySimulator]] = {
        "wechat": WechatSimulator,
        "alipay": AlipaySimulator,
        "unionpay": UnionPaySimulator,
    }
    wallets: dict[str, Wallet] = {}
    for code, kind in kinds.items():
        credentials.make_test_credentials(root, code)
        wallets[code] = kind(
            public_url=f"{public_url}/{code}",
            behaviour=behaviour if behaviour in WALLET_BEHAVIOURS else "normal",
            late_s=late_s,
            credentials=credentials.load(root, code),
        )
    return wallets
