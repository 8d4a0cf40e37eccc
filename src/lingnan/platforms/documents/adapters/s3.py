"""Contents in a bucket of an S3-compatible store."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..errors import StoreUnavailable

_NOT_FOUND = {"404", "NoSuchKey", "NotFound"}


class S3Store:
    """One object per content, `<ab>/<digest>`. S3 writes are atomic and durable when answered."""

    def __init__(self, client: Any, bucket: str) -> None:
        self.client = client
        self.bucket = bucket

    def put(self, digest: str, content: bytes) -> None:
        try:
            self.client.put_object(Bucket=self.bucket, Key=_key(digest), Body=content)
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(str(error)) from error

    def open(self, digest: str) -> BinaryIO:
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=_key(digest))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _NOT_FOUND:
                raise KeyError(digest) from None
            raise StoreUnavailable(str(error)) from error
        except BotoCoreError as error:
            raise StoreUnavailable(str(error)) from error
        return cast(BinaryIO, answer["Body"])

    def delete(self, digest: str) -> None:
        try:
            self.client.delete_object(Bucket=self.bucket, Key=_key(digest))
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(str(error)) from error

    def old_digests(self, before: datetime) -> Iterator[str]:
        try:
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
            for page in pages:
                for item in page.get("Contents", ()):
                    if item["LastModified"] < before:
                        yield item["Key"].rpartition("/")[2]
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(str(error)) from error


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
        config=Config(connect_timeout=3, read_timeout=20, retries={"max_attempts": 2}),
    )
    return S3Store(client, bucket)


def _key(digest: str) -> str:
    return f"{digest[:2]}/{digest}"
