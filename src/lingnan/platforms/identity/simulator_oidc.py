"""An OpenID Connect provider for tests and the demo: nobody real, a key made at start or kept.

Whoever is chosen on its page, or types a name and a (synthetic) number, is that person, at the
level chosen there. It answers below /oidc/ and knows one program, ours; the code flow with PKCE
only. The same page lets it err on purpose, so that a reader sees what the platform says then.
Source: OpenID Connect Core 1.0, Discovery 1.0; RFC 7636; RFC 9207.
"""

import base64
import hashlib
import hmac
import html
import json
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlencode

from joserfc import jwt
from joserfc.jwk import ECKey

BASE = "/oidc"
DISCOVERY = f"{BASE}/.well-known/openid-configuration"
AUTHORIZE, TOKEN = f"{BASE}/authorize", f"{BASE}/token"
USERINFO, JWKS = f"{BASE}/userinfo", f"{BASE}/jwks"
CLIENT_ID = "lingnan-demo"
ACR = {level: f"urn:demo-oidc:level:{level}" for level in (1, 2, 3)}
LEVEL_WORDS = {1: "一级（未核验）", 2: "二级（姓名与证件号码）", 3: "三级（人脸比对）"}
FAULTS = {
    "": "不出错",
    "state": "返回参数 state 被改动",
    "nonce": "令牌的 nonce 不符",
    "expired": "令牌已过期",
    "key": "令牌由另一把密钥签名",
    "audience": "令牌是给别的程序的",
    "down": "令牌地址不可用（503）",
}
ASKED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
)
CODE_S, TOKEN_S = 60, 300
Reply = tuple[int, str, str, dict[str, str]]  # status, content, media type, headers


@dataclass(frozen=True, slots=True)
class Citizen:
    """Someone this provider knows: invented."""

    name: str
    document_number: str
    document_type: str = "resident_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What someone agreed to: behind a code, then behind an access token."""

    citizen: Citizen
    level: int
    nonce: str
    challenge: str
    redirect_uri: str
    fault: str
    until: float


