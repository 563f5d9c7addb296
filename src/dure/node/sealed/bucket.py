"""Whole sealed files in a bucket of an S3-compatible store; keys stay on the node's own disk.

Credentials come from where the store's other programs find them: environment or its own files,
never from the node's configuration. The store sees sealed files of random names, and nothing else.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dure.core.errors import Unavailable

PREFIX: Final = "sealed/"
_ABSENT: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_SETTINGS: Final = Config(
    connect_timeout=5, read_timeout=30, retries={"max_attempts": 3, "mode": "standard"}
)

T = TypeVar("T")


class StoreUnavailable(Unavailable):
    """The S3-compatible store does not answer, or refuses."""


class BucketShelf:
    """A `Shelf` in a bucket."""

    def __init__(self, bucket: str, endpoint: str | None) -> None:
        self._bucket = bucket
        self._client: Any = boto3.client("s3", endpoint_url=endpoint, config=_SETTINGS)

    def put(self, name: str, file: Path) -> None:
        """Upload in parts, as the library sees fit, and remove the local file."""
        _try(lambda: self._client.upload_file(str(file), self._bucket, PREFIX + name))
        file.unlink()

    def has(self, name: str) -> bool:
        try:
            _try(lambda: self._client.head_object(Bucket=self._bucket, Key=PREFIX + name))
        except FileNotFoundError:
            return False
        return True

    def read(self, name: str, offset: int, length: int) -> bytes:
        asked = {
            "Bucket": self._bucket,
            "Key": PREFIX + name,
            "Range": f"bytes={offset}-{offset + length - 1}",
        }
        data: bytes = _try(lambda: self._client.get_object(**asked)["Body"].read(length))
        return data

    def destroy(self, name: str) -> None:
        _try(lambda: self._client.delete_object(Bucket=self._bucket, Key=PREFIX + name))

    def list_names(self) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        found = _try(lambda: list(pages.paginate(Bucket=self._bucket, Prefix=PREFIX)))
        for page in found:
            for each in page.get("Contents", ()):
                yield each["Key"].removeprefix(PREFIX)


def _try(work: Callable[[], T]) -> T:
    """Return what the store answers; raise `FileNotFoundError`, `StoreUnavailable`."""
    try:
        return work()
    except ClientError as problem:
        if problem.response.get("Error", {}).get("Code") in _ABSENT:
            raise FileNotFoundError from problem
        raise StoreUnavailable(f"the store refuses: {problem}") from problem
    except (BotoCoreError, OSError) as problem:
        raise StoreUnavailable(f"the store does not answer: {problem}") from problem
