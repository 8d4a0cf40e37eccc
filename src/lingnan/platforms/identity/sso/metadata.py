"""What we say of ourselves: discovery for OpenID Connect and for plain OAuth (RFC 8414)."""

from typing import Any

from django.urls import reverse

from ..services.grants import registered_grants
from .services.keys import ALGORITHMS
from .services.provider import (
    ASSERTION_ALGORITHMS,
    AUTH_METHODS,
    CONFIDENTIAL,
    GRANT_TYPES,
    address,
    issuer,
)
from .types import CLAIMS, CLIENT_SCOPES, LEVELS, SCOPES, acr, api_scopes


def metadata() -> dict[str, Any]:
    """The discovery document; everything in it is true of this installation."""

    def at(name: str) -> str:
        return address(reverse(f"identity:{name}"))

    modules = [code for code in api_scopes() if "." not in code]
    return {
        "issuer": issuer(),
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at("jwks"),
        "registration_endpoint": at("register_client"),
        "introspection_endpoint": at("introspect"),
        "revocation_endpoint": at("revoke"),
        "end_session_endpoint": at("end_session_everywhere"),
        "device_authorization_endpoint": at("device_authorization"),
        "scopes_supported": [*SCOPES, *CLIENT_SCOPES, *modules],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [*GRANT_TYPES, *(grant.type for grant in registered_grants())],
        "subject_types_supported": ["pairwise", "public"],
        "acr_values_supported": [acr(level) for level in LEVELS],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "userinfo_signing_alg_values_supported": list(ALGORITHMS),
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "token_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
        "revocation_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": CONFIDENTIAL,
        "introspection_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claim_types_supported": ["normal"],
        "claims_supported": ["sub", "acr", "amr", "auth_time", "sid", *CLAIMS],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "ui_locales_supported": ["zh-CN", "zh-HK", "en"],
        "service_documentation": address(reverse("identity:clients")),
        **{name: value for grant in registered_grants() for name, value in grant.metadata.items()},
    }
