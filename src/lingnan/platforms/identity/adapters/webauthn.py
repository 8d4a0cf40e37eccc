"""Passkeys as browsers speak of them: what to ask for, and whether an answer holds.

The library does the cryptography; what may be asked and accepted is decided here: our origin and no
other, the user verified, three algorithms. Source: W3C Web Authentication Level 2, 7.1 and 7.2.
"""

import base64
import ipaddress
import json
import re
import secrets
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticatorData,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

ALGORITHMS = (-7, -8, -257)  # ES256, EdDSA, RS256
ANSWER_MAX = 20_000
_PART = re.compile(r"[A-Za-z0-9_-]{1,16000}", re.ASCII)
_BROKEN = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    struct.error,
    UnsupportedAlgorithm,
)


class AnswerBroken(Exception):
    """The answer is not one of a passkey, or does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was just made for us."""

    credential_id: str
    public_key: str
    sign_count: int
    is_synced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an answer says of itself, before it is checked."""

    credential_id: str
    user_handle: bytes


def is_offered(public_url: str) -> bool:
    """Browsers make passkeys for names, on a secure page or on the machine itself."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(host) and (parts.scheme == "https" or host == "localhost")
    return False


def ask_new(
    public_url: str, *, account_id: UUID, username: str, known: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a browser needs to make a key, and what we remember until it answers.

    `known`: the keys of the account, so that one device does not make a second.
    """
    user = PublicKeyCredentialUserEntity(id=account_id.bytes, name=username, display_name=username)
    options, state = _server(public_url).register_begin(
        user,
        [AttestedCredentialData(_bytes(key)) for key in known],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=secrets.token_bytes(32),
    )
    return _plain(options), dict(state)


def check_new(public_url: str, *, state: Mapping[str, Any], answer: str) -> NewKey:
    """Raises: AnswerBroken."""
    told = _parts(answer, "clientDataJSON", "attestationObject")
    try:
        data = _server(public_url).register_complete(dict(state), told)
        held = data.credential_data
        if held is None or held.public_key.get(3) not in ALGORITHMS:
            raise AnswerBroken("algorithm")
        return NewKey(
            credential_id=_text(held.credential_id),
            public_key=_text(bytes(held)),
            sign_count=data.counter,
            is_synced=data.is_backup_eligible(),
        )
    except _BROKEN as broken:
        raise AnswerBroken(type(broken).__name__) from broken


def ask_signature(
    public_url: str, *, keys: Sequence[str] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a browser needs to sign with one of `keys`; without any, with whatever it has for us."""
    options, state = _server(public_url).authenticate_begin(
        [AttestedCredentialData(_bytes(key)) for key in keys] or None,
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=secrets.token_bytes(32),
    )
    return _plain(options), dict(state)


def read_answer(answer: str) -> Shown:
    """Which key an answer claims to be of. Raises: AnswerBroken."""
    told = _parts(answer, "clientDataJSON", "authenticatorData", "signature")
    try:
        return Shown(
            credential_id=_text(_bytes(told["rawId"])),
            user_handle=_bytes(told["response"].get("userHandle", "")),
        )
    except _BROKEN as broken:
        raise AnswerBroken(type(broken).__name__) from broken


def check_signature(
    public_url: str, *, state: Mapping[str, Any], public_key: str, answer: str
) -> int:
    """The counter of an answer that this key signed, for us, now. Raises: AnswerBroken."""
    told = _parts(answer, "clientDataJSON", "authenticatorData", "signature")
    try:
        key = AttestedCredentialData(_bytes(public_key))
        _server(public_url).authenticate_complete(dict(state), [key], told)
        return AuthenticatorData(_bytes(told["response"]["authenticatorData"])).counter
    except _BROKEN as broken:
        raise AnswerBroken(type(broken).__name__) from broken


def _server(public_url: str) -> Fido2Server:
    parts = urlsplit(public_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    server = Fido2Server(
        PublicKeyCredentialRpEntity(id=parts.hostname or "", name="Lingnan"),
        verify_origin=lambda told: told == origin,
    )
    server.allowed_algorithms = [
        PublicKeyCredentialParameters(type=PublicKeyCredentialType.PUBLIC_KEY, alg=algorithm)
        for algorithm in ALGORITHMS
    ]
    return server


def _plain(options: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dict(options)))["publicKey"]
    return plain


def _parts(answer: str, *needed: str) -> dict[str, Any]:
    """The parts of an answer we look at, and nothing else. Raises: AnswerBroken."""
    try:
        told = json.loads(answer[:ANSWER_MAX])
        response = told["response"]
        optional = ("userHandle",) if response.get("userHandle") else ()
        parts = {name: response[name] for name in (*needed, *optional)}
        key = told["rawId"]
        whole = all(isinstance(v, str) and _PART.fullmatch(v) for v in (key, *parts.values()))
    except _BROKEN as broken:
        raise AnswerBroken("form") from broken
    except RecursionError as deep:
        raise AnswerBroken("form") from deep
    if not whole or told.get("type") != "public-key":
        raise AnswerBroken("form")
    return {"id": key, "rawId": key, "type": "public-key", "response": parts}


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
