"""JSON Web Signatures with keys that never leave `security.crypto`.

Source: RFC 7515, 7517, 7518, 7638.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from lingnan.security.crypto import services as crypto

from .types import ALGORITHM

TOKEN_LENGTH_MAX = 100_000
HEADER_LENGTH_MAX = 10_000  # a certificate in a header is longer than the library's default
_BROKEN = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


_registry = jws.JWSRegistry(algorithms=[ALGORITHM])
_registry.max_header_length = HEADER_LENGTH_MAX


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def sha256(text: str) -> str:
    """The digest by which SD-JWT names a text of ASCII."""
    return b64(hashlib.sha256(text.encode("ascii")).digest())


def sign_jwt(header: Mapping[str, Any], claims: Mapping[str, Any], *, key_id: UUID) -> str:
    """A JWT in compact form, signed with ES256."""
    parts = [
        b64(json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode())
        for part in ({"alg": ALGORITHM, **header}, claims)
    ]
    body = ".".join(parts)
    signature = crypto.sign_p256(body.encode("ascii"), key_id=key_id)
    return f"{body}.{b64(crypto.raw_signature(signature))}"


def jwk_of(certificate: bytes) -> dict[str, str]:
    """The public key of a P-256 certificate of ours, named by its thumbprint."""
    point = crypto.p256_point(certificate)
    jwk = {"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}
    return {**jwk, "use": "sig", "alg": ALGORITHM, "kid": thumbprint(jwk)}


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638, for a key on P-256."""
    required = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    text = json.dumps(required, sort_keys=True, separators=(",", ":"))
    return sha256(text)


def public_key(jwk: object) -> ECKey | None:
    """A holder's key: on P-256, public, nothing else; None for anything else."""
    if not isinstance(jwk, Mapping) or jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        return None
    if "d" in jwk or not all(isinstance(jwk.get(name), str) for name in ("x", "y")):
        return None
    try:
        return ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
    except _BROKEN:
        return None


def read_header(token: str) -> dict[str, Any] | None:
    """The header of a JWT, not yet to be believed; None where there is none."""
    if len(token) > TOKEN_LENGTH_MAX or token.count(".") != 2:
        return None
    try:
        text = token.partition(".")[0]
        padded = text + "=" * (-len(text) % 4)
        header = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except _BROKEN:
        return None
    return header if isinstance(header, dict) else None


def verified_claims(token: str, key: ECKey) -> dict[str, Any] | None:
    """The claims of a JWT that a key signed with ES256; None where it did not."""
    try:
        found = jws.deserialize_compact(token, key, registry=_registry)
        claims = json.loads(found.payload)
    except _BROKEN:
        return None
    return claims if isinstance(claims, dict) else None
