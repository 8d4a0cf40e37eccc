"""The wire format of Alipay's open gateway, shared by the adapter and the simulator.

A request is a form; `sign` is RSA2 (RSA with SHA-256) over its other parameters sorted by name and
joined as a=b&c=d. An answer is JSON whose member `<method>_response` is signed as it stands in the
text. In a notice `sign` and `sign_type` both stay outside the signature.
Source: https://opendocs.alipay.com/common/02kf5q (RSA2), https://opendocs.alipay.com/open/194/103296
(precreate, notices); docs/reference/channels.md.
"""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from . import rsa_signatures


def signed_text(parameters: Mapping[str, str], *, without: tuple[str, ...] = ("sign",)) -> bytes:
    """What a form's signature is over; empty parameters do not count."""
    kept = sorted(
        (name, value) for name, value in parameters.items() if value and name not in without
    )
    return "&".join(f"{name}={value}" for name, value in kept).encode()


def sign_form(key: rsa.RSAPrivateKey, parameters: Mapping[str, str]) -> dict[str, str]:
    """The form with its signature."""
    return {**parameters, "sign": rsa_signatures.sign(key, signed_text(parameters))}


def sign_notice(key: rsa.RSAPrivateKey, parameters: Mapping[str, str]) -> dict[str, str]:
    """A notice with its signature."""
    without = ("sign", "sign_type")
    return {
        **parameters,
        "sign": rsa_signatures.sign(key, signed_text(parameters, without=without)),
    }


def notice_holds(key: rsa.RSAPublicKey, parameters: Mapping[str, str]) -> bool:
    """Whether a notice is Alipay's."""
    text = signed_text(parameters, without=("sign", "sign_type"))
    return rsa_signatures.holds(key, text, parameters.get("sign", ""))


def form_holds(key: rsa.RSAPublicKey, parameters: Mapping[str, str]) -> bool:
    """The gateway's check of a request."""
    return rsa_signatures.holds(key, signed_text(parameters), parameters.get("sign", ""))


def response_name(method: str) -> str:
    """alipay.trade.query -> alipay_trade_query_response, the member an answer stands in."""
    return method.replace(".", "_") + "_response"


def response_text(content: str, name: str) -> str:
    """The member as it stands in the text, for its signature is over exactly this.

    Raises: ValueError when it is not there.
    """
    start = content.index(f'"{name}"')
    start = content.index("{", start)
    _value, end = json.JSONDecoder().raw_decode(content, start)
    return content[start:end]


def encode_answer(key: rsa.RSAPrivateKey, method: str, response: Mapping[str, Any]) -> bytes:
    """An answer of the gateway, signed."""
    text = json.dumps(response, ensure_ascii=False, separators=(",", ":"))
    sign = rsa_signatures.sign(key, text.encode())
    return f'{{"{response_name(method)}":{text},"sign":"{sign}"}}'.encode()
