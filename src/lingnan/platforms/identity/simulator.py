"""The other side of the identity gateway, for tests and the demo: no real person, no database.

It knows only what is visibly synthetic: resident numbers of the region 009999 that never was, and
firms of the reserved codes. Names steer it: 不符 (do not fit), 查无 (not found), 注销 (cancelled).
A firm's legal representative is whoever asked first, or was entered on the page at `/`.
"""

import html
import json
import re
import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .adapters import wire
from .simulator_accounts import Accounts, Reply, parsed
from .simulator_oidc import OidcProvider
from .simulator_saml import SamlProvider

BODY_MAX_BYTES = 100_000
SYNTHETIC_PERSON = re.compile(r"009999[0-9]{11}[0-9X]|[HM]0000[0-9]{4,6}|0000[0-9]{4}|DEMO.*")
SYNTHETIC_FIRM = re.compile(r".{8}DEMF.*|..449999.*|DEMO.*")
STEERED = {"不符": "mismatch", "查无": "not_found", "注销": "cancelled"}


@dataclass(slots=True)
class Visit:
    """Someone who was sent here to look into a camera or to open a licence."""

    kind: str
    title: str
    return_url: str
    request_id: str
    result: str = "pending"


@dataclass(slots=True)
class Registry:
    """What the gateway knows, and the secret shared with the platform."""

    secret: str
    public_url: str
    visits: dict[str, Visit] = field(default_factory=dict)
    leaders: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    accounts: Accounts | None = None
    saml: SamlProvider | None = None
    oidc: OidcProvider | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, message: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to a signed question; None for an address that is not there."""
        with self.lock:
            self.asked.append(path)
            match path:
                case "/population/check":
                    return _told(self._person(message))
                case "/bank-card/check":
                    fits = str(message["card_number"]).startswith("6222")
                    return _told(self._person(message) if fits else "card_unknown")
                case "/legal-person/check":
                    return _told(self._leads(message))
                case "/face/open" | "/e-licence/open":
                    return self._open(path.split("/")[1], message)
                case "/face/result" | "/e-licence/result":
                    visit = self.visits.get(str(message["session"]))
                    if visit is None or visit.request_id != message["request_id"]:
                        return _told("unknown")
                    return _told(visit.result)
        return None

    def _person(self, message: dict[str, Any]) -> str:
        for word, result in STEERED.items():
            if word in str(message["name"]):
                return result
        known = SYNTHETIC_PERSON.fullmatch(str(message["document_number"]))
        return "match" if known else "not_found"

    def _leads(self, message: dict[str, Any]) -> str:
        number = str(message["registration_number"])
        for word, result in STEERED.items():
            if word in str(message["organisation_name"]):
                return result if result != "cancelled" else "closed"
        if not SYNTHETIC_FIRM.fullmatch(number):
            return "not_found"
        who = f"{message['legal_representative']} {message['document_number']}"
        return "match" if self.leaders.setdefault(number, who) == who else "mismatch"

    def _open(self, kind: str, message: dict[str, Any]) -> dict[str, Any]:
        session = secrets.token_hex(16)
        title = str(message.get("organisation_name") or message["name"])
        self.visits[session] = Visit(
            kind=kind,
            title=title,
            return_url=str(message["return_url"]),
            request_id=str(message["request_id"]),
        )
        return {
            "result": "opened",
            "session": session,
            "url": f"{self.public_url}/{kind}/{session}",
        }


def _told(result: str) -> dict[str, Any]:
    return {"result": result, "reference": f"TEST-{secrets.token_hex(6)}"}


class Handler(BaseHTTPRequestHandler):
    """Signed JSON for the platform, pages for people."""

    registry: Registry
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet: the platform logs."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        accounts = self.registry.accounts
        query = parsed(urlsplit(self.path).query)
        reply = accounts.get(path, query) if accounts else None
        saml = self.registry.saml
        if reply is None and saml is not None:
            reply = saml.get(path, query)
        if reply is None and self.registry.oidc is not None:
            reply = self.registry.oidc.get(path, query, self.headers.get("Authorization", ""))
        if reply is not None:
            return self._reply(reply)
        visit = self.registry.visits.get(path.rpartition("/")[2])
        if path == "/":
            return self._page(200, _HOME)
        if visit is None:
            return self._page(404, "<p>没有这个页面。</p>")
        what = "人脸识别" if visit.kind == "face" else "电子营业执照"
        return self._page(
            200,
            f"<h1>{what}（模拟）</h1><p>{html.escape(visit.title)}</p>"
            '<form method="post"><p><button name="result" value="pass" id="confirm">'
            '通过核验</button> <button name="result" value="fail">核验不通过</button></p></form>',
        )

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, BODY_MAX_BYTES))
        path = urlsplit(self.path).path
        accounts = self.registry.accounts
        reply = None
        if accounts and path.startswith(("/wechat/", "/alipay/")):
            reply = accounts.post(path, parsed(body.decode(errors="replace")))
        if self.registry.saml is not None and path.startswith("/saml/"):
            reply = self.registry.saml.post(path, parsed(body.decode(errors="replace")))
        if self.registry.oidc is not None and path.startswith("/oidc/"):
            typed = parsed(body.decode(errors="replace"))
            reply = self.registry.oidc.post(path, typed, self.headers.get("Authorization", ""))
        if reply is not None:
            return self._reply(reply)
        visit = self.registry.visits.get(path.rpartition("/")[2])
        if visit is not None:
            chosen = parse_qs(body.decode()).get("result", ["fail"])[0]
            visit.result = "pass" if chosen == "pass" else "fail"
            return self._answer(303, b"", "text/plain", {"Location": visit.return_url})
        if path == "/":
            typed = {key: values[0].strip() for key, values in parse_qs(body.decode()).items()}
            who = f"{typed.get('name', '')} {typed.get('document_number', '')}"
            self.registry.leaders[typed.get("registration_number", "")] = who
            return self._page(200, f"<p>已登记（模拟）：{html.escape(who)}</p>{_HOME}")
        return self._signed(path, body)

    def _signed(self, path: str, body: bytes) -> None:
        now = datetime.now(UTC)
        headers = {name.title(): value for name, value in self.headers.items()}
        secret = self.registry.secret
        if not wire.holds(
            secret=secret, method="POST", path=path, body=body, headers=headers, at=now
        ):
            return self._answer(403, b'{"result":"signature"}', "application/json", {})
        try:
            message = self.registry.answer(path, json.loads(body))
        except (ValueError, KeyError, TypeError):
            return self._answer(400, b'{"result":"form"}', "application/json", {})
        if message is None:
            return self._answer(404, b'{"result":"address"}', "application/json", {})
        content = wire.encode(message)
        signed = wire.sign(
            secret=secret,
            method="POST ANSWER",
            path=path,
            body=content,
            at=now,
            nonce=headers[wire.NONCE],
        )
        return self._answer(200, content, "application/json", signed)

    def _reply(self, reply: Reply) -> None:
        status, content, media_type, headers = reply
        if media_type == "text/html":
            return self._page(status, content)
        return self._answer(status, content.encode(), f"{media_type}; charset=utf-8", headers)

    def _page(self, status: int, inside: str) -> None:
        page = (
            '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            "<title>模拟身份核验（测试）</title><style>body{font:16px/1.75 system-ui,sans-serif;"
            "max-width:30rem;margin:0 auto;padding:1rem;color:#1f2937}"
            ".test{background:#b45309;color:#fff;padding:.4rem .8rem;font-weight:700}"
            "button,input{font:inherit;padding:.6rem 1rem;margin:.2rem 0}"
            "label{display:block}fieldset{margin:1rem 0}"
            "select{font:inherit;padding:.6rem;max-width:100%}</style></head><body>"
            '<header class="test">测试环境 TEST：模拟核验，不涉及真实个人信息</header><main>'
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


_HOME = (
    "<h1>模拟身份核验网关</h1><p>只认识合成数据。可在此登记单位的法定代表人（模拟）：</p>"
    '<form method="post" action="/"><label>统一社会信用代码<br>'
    '<input name="registration_number"></label><label>法定代表人姓名<br><input name="name"></label>'
    '<label>证件号码<br><input name="document_number"></label><p><button>登记</button></p></form>'
)


def serve(registry: Registry, *, host: str, port: int) -> ThreadingHTTPServer:
    """A server ready to run; port 0 takes a free one."""
    handler = type("GatewayHandler", (Handler,), {"registry": registry})
    server = ThreadingHTTPServer((host, port), handler)
    server.daemon_threads = True
    return server
