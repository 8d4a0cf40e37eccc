"""How messages of the bank gateway are signed: with a shared secret, or with keys of both sides.

HMAC-SM3 is `bank_messages`. With SM2 each side signs with its own key and names its certificate by
the serial number; the other side knows the certificate. While keys change over, both certificates
are known, each for its own term. A message is not taken twice: the nonce of a notice is kept, and
an answer carries that of its request. docs/reference/bank-gateway.md describes both.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from lingnan.kernel.errors import UnusableFile
from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.errors import CertificateUnreadable
from lingnan.security.crypto.types import CertificateFacts

from . import bank_messages as messages
from .credentials import SETTINGS, Credentials

ALGORITHM = "X-Gateway-Algorithm"
SERIAL = "X-Gateway-Serial"
SM2 = "SM2-SM3"
SKEW_MAX_S = 300
"""What is older is refused; whoever sends again signs again."""


class Signer(Protocol):
    """One side of the gateway: signs its own messages, checks those of the other side."""

    @property
    def takes_once(self) -> bool:
        """Whether a nonce counts once only."""
        ...

    def sign(
        self, *, method: str, path: str, body: bytes, at: datetime, nonce: str = ""
    ) -> dict[str, str]:
        """The headers that go with a message; an answer is given the nonce of its request."""
        ...

    def holds(
        self,
        *,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        at: datetime,
        nonce: str = "",
    ) -> bool:
        """Whether a message is the other side's, fresh, and, if named, of this nonce."""
        ...


@dataclass(frozen=True, slots=True)
class SecretSigner:
    """HMAC-SM3 with one secret for both sides."""

    secret: str
    takes_once: bool = False

    def sign(
        self, *, method: str, path: str, body: bytes, at: datetime, nonce: str = ""
    ) -> dict[str, str]:
        return messages.sign(secret=self.secret, method=method, path=path, body=body, at=at)

    def holds(
        self,
        *,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        at: datetime,
        nonce: str = "",
    ) -> bool:
        return messages.holds(
            secret=self.secret, method=method, path=path, body=body, headers=headers, at=at
        )


@dataclass(frozen=True, slots=True)
class KeySigner:
    """SM2 with SM3: own keys, each with its certificate, and certificates of the other side."""

    own: Sequence[tuple[crypto.FileKey, CertificateFacts]]
    others: Sequence[CertificateFacts]
    takes_once: bool = True

    def sign(
        self, *, method: str, path: str, body: bytes, at: datetime, nonce: str = ""
    ) -> dict[str, str]:
        """With the newest key in its term. Raises: KeyError when none is."""
        live = [
            (key, facts) for key, facts in self.own if facts.not_before <= at <= facts.not_after
        ]
        if not live:
            raise KeyError("no key of ours is in its term")
        key, facts = max(live, key=lambda pair: pair[1].not_before)
        timestamp, nonce = str(int(at.timestamp())), nonce or secrets.token_hex(16)
        signed = _signed(method, path, timestamp, nonce, facts.serial_number, body)
        return {
            ALGORITHM: SM2,
            SERIAL: facts.serial_number,
            messages.TIMESTAMP: timestamp,
            messages.NONCE: nonce,
            messages.SIGNATURE: base64.b64encode(key.sign(signed)).decode(),
        }

    def holds(
        self,
        *,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        at: datetime,
        nonce: str = "",
    ) -> bool:
        timestamp, told = headers.get(messages.TIMESTAMP, ""), headers.get(messages.NONCE, "")
        serial = headers.get(SERIAL, "").lower()
        if headers.get(ALGORITHM, "") != SM2 or not messages.is_fresh(
            timestamp, told, at=at, skew_s=SKEW_MAX_S
        ):
            return False
        if nonce and told != nonce:
            return False
        try:
            signature = base64.b64decode(headers.get(messages.SIGNATURE, ""), validate=True)
        except (binascii.Error, ValueError):
            return False
        signed = _signed(method, path, timestamp, told, serial, body)
        return any(
            facts.not_before <= at <= facts.not_after
            and crypto.verify(signed, signature, public_point=facts.public_point)
            for facts in self.others
            if facts.serial_number == serial
        )


def _signed(method: str, path: str, timestamp: str, nonce: str, serial: str, body: bytes) -> bytes:
    head = f"{SM2}\n{method.upper()}\n{path}\n{timestamp}\n{nonce}\n{serial}\n"
    return head.encode() + body


def key_signer(found: Credentials, *, own: str, other: str) -> KeySigner:
    """The signer of one side by the lists of its folder: `own` and `other` name them in
    channel.json. Raises: UnusableFile with the file and what is wrong with it.
    """
    return KeySigner(
        own=[_pair(found.path, name) for name in _names(found, own)],
        others=[_facts(found.path / f"{name}.crt") for name in _names(found, other)],
    )


def _names(found: Credentials, name: str) -> list[str]:
    listed = found.values.get(name)
    if not isinstance(listed, list) or not listed or not all(isinstance(x, str) for x in listed):
        raise UnusableFile(f"{found.path / SETTINGS}: “{name}” is no list of names")
    return listed


@lru_cache(maxsize=32)
def _pair(folder: Path, name: str) -> tuple[crypto.FileKey, CertificateFacts]:
    key, facts = _key(folder / f"{name}.key"), _facts(folder / f"{name}.crt")
    if key.public_point != facts.public_point:
        raise UnusableFile(
            f"{folder / name}.key is not the private key of the certificate {name}.crt beside it"
        )
    return key, facts


@lru_cache(maxsize=32)
def _key(path: Path) -> crypto.FileKey:
    try:
        return crypto.read_file_key(path.read_bytes())
    except OSError as wrong:
        raise UnusableFile(f"{path} cannot be read: {wrong.strerror}") from wrong
    except CertificateUnreadable as wrong:
        raise UnusableFile(f"{path} is no private key on the SM2 curve") from wrong


@lru_cache(maxsize=32)
def _facts(path: Path) -> CertificateFacts:
    try:
        return crypto.read_certificate(path.read_bytes())
    except OSError as wrong:
        raise UnusableFile(f"{path} cannot be read: {wrong.strerror}") from wrong
    except CertificateUnreadable as wrong:
        raise UnusableFile(f"{path} is no certificate of an SM2 key") from wrong
