"""SD-JWT VC made and read: the selective disclosure is the reference library's, the keys are ours.

Source: RFC 9901 (SD-JWT); draft-ietf-oauth-sd-jwt-vc (typ dc+sd-jwt).
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from joserfc.jwk import ECKey
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from .jose import sign_jwt

_BROKEN = (
    JWException,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RecursionError,
)
_GIVEN_AWAY = ("iss", "vct", "cnf", "status", "exp", "nbf")  # never among the disclosures


class _Issuer(SDJWTIssuer):  # type: ignore[misc]
    """The library's issuer, whose signature is made where the key is."""

    def __init__(self, claims: Mapping[str, Any], header: Mapping[str, Any], key_id: UUID) -> None:
        self._header = header
        self._key_id = key_id
        super().__init__(dict(claims), issuer_key=None)

    def _create_signed_jws(self) -> None:
        self.serialized_sd_jwt = sign_jwt(self._header, self.sd_jwt_payload, key_id=self._key_id)


def make_sd_jwt(claims: Mapping[str, Any], header: Mapping[str, Any], *, key_id: UUID) -> str:
    """An SD-JWT with all its disclosures; a claim named by `SDObj` is one of them."""
    made: str = _Issuer(claims, header, key_id).sd_jwt_issuance
    return made


def read_sd_jwt(presentation: str, key: ECKey) -> dict[str, Any] | None:
    """The claims of an SD-JWT that `key` signed, those disclosed among them; None where it did not,
    or where a disclosure belongs to nothing that was signed. The key binding is looked at apart.
    """
    try:
        verifier = SDJWTVerifier(presentation, lambda _issuer, _header: _library_key(key))
        claims: dict[str, Any] = verifier.get_verified_payload()
        known = set(verifier._duplicate_hash_check)
        disclosed = verifier._hash_to_decoded_disclosure
    except _BROKEN:
        return None
    if set(disclosed) - known:
        return None
    named = {item[1] for item in disclosed.values() if len(item) == 3}
    return None if named.intersection(_GIVEN_AWAY) else claims


def _library_key(key: ECKey) -> JWK:
    return JWK(**{name: str(value) for name, value in key.as_dict(private=False).items()})


def split(presentation: str) -> tuple[str, str, str]:
    """The issuer's JWT, everything the key binding is about, and the key binding itself."""
    body, _tilde, binding = presentation.rpartition("~")
    return body.partition("~")[0], f"{body}~", binding
