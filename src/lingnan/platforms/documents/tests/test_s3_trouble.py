"""The S3 adapter against a server on the wire that lies, stalls and hangs up."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.security.crypto import services as crypto

from .. import services
from ..adapters.s3 import S3Store
from ..errors import StoreUnavailable

CONTENT = b"%PDF-1.4 what was stored" * 20
DIGEST = crypto.sm3(CONTENT).hex()


@dataclass
class Bucket:
    """What the server holds, and how it misbehaves."""

    objects: dict[str, bytes] = field(default_factory=dict)
    trouble: str = ""
    asked: list[str] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def log_message(self, *_of: object) -> None:
        return

    def do_PUT(self) -> None:
        self.bucket.asked.append(f"PUT {self.path}")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.bucket.trouble == "full":
            self._answer(507, b"<Error><Code>QuotaExceeded</Code></Error>")
            return
        self.bucket.objects[self.path] = body
        self._answer(200, b"")

    def do_GET(self) -> None:
        self.bucket.asked.append(f"GET {self.path}")
        trouble = self.bucket.trouble
        body = self.bucket.objects.get(self.path.partition("?")[0])
        if trouble == "denied":
            self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif body is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif trouble == "hangs up":
            self._answer(200, body[:10], length=len(body))
            self.close_connection = True
        elif trouble == "stalls":
            self._answer(200, body[:10], length=len(body))
            self.wfile.flush()
            sleep(1.5)
            self.close_connection = True
        else:
            self._answer(200, body)

    def _answer(self, status: int, body: bytes, *, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def store(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
    handler = type("Here", (Handler,), {"bucket": bucket})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{server.server_address[1]}",
        region_name="cn-south-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(
            connect_timeout=1,
            read_timeout=0.4,
            retries={"max_attempts": 0},
            proxies={},
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    made = S3Store(client, "papers")
    monkeypatch.setattr(services, "content_store", lambda: made)
    yield made
    server.shutdown()
    server.server_close()


def kept() -> Any:
    return services.store(
        CONTENT,
        name="a.pdf",
        media_type="application/pdf",
        actor=SYSTEM,
        owner_kind="test",
        owner_id=uuid4(),
        at=clock.now(),
    )


def test_what_is_put_is_what_is_read(store: S3Store, bucket: Bucket) -> None:
    store.put(DIGEST, CONTENT)
    assert list(bucket.objects) == [f"/papers/{DIGEST[:2]}/{DIGEST}"]
    with store.open(DIGEST) as stream:
        assert stream.read() == CONTENT


@pytest.mark.parametrize("trouble", ["hangs up", "stalls"])
def test_a_read_that_breaks_on_the_way_may_be_tried_again(
    store: S3Store, bucket: Bucket, trouble: str
) -> None:
    store.put(DIGEST, CONTENT)
    bucket.trouble = trouble
    with pytest.raises(StoreUnavailable), store.open(DIGEST) as stream:
        stream.read()
    bucket.trouble = ""
    with store.open(DIGEST) as stream:
        assert stream.read() == CONTENT


def test_refusals_and_a_full_store_are_unavailable_and_nothing_is_missing(
    store: S3Store, bucket: Bucket
) -> None:
    bucket.trouble = "denied"
    with pytest.raises(StoreUnavailable):
        store.open(DIGEST)
    bucket.trouble = "full"
    with pytest.raises(StoreUnavailable):
        store.put(DIGEST, CONTENT)
    bucket.trouble = ""
    with pytest.raises(KeyError):
        store.open(DIGEST)


@pytest.mark.parametrize(
    "name", ["../../secrets", "..", "", "ab/../cd", DIGEST.upper(), f"{DIGEST}\n", "a" * 63]
)
def test_only_a_digest_names_an_object(store: S3Store, bucket: Bucket, name: str) -> None:
    for act in (store.open, store.delete, lambda digest: store.put(digest, b"x")):
        with pytest.raises(ValueError, match="digest"):
            act(name)
    assert bucket.asked == []


@pytest.mark.django_db
def test_another_content_under_the_digest_is_not_given_out(store: S3Store, bucket: Bucket) -> None:
    card = kept()
    assert services.read_file(card.id) == CONTENT
    (place,) = bucket.objects
    bucket.objects[place] = CONTENT[:-1] + b"!"
    with pytest.raises(ValueError, match="changed"):
        services.read_file(card.id)


def test_what_else_lies_in_the_bucket_is_not_swept(store: S3Store) -> None:
    old = datetime(2026, 1, 1, tzinfo=UTC)
    keys = [f"backup/{DIGEST}", "ab/notes.txt", f"{DIGEST[:2]}/{DIGEST}", DIGEST]
    listing = {
        "IsTruncated": False,
        "Contents": [{"Key": key, "LastModified": old} for key in keys],
    }
    with Stubber(store.client) as stub:
        stub.add_response("list_objects_v2", listing, {"Bucket": "papers"})
        assert list(store.old_digests(datetime(2026, 6, 1, tzinfo=UTC))) == [DIGEST]
