"""A signature server for tests: speaks the protocol of GM/T 0029, keeps its keys to itself.

It says 测试 of itself everywhere, and is no certified device: what it signs has no force in law.
"""

import base64
import binascii
import json
import secrets
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlencode

from .adapters.gmt0029 import SGD_SM3_SM2, SIGN_DATA
from .adapters.software import SoftwareProvider
from .types import SM2_DEFAULT_ID

NAME = "测试签名验签服务器（模拟器，无法律效力）"
# GM/T 0029-2014, response codes.
WRONG_METHOD, WRONG_KEY, WRONG_CODE = 0x04000004, 0x04000005, 0x04000006
WRONG_FORMAT, WRONG_INPUT = 0x0400000D, 0x04000010
BODY_BYTES_MAX = 40_000_000


@dataclass(slots=True)
class Box:
    """The keys inside: what comes out of it is signatures and public halves only."""

    provider: SoftwareProvider = field(default_factory=SoftwareProvider)
    signed: int = 0
    _keys: dict[int, tuple[bytes, str]] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock)

    def make_key(self, index: int) -> tuple[bytes, str]:
        """Make a key; return its public half and the access code."""
        handle, point = self.provider.sm2_generate()
        code = secrets.token_hex(8)
        self._keys[index] = (handle, code)
        return point, code

    def sign_data(self, asked: dict[str, str]) -> dict[str, str | int]:
        """Answer one SignData."""
        try:
            data = base64.b64decode(asked["inData"], validate=True)
            code = base64.b64decode(asked["keyValue"], validate=True).decode()
            index, method = int(asked["keyIndex"]), int(asked["signMethod"])
            signer = base64.b64decode(asked.get("signerID", ""), validate=True)
            length = int(asked["inDataLen"])
        except (KeyError, ValueError, binascii.Error):
            return {"respValue": WRONG_FORMAT}
        if method != SGD_SM3_SM2:
            return {"respValue": WRONG_METHOD}
        if length != len(data) or (signer and signer != SM2_DEFAULT_ID):
            return {"respValue": WRONG_INPUT}
        if index not in self._keys:
            return {"respValue": WRONG_KEY}
        handle, wanted = self._keys[index]
        if not secrets.compare_digest(code, wanted):
            return {"respValue": WRONG_CODE}
        signature = self.provider.sm2_sign(handle, data)
        with self._lock:
            self.signed += 1
        return {"respValue": 0, "signature": base64.b64encode(signature).decode()}


def serve(box: Box, *, host: str, port: int) -> ThreadingHTTPServer:
    """A server for a box; the caller runs and closes it."""

    class Handler(BaseHTTPRequestHandler):
        server_version = "LingnanTestSignatureServer"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0") or 0)
            if self.path.rpartition("/")[2] != SIGN_DATA or length > BODY_BYTES_MAX:
                self.send_error(404)
                return
            body = self.rfile.read(length).decode("utf-8", errors="replace")
            is_json = "json" in self.headers.get("Content-Type", "")
            try:
                said: dict[str, Any] = (
                    json.loads(body)
                    if is_json
                    else {name: values[0] for name, values in parse_qs(body).items()}
                )
                asked = {name: str(value) for name, value in said.items()}
            except (ValueError, AttributeError):
                asked = {}
            answer = box.sign_data(asked)
            text = json.dumps(answer) if is_json else urlencode(answer)
            kind = "application/json" if is_json else "application/x-www-form-urlencoded"
            content = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            return

    return ThreadingHTTPServer((host, port), Handler)