@dataclass(slots=True)
class OidcProvider:
    """One provider with one key (ES256) and one client."""

    public_url: str
    redirect_uris: tuple[str, ...] = ()
    people: tuple[Citizen, ...] = ()
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    key: ECKey = field(default_factory=lambda: _new_key())
    codes: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, Grant] = field(default_factory=dict)

    @classmethod
    def kept(cls, public_url: str, folder: Path, **more: Any) -> Self:
        """The one whose key and secret lie in a folder, so that the demo's two processes mean the
        same provider; made where there is none. `more` are fields of the class.
        """
        place = folder / "simulator-oidc.json"
        with suppress(FileNotFoundError, ValueError, KeyError):
            kept = json.loads(place.read_text())
            return cls(public_url, secret=kept["secret"], key=ECKey.import_key(kept["key"]), **more)
        made = cls(public_url, **more)
        text = json.dumps({"secret": made.secret, "key": made.key.as_dict(private=True)})
        folder.mkdir(parents=True, exist_ok=True)
        draft = place.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(text)
        draft.replace(place)
        return made

    @property
    def issuer(self) -> str:
        return f"{self.public_url}{BASE}"

    def get(self, path: str, query: Mapping[str, str], authorization: str) -> Reply | None:
        """The answer to a GET; None for an address that is not there."""
        match path:
            case _ if path == DISCOVERY:
                return _json(self.description())
            case _ if path == JWKS:
                return _json({"keys": [self.key.as_dict(private=False)]})
            case _ if path == USERINFO:
                return self._userinfo(authorization)
            case _ if path == AUTHORIZE:
                return self._ask(query)
        return None

    def post(self, path: str, typed: Mapping[str, str], authorization: str) -> Reply | None:
        if path == AUTHORIZE:
            return self._decide(typed)
        if path == TOKEN:
            return self._token(typed, authorization)
        return None

    def description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.public_url}{AUTHORIZE}",
            "token_endpoint": f"{self.public_url}{TOKEN}",
            "userinfo_endpoint": f"{self.public_url}{USERINFO}",
            "jwks_uri": f"{self.public_url}{JWKS}",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile", "person"],
            "acr_values_supported": list(ACR.values()),
            "claims_supported": ["sub", "name", "document_type", "document_number"],
            "authorization_response_iss_parameter_supported": True,
        }

    def _ask(self, query: Mapping[str, str]) -> Reply:
        wrong = self._wrong(query)
        if wrong:
            return 400, f"<h1>请求有误</h1><p>{html.escape(wrong)}</p>", "text/html", {}
        kept = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(query.get(name, ""))}">'
            for name in ASKED
        )
        known = "".join(
            f'<label><input type="radio" name="who" value="{number}"{" checked" * (not number)}> '
            f"{html.escape(person.name)}（{person.document_number}）</label>"
            for number, person in enumerate(self.people)
        )
        levels = "".join(
            f'<label><input type="radio" name="level" value="{level}"{" checked" * (level == 3)}>'
            f" {words}</label>"
            for level, words in LEVEL_WORDS.items()
        )
        faults = "".join(
            f'<option value="{code}">{words}</option>' for code, words in FAULTS.items()
        )
        other = (
            '<label><input type="radio" name="who" value="other" id="other"'
            f"{' checked' * (not self.people)}> 其他人（合成数据）</label>"
            '<label for="name">姓名</label><input name="name" id="name">'
            '<label for="number">公民身份号码（合成）</label><input name="number" id="number">'
        )
        return (
            200,
            f"<h1>统一身份认证（模拟 OpenID Connect）</h1><form method='post'>{kept}"
            f"<fieldset><legend>以谁的身份登录</legend>{known}{other}</fieldset>"
            f"<fieldset><legend>本次登录的实名等级</legend>{levels}</fieldset>"
            f'<p><label for="fault">演示一种错误</label><select name="fault" id="fault">{faults}'
            "</select></p><p>将提供：姓名、证件类型、证件号码。</p>"
            '<p><button name="decision" value="allow" id="agree">同意并登录</button> '
            '<button name="decision" value="deny" id="refuse" formnovalidate>拒绝</button></p>'
            "</form>",
            "text/html",
            {},
        )

    def _wrong(self, asked: Mapping[str, str]) -> str:
        """What keeps a request from being answered; such a one is never sent back."""
        if asked.get("client_id") != CLIENT_ID:
            return "client_id"
        if asked.get("redirect_uri") not in self.redirect_uris:
            return "redirect_uri"
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            return "response_type / scope"
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            return "code_challenge"
        return ""

    def _decide(self, typed: Mapping[str, str]) -> Reply:
        wrong = self._wrong(typed)
        if wrong:
            return 400, f"<h1>请求有误</h1><p>{html.escape(wrong)}</p>", "text/html", {}
        state, fault = typed.get("state", ""), typed.get("fault", "")
        if fault == "state":
            state = secrets.token_urlsafe(32)
        back = {"state": state, "iss": self.issuer}
        if typed.get("decision") != "allow":
            return self._back(typed, {**back, "error": "access_denied"})
        citizen = self._chosen(typed)
        if citizen is None:
            return 400, "<h1>请选择或填写一个人</h1><p>请返回重填。</p>", "text/html", {}
        level = typed.get("level", "")
        code = secrets.token_urlsafe(32)
        self.codes[code] = Grant(
            citizen=citizen,
            level=int(level) if level in {"1", "2", "3"} else 1,
            nonce=typed.get("nonce", ""),
            challenge=typed["code_challenge"],
            redirect_uri=typed["redirect_uri"],
            fault=fault if fault in FAULTS else "",
            until=time.time() + CODE_S,
        )
        return self._back(typed, {**back, "code": code})

    def _chosen(self, typed: Mapping[str, str]) -> Citizen | None:
        who = typed.get("who", "")
        if who.isdecimal() and int(who) < len(self.people):
            return self.people[int(who)]
        name, number = typed.get("name", "").strip(), typed.get("number", "").strip()
        return Citizen(name, number) if name and number else None

    def _back(self, typed: Mapping[str, str], answer: Mapping[str, str]) -> Reply:
        target = f"{typed['redirect_uri']}?{urlencode(answer)}"
        return 303, "", "text/plain", {"Location": target}

    def _token(self, typed: Mapping[str, str], basic: str) -> Reply:
        if not hmac.compare_digest(_basic(basic).encode(), f"{CLIENT_ID}:{self.secret}".encode()):
            return _json({"error": "invalid_client"}, 401)
        grant = self.codes.pop(typed.get("code", ""), None)
        verifier = hashlib.sha256(typed.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if (
            typed.get("grant_type") != "authorization_code"
            or grant is None
            or grant.until < time.time()
            or grant.redirect_uri != typed.get("redirect_uri")
            or not hmac.compare_digest(grant.challenge, challenge)
        ):
            return _json({"error": "invalid_grant"}, 400)
        if grant.fault == "down":
            return _json({"error": "temporarily_unavailable"}, 503)
        token = secrets.token_urlsafe(32)
        self.tokens[token] = grant
        return _json(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": TOKEN_S,
                "id_token": self.id_token(grant),
            }
        )

    def id_token(self, grant: Grant) -> str:
        """Who it is, signed; wrong in one point where the grant says so."""
        now = int(time.time())
        late = 3600 if grant.fault == "expired" else 0
        claims = {
            "iss": self.issuer,
            "sub": subject(grant.citizen),
            "aud": "another" if grant.fault == "audience" else CLIENT_ID,
            "nonce": secrets.token_urlsafe(32) if grant.fault == "nonce" else grant.nonce,
            "iat": now - late,
            "exp": now - late + TOKEN_S,
            "auth_time": now - late,
            "acr": ACR[grant.level],
        }
        key = _new_key() if grant.fault == "key" else self.key
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, key, algorithms=["ES256"])

    def _userinfo(self, header: str) -> Reply:
        grant = self.tokens.pop(header.removeprefix("Bearer "), None)
        if grant is None or grant.until + TOKEN_S < time.time():
            return _json({"error": "invalid_token"}, 401)
        who = grant.citizen
        return _json(
            {
                "sub": subject(who),
                "name": who.name,
                "document_type": who.document_type,
                "document_number": who.document_number,
            }
        )


def subject(citizen: Citizen) -> str:
    """The provider's own name of someone, the same each time."""
    return f"o-{hashlib.sha256(citizen.document_number.encode()).hexdigest()[:24]}"


def _new_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)


def _basic(header: str) -> str:
    """The client and its secret of RFC 6749 2.3.1, decoded; empty where there are none."""
    with suppress(ValueError):
        raw = base64.b64decode(header.removeprefix("Basic "), validate=True).decode()
        name, _colon, secret = raw.partition(":")
        return f"{unquote(name)}:{unquote(secret)}"
    return ""


def _json(told: Mapping[str, Any], status: int = 200) -> Reply:
    return status, json.dumps(told, ensure_ascii=False), "application/json", {}
