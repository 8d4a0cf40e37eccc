"""What we say of ourselves to wallets and verifiers: issuer, types of credential, keys.

Source: OpenID4VCI 1.0, 12.2; draft-ietf-oauth-sd-jwt-vc (type metadata, JWT VC issuer metadata).
"""

from datetime import datetime
from typing import Any

from lingnan.kernel import clock
from lingnan.kernel.text import LocalisedText, localise

from .. import queries
from ..models import LicenceType
from .claims import claim_path, claims_of, vct_of
from .jose import jwk_of
from .keys import issuer, issuer_certificates
from .types import ALGORITHM, FORMAT, SCOPE

NAME: LocalisedText = {"zh-hans": "岭南电子证照", "en": "Lingnan electronic licences"}
_LOCALES = (("zh-hans", "zh-CN"), ("zh-hant", "zh-HK"), ("en", "en"))


def _display(text: LocalisedText, **more: str) -> list[dict[str, str]]:
    return [
        {"name": localise(text, language), "locale": locale, **more}
        for language, locale in _LOCALES
    ]


def issuer_metadata(*, at: datetime) -> dict[str, Any]:
    """The credential issuer's metadata: every type in force as a credential. One query."""
    base = issuer()
    return {
        "credential_issuer": base,
        "credential_endpoint": f"{base}/openid4vci/credential",
        "nonce_endpoint": f"{base}/openid4vci/nonce",
        "notification_endpoint": f"{base}/openid4vci/notification",
        "display": _display(NAME),
        "credential_configurations_supported": {
            row.code: _configuration(row) for row in queries.types(on=clock.local_date(at))
        },
    }


def _configuration(row: LicenceType) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "scope": SCOPE,
        "vct": vct_of(row.code),
        "cryptographic_binding_methods_supported": ["jwk"],
        "credential_signing_alg_values_supported": [ALGORITHM],
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": [ALGORITHM]}},
        "credential_metadata": {
            "display": _display(row.name),
            "claims": [
                {"path": claim_path(path), "display": _display(title)}
                for path, title in claims_of(row).items()
            ],
        },
    }


def type_metadata(type_code: str, *, at: datetime) -> dict[str, Any]:
    """What a type of credential is, at the address that is its name, as long as one may be shown.

    Raises: LicenceTypeUnknown (404).
    """
    row = queries.type_as_known(type_code, on=clock.local_date(at))
    return {
        "vct": vct_of(row.code),
        "name": localise(row.name, "en"),
        "description": row.legal_basis,
        "display": [
            {"lang": locale, "locale": locale, "name": localise(row.name, language)}
            for language, locale in _LOCALES
        ],
        "claims": [
            {
                "path": claim_path(path),
                "display": [
                    {"lang": locale, "locale": locale, "label": localise(title, language)}
                    for language, locale in _LOCALES
                ],
                "sd": "always",
            }
            for path, title in claims_of(row).items()
        ],
    }


def issuer_keys(*, at: datetime) -> dict[str, Any]:
    """The keys credentials of ours are signed with, also former ones: they live a year."""
    return {
        "issuer": issuer(),
        "jwks": {"keys": [jwk_of(der) for der in issuer_certificates(at=at)]},
    }
