"""WeChat and Alipay as the identity simulator plays them: login pages, token and user addresses.

Nobody real: whoever types a nickname is that account. What the platform has to know of it is
written into the folder of linked accounts when the simulator starts.
"""

import hashlib
import html
import json
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .adapters.outside_accounts import rsa2_holds, rsa2_sign, signed_text

WECHAT, ALIPAY = "/wechat/connect/qrconnect", "/alipay/oauth2/publicAppAuthorize.htm"
Reply = tuple[int, str, str, dict[str, str]]  # status, content, media type, headers


@dataclass(slots=True)
class Accounts:
    """The two providers, their keys, and the codes and tokens they gave out."""

    appid: str = "wx-demo-0000000000"
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    app_id: str = "2026000000000000"
    codes: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    own_key: str = field(default_factory=lambda: _new_key())
    platform_key: str = field(default_factory=lambda: _new_key())
    signs_wrongly: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def register(self, folder: Path, public_url: str) -> None:
        """Tell the platform of both, as a registration with the real ones would."""
        folder.mkdir(parents=True, exist_ok=True)
        wechat = {
            "appid": self.appid,
            "secret": self.secret,
            "authorize_url": f"{public_url}{WECHAT}",
            "api_url": f"{public_url}/wechat",
            "is_test": True,
        }
        alipay = {
            "app_id": self.app_id,
            "private_key": self.platform_key,
            "alipay_public_key": _public(self.own_key),
            "authorize_url": f"{public_url}{ALIPAY}",
            "gateway_url": f"{public_url}/alipay/gateway.do",
            "is_test": True,
        }
        for name, values in (("wechat", wechat), ("alipay", alipay)):
            path = folder / f"{name}.json"
            if path.exists() and not json.loads(path.read_text()).get("is_test"):
                continue  # someone registered with the real one
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps(values))
            fresh.replace(path)

    def get(self, path: str, query: dict[str, str]) -> Reply | None:
        """The answer to a GET; None for an address that is not there."""
        if path in (WECHAT, ALIPAY):
            return _choose("微信" if path == WECHAT else "支付宝", query)
        with self.lock:
            if path == "/wechat/sns/oauth2/access_token":
                return _plain(self._wechat_tokens(query))
            if path == "/wechat/sns/userinfo":
                return _plain(self._wechat_user(query))
        return None

    def post(self, path: str, typed: dict[str, str]) -> Reply | None:
        with self.lock:
            if path in (WECHAT, ALIPAY):
                return self._agree(path, typed)
            if path == "/alipay/gateway.do":
                return 200, self._alipay(typed), "application/json", {}
        return None

    def _agree(self, path: str, typed: dict[str, str]) -> Reply:
        code = secrets.token_hex(16)
        self.codes[code] = typed.get("nickname", "").strip() or "演示用户"
        name = "code" if path == WECHAT else "auth_code"
        query = {name: code, "state": typed.get("state", "")}
        target = f"{typed.get('redirect_uri', '')}?{urlencode(query)}"
        return 303, "", "text/plain", {"Location": target}

    def _wechat_tokens(self, query: dict[str, str]) -> dict[str, Any]:
        if (query.get("appid"), query.get("secret")) != (self.appid, self.secret):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        nickname = self.codes.pop(query.get("code", ""), "")
        if not nickname or query.get("grant_type") != "authorization_code":
            return {"errcode": 40029, "errmsg": "invalid code"}
        token = secrets.token_hex(24)
        self.tokens[token] = nickname
        return {
            "access_token": token,
            "expires_in": 7200,
            "refresh_token": secrets.token_hex(24),
            "openid": f"o-{nickname.encode().hex()}",
            "scope": "snsapi_login",
            "unionid": f"u-{nickname.encode().hex()}",
        }

    def _wechat_user(self, query: dict[str, str]) -> dict[str, Any]:
        nickname = self.tokens.get(query.get("access_token", ""), "")
        openid = f"o-{nickname.encode().hex()}"
        if not nickname or query.get("openid") != openid:
            return {"errcode": 40003, "errmsg": "invalid openid"}
        unionid = f"u-{nickname.encode().hex()}"
        return {"openid": openid, "nickname": nickname, "sex": 0, "unionid": unionid}

    def _alipay(self, typed: dict[str, str]) -> str:
        signature = typed.get("sign", "")
        if not rsa2_holds(_public(self.platform_key), signed_text(typed), signature):
            return _error("isv.invalid-signature")
        method = typed.get("method", "")
        if method == "alipay.system.oauth.token":
            nickname = self.codes.pop(typed.get("code", ""), "")
            if not nickname:
                return _error("isv.code-invalid")
            token = secrets.token_hex(24)
            self.tokens[token] = nickname
            told = {"access_token": token, "expires_in": 300, "user_id": _user_id(nickname)}
            return self._signed(method, told)
        if method == "alipay.user.info.share":
            nickname = self.tokens.get(typed.get("auth_token", ""), "")
            if not nickname:
                return _error("aop.invalid-auth-token")
            told = {"code": "10000", "msg": "Success", "user_id": _user_id(nickname)}
            return self._signed(method, {**told, "nick_name": nickname})
        return _error("isv.invalid-method")

    def _signed(self, method: str, told: dict[str, Any]) -> str:
        part = json.dumps(told, ensure_ascii=False)
        signature = rsa2_sign(self.own_key, part + (" " if self.signs_wrongly else ""))
        return f'{{"{method.replace(".", "_")}_response":{part},"sign":"{signature}"}}'


def _choose(name: str, query: dict[str, str]) -> Reply:
    kept = "".join(
        f'<input type="hidden" name="{key}" value="{html.escape(query.get(key, ""))}">'
        for key in ("redirect_uri", "state")
    )
    inside = (
        f"<h1>{name}登录（模拟）</h1><p>输入任意昵称，即以该昵称的账户登录。</p>"
        f'<form method="post">{kept}<label>昵称<br><input name="nickname" value="演示用户"></label>'
        f'<p><button id="confirm">同意并继续</button></p></form>'
    )
    return 200, inside, "text/html", {}


def _plain(told: dict[str, Any]) -> Reply:
    return 200, json.dumps(told, ensure_ascii=False), "application/json", {}


def _error(sub_code: str) -> str:
    told = {"code": "40002", "msg": "Invalid Arguments", "sub_code": sub_code}
    return json.dumps({"error_response": told})


def _user_id(nickname: str) -> str:
    number = int.from_bytes(hashlib.sha256(nickname.encode()).digest()[:6], "big")
    return f"2088{number % 10**12:012d}"


def _new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _public(private_key: str) -> str:
    key = serialization.load_pem_private_key(private_key.encode(), password=None)
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def parsed(text: str) -> dict[str, str]:
    """A query or a form, each name once."""
    return {key: values[0] for key, values in parse_qs(text, keep_blank_values=True).items()}
