"""The platform over HTTP, with the standard library alone."""

import json
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from .offline import OfflineKey


class Refused(Exception):
    """The platform said no (RFC 9457): `code` is stable, `remedy` says what to do."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code', '')}: {problem.get('detail', '')}")
        self.status = status
        self.code = str(problem.get("code", ""))
        self.remedy = str(problem.get("remedy", ""))
        self.problem = dict(problem)


class Lingnan:
    """One platform. A token is needed for everything but verifying."""

    def __init__(self, base_url: str, *, token: str = "", timeout_s: float = 20) -> None:
        if not base_url.startswith(("https://", "http://")):
            raise ValueError("the address begins with https://")
        self._base = base_url.rstrip("/") + "/api/v1"
        self._token = token
        self._timeout_s = timeout_s

    def verify(self, identifier: str, *, code: str = "") -> dict[str, Any]:
        """What the register says of an identifier; `code` from the licence opens its contents."""
        path = f"/licences/verify/{urllib.parse.quote(identifier, safe='')}"
        query = f"?code={urllib.parse.quote(code)}" if code else ""
        return self._ask("GET", path + query)

    def offline_keys(self) -> list[OfflineKey]:
        """The keys offline codes are signed with: fetch once over HTTPS, and keep."""
        found = self._ask("GET", "/licences/offline-keys")
        return [OfflineKey(key["kid"], bytes.fromhex(key["point"])) for key in found["keys"]]

    def ask_consent(
        self,
        *,
        holder: Mapping[str, str],
        type_code: str,
        fields: Sequence[str],
        purpose: str,
        until: str,
        matter: str = "",
    ) -> dict[str, Any]:
        """Ask a holder to let fields of a licence be read. Raises: Refused."""
        body = {
            "holder": dict(holder),
            "type_code": type_code,
            "fields": list(fields),
            "purpose": purpose,
            "until": until,
            "matter": matter,
        }
        return self._ask("POST", "/licences/consents", body)

    def read_consent(self, consent_id: str) -> dict[str, Any]:
        """The fields, while the consent lives and the licence is valid. Raises: Refused."""
        return self._ask("GET", f"/licences/consents/{uuid.UUID(consent_id)}/data")

    def issue(self, licence: Mapping[str, Any]) -> dict[str, Any]:
        """Issue a licence as an agency, once per `source_id`. Raises: Refused."""
        return self._ask("POST", "/licences", licence)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
            headers["Idempotency-Key"] = str(uuid.uuid4())
        request = urllib.request.Request(  # noqa: S310  (http and https alone, see __init__)
            self._base + path, data=data, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as wrong:
            try:
                problem = json.load(wrong)
            except ValueError:
                problem = {}
            raise Refused(wrong.code, problem) from wrong
