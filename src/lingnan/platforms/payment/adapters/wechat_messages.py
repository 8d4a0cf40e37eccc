"""The wire format of WeChat Pay APIv3, shared by the adapter and the simulator.

A request carries `Authorization: WECHATPAY2-SHA256-RSA2048` over method, address with query,
timestamp, nonce and body, a line each; answers and notices carry `Wechatpay-*` headers over
timestamp, nonce and body. What is secret in a notice is sealed by AES-256-GCM with the APIv3 key.
Source: https://pay.weixin.qq.com/doc/v3/merchant/4012365342 (signing), 4012365345 (checking),
4012071382 (notices); docs/reference/channels.md.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from . import rsa_signatures

SCHEMA = "WECHATPAY2-SHA256-RSA2048"
SKEW_MAX_S = 300  # "5 分钟", as the documentation advises
_PAIR = re.compile(r'(\w+)="([^"]*)"')


def authorization(
    key: rsa.RSAPrivateKey,
    *,
    mchid: str,
    serial: str,
    method: str,
    target: str,
    body: bytes,
    at: datetime,
) -> str:
    """The Authorization header of a request; `target` is the path with its query."""
    timestamp, nonce = str(int(at.timestamp())), secrets.token_hex(16)
    signature = rsa_signatures.sign(key, _request(method, target, timestamp, nonce, body))
    return (
        f'{SCHEMA} mchid="{mchid}",nonce_str="{nonce}",signature="{signature}",'
        f'timestamp="{timestamp}",serial_no="{serial}"'
    )


def is_authorized(
    key: rsa.RSAPublicKey,
    header: str,
    *,
    serial: str,
    method: str,
    target: str,
    body: bytes,
    at: datetime,
) -> bool:
    """The other side's check of `authorization`."""
    schema, _, rest = header.partition(" ")
    given = dict(_PAIR.findall(rest))
    if schema != SCHEMA or given.get("serial_no") != serial:
        return False
    timestamp = given.get("timestamp", "")
    if not _is_recent(timestamp, at):
        return False
    message = _request(method, target, timestamp, given.get("nonce_str", ""), body)
    return rsa_signatures.holds(key, message, given.get("signature", ""))


def sign(key: rsa.RSAPrivateKey, *, serial: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers of an answer or a notice."""
    timestamp, nonce = str(int(at.timestamp())), secrets.token_hex(16)
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature": rsa_signatures.sign(key, _answer(timestamp, nonce, body)),
    }


def holds(
    key: rsa.RSAPublicKey, headers: Mapping[str, str], *, serial: str, body: bytes, at: datetime
) -> bool:
    """Whether an answer or notice is signed by the platform, recently, by the key we know."""
    timestamp = headers.get("Wechatpay-Timestamp", "")
    if headers.get("Wechatpay-Serial", "") != serial or not _is_recent(timestamp, at):
        return False
    message = _answer(timestamp, headers.get("Wechatpay-Nonce", ""), body)
    return rsa_signatures.holds(key, message, headers.get("Wechatpay-Signature", ""))


def pay_params(
    key: rsa.RSAPrivateKey, *, appid: str, prepay_id: str, at: datetime
) -> dict[str, str]:
    """What a page hands to WeixinJSBridge to pay a prepaid order (调起支付签名).

    Source: https://pay.weixin.qq.com/doc/v3/merchant/4012365339.
    """
    timestamp, nonce = str(int(at.timestamp())), secrets.token_hex(16)
    package = f"prepay_id={prepay_id}"
    message = f"{appid}\n{timestamp}\n{nonce}\n{package}\n".encode()
    return {
        "appId": appid,
        "timeStamp": timestamp,
        "nonceStr": nonce,
        "package": package,
        "signType": "RSA",
        "paySign": rsa_signatures.sign(key, message),
    }


def pay_params_hold(key: rsa.RSAPublicKey, params: Mapping[str, str]) -> bool:
    """The app's check of `pay_params`."""
    names = ("appId", "timeStamp", "nonceStr", "package")
    message = "".join(f"{params.get(name, '')}\n" for name in names).encode()
    is_rsa = params.get("signType") == "RSA"
    return is_rsa and rsa_signatures.holds(key, message, params.get("paySign", ""))


def seal(api_v3_key: str, plain: bytes, *, associated: str) -> dict[str, str]:
    """A notice's resource, encrypted."""
    nonce = secrets.token_hex(6)
    sealed = AESGCM(api_v3_key.encode()).encrypt(nonce.encode(), plain, associated.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "nonce": nonce,
        "associated_data": associated,
    }


def unseal(api_v3_key: str, resource: Mapping[str, str]) -> bytes:
    """Undo `seal`. Raises: ValueError when it was not sealed with this key, or changed."""
    if resource["algorithm"] != "AEAD_AES_256_GCM":
        raise ValueError("unknown algorithm")
    try:
        return AESGCM(api_v3_key.encode()).decrypt(
            resource["nonce"].encode(),
            base64.b64decode(resource["ciphertext"], validate=True),
            (resource.get("associated_data") or "").encode(),
        )
    except (InvalidTag, binascii.Error) as broken:
        raise ValueError("the resource cannot be opened") from broken


def _is_recent(timestamp: str, at: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return abs(at.timestamp() - int(timestamp)) <= SKEW_MAX_S


def _request(method: str, target: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    return f"{method}\n{target}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"


def _answer(timestamp: str, nonce: str, body: bytes) -> bytes:
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
