"""Signature servers (签名验签服务器) over HTTP: the messages of GM/T 0029 and GB/T 38629-2020.

One request, `SignData`: method SGD_SM3_SM2, the key's number, its access code, the user id, and the
words to sign, in Base64 where they are bytes. The answer is a response code and the signature.
"""

import base64
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from lingnan.kernel.lazy import lazy_module
from lingnan.kernel.networks import trusted

from ..types import SM2_DEFAULT_ID
from .device import DeviceFile, DeviceSaidNo, DeviceSilent

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy_module("httpx")

SGD_SM3_SM2 = 0x00020201  # GM/T 0006
SIGN_DATA = "SignData"
MALFORMED = 0x0400000D  # GM/T 0029, response codes: wrong format of data
ANSWER_BYTES_MAX = 100_000


def base64_of(data: bytes) -> str:
    """Bytes as the protocol writes them."""
    return base64.b64encode(data).decode()


class SignatureServer:
    """One signature server, by its file."""

    def __init__(self, file: DeviceFile) -> None:
        self._file = file

    def sm2_sign(self, handle: bytes, data: bytes) -> bytes:
        """As `SigningDevice`."""
        index = int(handle)
        said = self._ask(
            SIGN_DATA,
            {
                "signMethod": SGD_SM3_SM2,
                "keyIndex": index,
                "keyValue": base64_of(self._file.code_of(index).encode()),
                "signerIDLen": len(SM2_DEFAULT_ID),
                "signerID": base64_of(SM2_DEFAULT_ID),
                "inDataLen": len(data),
                "inData": base64_of(data),
            },
        )
        try:
            return base64.b64decode(str(said.get("signature", "")), validate=True)
        except ValueError as wrong:  # also what is not ASCII
            raise DeviceSaidNo(MALFORMED) from wrong

    def _ask(self, name: str, fields: dict[str, str | int]) -> dict[str, Any]:
        answer = self._post(name, fields)
        if answer.status_code >= 500:
            raise DeviceSilent(f"HTTP {answer.status_code}")
        if answer.status_code != 200 or len(answer.content) > ANSWER_BYTES_MAX:
            raise DeviceSaidNo(MALFORMED)
        said = _fields(answer)
        try:
            number = int(str(said.get("respValue", "")))
        except ValueError as wrong:
            raise DeviceSaidNo(MALFORMED) from wrong
        if number:
            raise DeviceSaidNo(number)
        return said

    def _post(self, name: str, fields: dict[str, str | int]) -> "httpx.Response":
        """Ask, and wait for the whole answer no longer than the file says.

        The client's own limit is for each piece of an answer; one that comes byte by byte would
        keep its asker, and the rows he holds, for hours. So the time is taken from beside it.
        """
        file = self._file
        body: dict[str, Any] = {"data": fields} if file.form == "urlencoded" else {"json": fields}
        verify = trusted(by_environment=False)
        if file.ca_file:
            verify = ssl.create_default_context(cafile=file.ca_file)
        client = httpx.Client(timeout=file.timeout_s, verify=verify, trust_env=False)
        beside = ThreadPoolExecutor(1, thread_name_prefix="signing-device")
        try:
            asked = beside.submit(client.post, f"{file.url}/{name}", follow_redirects=False, **body)
            return asked.result(timeout=file.timeout_s)
        except httpx.HTTPError as silent:
            raise DeviceSilent(type(silent).__name__) from silent
        except TimeoutError as slow:
            raise DeviceSilent("no whole answer in time") from slow
        finally:
            client.close()  # ends the wait of the one beside
            beside.shutdown(wait=False)


def _fields(answer: "httpx.Response") -> dict[str, Any]:
    """What an answer says: servers answer in the form they were asked in, or in JSON."""
    if "json" in answer.headers.get("Content-Type", ""):
        try:
            said = answer.json()
        except ValueError as wrong:
            raise DeviceSaidNo(MALFORMED) from wrong
        if not isinstance(said, dict):
            raise DeviceSaidNo(MALFORMED)
        return said
    return {name: values[0] for name, values in parse_qs(answer.text).items()}
