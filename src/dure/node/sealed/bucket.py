"""Whole sealed files in a bucket of an S3-compatible store; keys stay on the node's own disk.

Credentials come from where the store's other programs find them: environment or its own files,
never from the node's configuration. The store sees sealed files of random names, and nothing else.
Each keeper's files lie under its own address, so that several can share a bucket.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dure.core.address import encode_address
from dure.core.errors import Unavailable
from dure.core.types import Address

PREFIX: Final = "sealed/"
_ABSENT: Final = frozenset({"404", "NoSuchKey", "NoSuchUpload", "NotFound"})
_SETTINGS: Final = Config(
    connect_timeout=5, read_timeout=30, retries={"max_attempts": 3, "mode": "standard"}
)

T = TypeVar("T")


class StoreUnavailable(Unavailable):
    """The S3-compatible store does not answer, or refuses."""


class BucketShelf:
    """A keeper's `Shelf` in a bucket."""

    def __init__(self, bucket: str, endpoint: str | None, keeper: Address) -> None:
        self._bucket = bucket
        self._prefix = f"{PREFIX}{encode_address(keeper)}/"
        self._client: Any = boto3.client("s3", endpoint_url=endpoint, config=_SETTINGS)

    def put(self, name: str, file: Path) -> None:
        """Upload in parts, as the library sees fit, and remove the local file."""
        _try(lambda: self._client.upload_file(str(file), self._bucket, self._prefix + name))
        file.unlink()

    def has(self, name: str) -> bool:
        try:
            _try(lambda: self._client.head_object(Bucket=self._bucket, Key=self._prefix + name))
        except FileNotFoundError:
            return False
        return True

    def read(self, name: str, offset: int, length: int) -> bytes:
        asked = {
            "Bucket": self._bucket,
            "Key": self._prefix + name,
            "Range": f"bytes={offset}-{offset + length - 1}",
        }
        data: bytes = _try(lambda: self._client.get_object(**asked)["Body"].read(length))
        return data

    def destroy(self, name: str) -> None:
        self._abort_uploads(self._prefix + name)
        _try(lambda: self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name))

    def list_names(self) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        found = _try(lambda: list(pages.paginate(Bucket=self._bucket, Prefix=self._prefix)))
        for page in found:
            for each in page.get("Contents", ()):
                yield each["Key"].removeprefix(self._prefix)

    def clear(self) -> None:
        # One that is under way just now ends too: its part stays, and is put here once more.
        self._abort_uploads(self._prefix)

    def _abort_uploads(self, prefix: str) -> None:
        """Give up uploads in several parts, whose parts the store would keep for ever."""
        pages = self._client.get_paginator("list_multipart_uploads")
        found = _try(lambda: list(pages.paginate(Bucket=self._bucket, Prefix=prefix)))
        for each in [upload for page in found for upload in page.get("Uploads", ())]:
            asked = {"Bucket": self._bucket, "Key": each["Key"], "UploadId": each["UploadId"]}
            with suppress(FileNotFoundError):
                _try(partial(self._client.abort_multipart_upload, **asked))


def _try(work: Callable[[], T]) -> T:
    """Return what the store answers; raise `FileNotFoundError`, `StoreUnavailable`."""
    try:
        return work()
    except ClientError as problem:
        if problem.response.get("Error", {}).get("Code") in _ABSENT:
            raise FileNotFoundError from problem
        raise StoreUnavailable(f"the store refuses: {problem}") from problem
    except (BotoCoreError, Boto3Error, OSError) as problem:
        raise StoreUnavailable(f"the store does not answer: {problem}") from problem
