"""A device that makes passkeys, in software: what a browser would send, good or tampered with."""

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

PRESENT, VERIFIED, SYNCED, ATTESTED = 0x01, 0x04, 0x08, 0x40


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def cose_key(public: ec.EllipticCurvePublicKey) -> dict[int, object]:
    """Source: RFC 9053, 7.1."""
    point = public.public_numbers()
    return {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}


@dataclass
class Device:
    """One authenticator with one key. Its counter rises unless told otherwise; 0 does not count."""

    origin: str = "https://lingnan.test"
    is_synced: bool = False
    counts: bool = True
    verifies: bool = True
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    counter: int = 0
    user: bytes = b""

    def create(self, options: dict[str, Any], **other: Any) -> str:
        """The answer to a question for a new key."""
        self.user = base64.urlsafe_b64decode(options["user"]["id"] + "==")
        public = cbor.encode(cose_key(self.key.public_key()))
        held = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + public
        flags = ATTESTED | (VERIFIED if self.verifies else 0)
        data = self._data(options["rp"]["id"], flags, self.counter) + held
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"], **other)
        return self._answer(clientDataJSON=client, attestationObject=attestation)

    def get(self, options: dict[str, Any], *, counter: int | None = None, **other: Any) -> str:
        """The answer to a question for a signature."""
        if self.counts:
            self.counter += 1
        flags = VERIFIED if self.verifies else 0
        shown = self.counter if counter is None else counter
        data = self._data(options["rpId"], flags, shown)
        client = self._client("webauthn.get", options["challenge"], **other)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=client, authenticatorData=data, signature=signed, userHandle=self.user
        )

    def _data(self, rp_id: str, flags: int, counter: int) -> bytes:
        flags |= PRESENT | (SYNCED if self.is_synced else 0)
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, counter)

    def _client(self, kind: str, challenge: str, *, origin: str = "") -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": origin or self.origin}
        return json.dumps(told).encode()

    def _answer(self, **parts: bytes) -> str:
        key = text(self.credential_id)
        response = {name: text(part) for name, part in parts.items()}
        return json.dumps({"rawId": key, "type": "public-key", "response": response})
