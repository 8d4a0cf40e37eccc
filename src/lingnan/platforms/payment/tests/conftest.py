"""A bank in memory: the simulator's own rules behind the adapter, without a network."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.adapters.folder import FolderStore

from ..adapters import bank_messages as messages
from ..adapters import registry
from ..adapters.bank_gateway import CALLBACK_PATH, BankGateway
from ..adapters.bank_signatures import SecretSigner, Signer
from ..simulators.bank import Bank, report_of

SECRET = "test-secret"


class Wire(httpx.BaseTransport):
    """Carries signed requests to the bank; `cut` loses the next answers."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.cut = 0
        self.requests: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path, body = request.url.path, request.read()
        self.requests.append(f"{request.method} {path}")
        assert self.bank.signer.holds(
            method=request.method,
            path=path,
            body=body,
            headers=request.headers,
            at=datetime.now(UTC),
        )
        status, answer = self._act(request.method, path, body)
        if self.cut:
            self.cut -= 1
            raise httpx.ReadTimeout("cut")
        content = messages.encode(answer)
        headers = self.bank.signer.sign(
            method=f"{request.method} ANSWER",
            path=path,
            body=content,
            at=datetime.now(UTC),
            nonce=request.headers[messages.NONCE],
        )
        return httpx.Response(status, content=content, headers=headers)

    def _act(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if path == "/orders":
            return self.bank.place(json.loads(body))
        if path == "/refunds":
            return 200, self.bank.refund(json.loads(body))
        if path.startswith("/refunds/"):
            return 200, self.bank.refund_report(path.split("/")[2])
        if path.startswith("/statements/"):
            return 200, self.bank.statement(path.split("/")[2])
        number = path.split("/")[2]
        if path.endswith("/close"):
            return 200, self.bank.close(number)
        return 200, self.bank.report(number)


class FakeBank(Bank):
    """The simulator's books; notices are made by the test, not sent by a thread."""

    def _notify(self, order: Any, behaviour: str) -> None:
        return

    def notice(self, number: str, **changes: object) -> tuple[bytes, dict[str, str]]:
        """A signed callback of what the bank knows, with changes."""
        body = messages.encode({**report_of(self.orders[number]), **changes})
        return body, self.signed(body)

    def signed(
        self, body: bytes, *, signer: Signer | None = None, at: datetime | None = None
    ) -> dict[str, str]:
        return (signer or self.signer).sign(
            method="POST", path=CALLBACK_PATH, body=body, at=at or datetime.now(UTC)
        )


@pytest.fixture
def bank() -> FakeBank:
    return FakeBank(signer=SecretSigner(SECRET), public_url="http://bank.invalid")


@pytest.fixture
def wire(bank: FakeBank) -> Wire:
    return Wire(bank)


@pytest.fixture(autouse=True)
def channel(wire: Wire, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    gateway = BankGateway(url="http://bank.invalid", signer=SecretSigner(SECRET), transport=wire)

    monkeypatch.setitem(registry.FACTORIES, "bank", lambda: gateway)
    store = FolderStore(tmp_path)
    monkeypatch.setattr(documents, "content_store", lambda: store)
    assert not settings.LINGNAN.production
    yield


@pytest.fixture(autouse=True)
def no_jobs_left(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """A test that commits leaves no job behind for rows that are flushed after it."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker is not None and marker.kwargs.get("transaction"):
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
