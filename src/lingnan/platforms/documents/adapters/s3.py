"""Contents in a bucket of an S3-compatible store."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from lingnan.kernel.lazy import lazy_module

from ..errors import StoreUnavailable

if TYPE_CHECKING:
    import boto3
    from botocore import config as botocore_config
    from botocore import exceptions
else:
    boto3 = lazy_module("boto3")
    botocore_config = lazy_module("botocore.config")
    exceptions = lazy_module("botocore.exceptions")

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NOT_FOUND = {"404", "NoSuchKey", "NotFound"}


class S3Store:
    """One object per content, `<ab>/<digest>`. S3 writes are atomic and durable when answered."""

    def __init__(self, client: Any, bucket: str) -> None:
        self.client = client
        self.bucket = bucket

    def put(self, digest: str, content: bytes) -> None:
        try:
            self.client.put_object(Bucket=self.bucket, Key=_key(digest), Body=content)
        except (exceptions.ClientError, exceptions.BotoCoreError) as error:
            raise StoreUnavailable(str(error)) from error

    def open(self, digest: str) -> BinaryIO:
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=_key(digest))
        except exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") in _NOT_FOUND:
                raise KeyError(digest) from None
            raise StoreUnavailable(str(error)) from error
        except exceptions.BotoCoreError as error:
            raise StoreUnavailable(str(error)) from error
        return cast(BinaryIO, _Body(answer["Body"]))

    def delete(self, digest: str) -> None:
        try:
            self.client.delete_object(Bucket=self.bucket, Key=_key(digest))
        except (exceptions.ClientError, exceptions.BotoCoreError) as error:
            raise StoreUnavailable(str(error)) from error

    def old_digests(self, before: datetime) -> Iterator[str]:
        try:
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
            for page in pages:
                for item in page.get("Contents", ()):
                    digest = item["Key"].rpartition("/")[2]
                    is_ours = _DIGEST.fullmatch(digest) and item["Key"] == _key(digest)
                    if is_ours and item["LastModified"] < before:
                        yield digest
        except (exceptions.ClientError, exceptions.BotoCoreError) as error:
            raise StoreUnavailable(str(error)) from error


class _Body:
    """What is read of an object; a connection that breaks on the way is the store's trouble too."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        try:
            return cast(bytes, self._stream.read(None if size < 0 else size))
        except (exceptions.BotoCoreError, exceptions.HTTPClientError, OSError) as error:
            raise StoreUnavailable(str(error)) from error

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> "_Body":
        return self

    def __exit__(self, *_of: object) -> None:
        self.close()


def connect(
    *, bucket: str, endpoint: str, region: str, access_key: str, secret_key: str
) -> S3Store:
    """The store of a bucket; empty strings leave a choice to the SDK."""
    client = boto3.client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=region or None,
        aws_access_key_id=access_key or None,
        aws_secret_access_key=secret_key or None,
        config=botocore_config.Config(
            connect_timeout=3, read_timeout=20, retries={"max_attempts": 2}
        ),
    )
    return S3Store(client, bucket)


def _key(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise ValueError("a digest is 64 hexadecimal digits")
    return f"{digest[:2]}/{digest}"
