"""WeChat and Alipay as they sign people in on web pages: their published wire formats.

Each is configured by a file of its own in one folder; without it the provider is not offered.
Source: WeChat Open Platform, website application login (OAuth 2.0); Alipay Open Platform,
alipay.system.oauth.token and alipay.user.info.share.
"""

import base64
import binascii
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, ValidationError

from lingnan.kernel.clock import SHANGHAI
from lingnan.kernel.lazy import lazy_module
from lingnan.kernel.networks import trusted

from ..errors import OutsideAccountRefused, ProofUnavailable

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy_module("httpx")

log = logging.getLogger(__name__)
TIMEOUT_S = 8
ANSWER_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideAccount:
    """Whom a provider says it has before it: its own name for him, and what he calls himself."""

    subject: str
    nickname: str


class OutsideProvider(Protocol):
    """One provider. `identify` runs outside any transaction."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str | Promise: ...
    @property
    def is_test(self) -> bool: ...
    @property
    def code_name(self) -> str:
        """The parameter in which the code comes back."""
        ...

    def authorize_url(self, *, state: str, redirect_uri: str) -> str: ...

    def identify(self, code: str, *, at: datetime) -> OutsideAccount:
        """Raises: OutsideAccountRefused (403), ProofUnavailable."""
        ...


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    is_test: bool = False


class WeChatSettings(_Settings):
    """The file wechat.json."""

    appid: str
    secret: str
    authorize_url: str = "https://open.weixin.qq.com/connect/qrconnect"
    api_url: str = "https://api.weixin.qq.com"


class AlipaySettings(_Settings):
    """The file alipay.json; keys in PEM."""

    app_id: str
    private_key: str
    alipay_public_key: str
    authorize_url: str = "https://openauth.alipay.com/oauth2/publicAppAuthorize.htm"
    gateway_url: str = "https://openapi.alipay.com/gateway.do"


class WeChat:
    code = "wechat"
    name = _("WeChat")
    code_name = "code"

    def __init__(self, settings: WeChatSettings) -> None:
        self.settings = settings
        self.is_test = settings.is_test

    def authorize_url(self, *, state: str, redirect_uri: str) -> str:
        query = {
            "appid": self.settings.appid,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": "snsapi_login",
            "state": state,
        }
        return f"{self.settings.authorize_url}?{urlencode(query)}#wechat_redirect"

    def identify(self, code: str, *, at: datetime) -> OutsideAccount:
        tokens = self._get(
            "/sns/oauth2/access_token",
            {
                "appid": self.settings.appid,
                "secret": self.settings.secret,
                "code": code,
                "grant_type": "authorization_code",
            },
        )
        openid = _text(tokens, "openid")
        told = self._get(
            "/sns/userinfo",
            {"access_token": _text(tokens, "access_token"), "openid": openid, "lang": "zh_CN"},
        )
        if _text(told, "openid") != openid:
            raise OutsideAccountRefused(reason="openid")
        # The openid is this app's; the unionid stays where an app is replaced by another.
        unionid = told.get("unionid") or tokens.get("unionid")
        subject = f"unionid:{unionid}" if isinstance(unionid, str) else f"openid:{openid}"
        return OutsideAccount(subject=subject, nickname=str(told.get("nickname", ""))[:64])

    def _get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        found = _json(_call("GET", f"{self.settings.api_url}{path}", params=dict(query)))
        if found.get("errcode"):
            raise OutsideAccountRefused(reason=str(found["errcode"])[:20])
        return found


class Alipay:
    code = "alipay"
    name = _("Alipay")
    code_name = "auth_code"

    def __init__(self, settings: AlipaySettings) -> None:
        self.settings = settings
        self.is_test = settings.is_test

    def authorize_url(self, *, state: str, redirect_uri: str) -> str:
        query = {
            "app_id": self.settings.app_id,
            "scope": "auth_user",
            "redirect_uri": redirect_uri,
            "state": state,
        }
        return f"{self.settings.authorize_url}?{urlencode(query)}"

    def identify(self, code: str, *, at: datetime) -> OutsideAccount:
        tokens = self._ask(
            "alipay.system.oauth.token", {"grant_type": "authorization_code", "code": code}, at
        )
        subject = _subject(tokens)
        token = _text(tokens, "access_token")
        told = self._ask("alipay.user.info.share", {"auth_token": token}, at)
        if str(told.get("code", "")) != "10000" or _subject(told) != subject:
            raise OutsideAccountRefused(reason=str(told.get("sub_code", "user_info"))[:60])
        return OutsideAccount(subject=subject, nickname=str(told.get("nick_name", ""))[:64])

    def _ask(self, method: str, more: Mapping[str, str], at: datetime) -> dict[str, Any]:
        """One signed question; the signature over the answer has to hold."""
        fields = {
            "app_id": self.settings.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
            **more,
        }
        fields["sign"] = rsa2_sign(self.settings.private_key, signed_text(fields))
        raw = _call("POST", self.settings.gateway_url, data=fields)
        found = _json(raw)
        if isinstance(found.get("error_response"), dict):
            reason = str(found["error_response"].get("sub_code", "error"))
            raise OutsideAccountRefused(reason=reason[:60])
        name = f"{method.replace('.', '_')}_response"
        part = raw_part(raw, name)
        if not part or not rsa2_holds(
            self.settings.alipay_public_key, part, str(found.get("sign", ""))
        ):
            raise ProofUnavailable("the signature of the provider's answer does not hold")
        return dict(found[name])


def signed_text(fields: Mapping[str, str]) -> str:
    """What is signed: the fields by name, without the empty ones and the signature."""
    pairs = sorted((key, value) for key, value in fields.items() if value and key != "sign")
    return "&".join(f"{key}={value}" for key, value in pairs)


def rsa2_sign(private_key: str, text: str) -> str:
    """SHA256withRSA in base64."""
    key = serialization.load_pem_private_key(private_key.encode(), password=None)
    assert isinstance(key, RSAPrivateKey), "the key of alipay.json is of RSA"
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signature).decode()


def rsa2_holds(public_key: str, text: str, signature: str) -> bool:
    key = serialization.load_pem_public_key(public_key.encode())
    assert isinstance(key, RSAPublicKey), "the key of alipay.json is of RSA"
    try:
        signed = base64.b64decode(signature, validate=True)
        key.verify(signed, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def raw_part(raw: str, name: str) -> str:
    """A member of an answer exactly as it was sent: the signature is over these characters."""
    mark = f'"{name}":'
    start = raw.find(mark)
    if start < 0:
        return ""
    start += len(mark)
    start += len(raw[start:]) - len(raw[start:].lstrip())
    try:
        _value, end = json.JSONDecoder().raw_decode(raw, start)
    except ValueError:
        return ""
    return raw[start:end]


def read_providers(folder: Path, *, production: bool) -> tuple[OutsideProvider, ...]:
    """Those whose file is there and whole; in production none that is marked as a test."""
    found: list[OutsideProvider] = []
    for name, make in (("wechat", _wechat), ("alipay", _alipay)):
        path = folder / f"{name}.json"
        try:
            if path.is_file():
                found.append(make(path.read_text()))
        except (OSError, ValidationError):
            log.exception("%s cannot be read; the provider is not offered", path.name)
    return tuple(one for one in found if not (production and one.is_test))


def _wechat(text: str) -> OutsideProvider:
    return WeChat(WeChatSettings.model_validate_json(text))


def _alipay(text: str) -> OutsideProvider:
    return Alipay(AlipaySettings.model_validate_json(text))


def _call(method: str, url: str, **options: Any) -> str:
    """The text of an answer. Raises: ProofUnavailable."""
    try:
        with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, verify=trusted()) as client:
            answer = client.request(method, url, **options)
    except httpx.HTTPError as silent:
        raise ProofUnavailable(type(silent).__name__) from silent
    if answer.status_code != 200 or len(answer.content) > ANSWER_MAX:
        raise ProofUnavailable(f"the provider answered {answer.status_code}")
    return str(answer.text)


def _json(raw: str) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as broken:
        raise ProofUnavailable("the provider's answer is not of the agreed form") from broken
    if not isinstance(found, dict):
        raise ProofUnavailable("the provider's answer is not of the agreed form")
    return found


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise ProofUnavailable(f"the provider's answer has no {name}")
    return value


def _subject(found: Mapping[str, Any]) -> str:
    """The user's number; newer applications get an open_id in its place."""
    user_id, open_id = found.get("user_id"), found.get("open_id")
    if isinstance(user_id, str) and user_id:
        return f"user_id:{user_id}"
    if isinstance(open_id, str) and open_id:
        return f"open_id:{open_id}"
    raise ProofUnavailable("the provider's answer names nobody")
