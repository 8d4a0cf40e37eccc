"""The S3 adapter against botocore's stub of the service."""

import io
from datetime import UTC, datetime

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from ..adapters.s3 import S3Store, connect
from ..errors import StoreUnavailable

DIGEST = "ab" * 32


@pytest.fixture
def store() -> S3Store:
    return connect(
        bucket="papers",
        endpoint="https://s3.invalid",
        region="cn-south-1",
        access_key="a",
        secret_key="b",
    )


def test_puts_opens_and_deletes_under_the_digest(store: S3Store) -> None:
    with Stubber(store.client) as stub:
        key = {"Bucket": "papers", "Key": f"ab/{DIGEST}"}
        stub.add_response("put_object", {}, {**key, "Body": b"x"})
        body = StreamingBody(io.BytesIO(b"x"), 1)
        stub.add_response("get_object", {"Body": body}, key)
        stub.add_response("delete_object", {}, key)
        store.put(DIGEST, b"x")
        assert store.open(DIGEST).read() == b"x"
        store.delete(DIGEST)
        stub.assert_no_pending_responses()


def test_a_missing_object_is_a_key_error_and_any_other_trouble_unavailable(
    store: S3Store,
) -> None:
    with Stubber(store.client) as stub:
        stub.add_client_error("get_object", "NoSuchKey", http_status_code=404)
        stub.add_client_error("get_object", "SlowDown", http_status_code=503)
        stub.add_client_error("put_object", "AccessDenied", http_status_code=403)
        with pytest.raises(KeyError):
            store.open(DIGEST)
        with pytest.raises(StoreUnavailable):
            store.open(DIGEST)
        with pytest.raises(StoreUnavailable):
            store.put(DIGEST, b"x")


def test_lists_what_is_older_than_an_instant(store: S3Store) -> None:
    old, new = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    with Stubber(store.client) as stub:
        stub.add_response(
            "list_objects_v2",
            {
                "IsTruncated": False,
                "Contents": [
                    {"Key": f"ab/{DIGEST}", "LastModified": old},
                    {"Key": "cd/" + "cd" * 32, "LastModified": new},
                ],
            },
            {"Bucket": "papers"},
        )
        assert list(store.old_digests(datetime(2026, 6, 1, tzinfo=UTC))) == [DIGEST]
