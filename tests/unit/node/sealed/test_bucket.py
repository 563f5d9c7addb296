"""Sealed files in a bucket: the same store on a real S3 server, run as a process of its own."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from dure.core.address import encode_address
from dure.core.errors import NotFound
from dure.core.types import Address
from dure.identity.envelopes.sealing import SEALED_KEY_BYTES
from dure.node.sealed.bucket import BucketShelf, StoreUnavailable
from dure.node.sealed.store import Store, compute_store_name
from tests.e2e.processes import wait_until
from tests.unit.node.sealed.test_store import FILE, OTHER, PLACE, digest

BUCKET = "sealed"
ANN = Address(b"a" * 32)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("s3") / "log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        wait_until(lambda: is_open(port), "the store answers", or_say=log.read_text)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait(10)


@pytest.fixture
def shelf(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> BucketShelf:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket=BUCKET)
    return BucketShelf(BUCKET, endpoint, ANN)


def append(store: Store, data: bytes) -> None:
    store.append(PLACE, size=len(FILE), sealed=digest(FILE), offset=0, data=data)


def test_a_whole_file_lies_in_the_bucket_and_keys_do_not(
    shelf: BucketShelf, tmp_path: Path
) -> None:
    store = Store(tmp_path, shelf, bytes_max=10_000)
    store.save_keys(PLACE, {ANN: b"k" * SEALED_KEY_BYTES})
    append(store, FILE)
    assert store.is_whole(PLACE)
    assert store.read(PLACE, 13, 26) == FILE[13:39]
    assert len(list(shelf.list_names())) == 1
    assert [each for each in (tmp_path / "parts").iterdir() if each.is_file()] == []
    with pytest.raises(NotFound):
        store.read(OTHER, 0, 1)
    store.destroy(PLACE)
    assert not store.is_whole(PLACE)
    assert list(shelf.list_names()) == []


def test_what_belongs_to_no_version_is_swept_away(shelf: BucketShelf, tmp_path: Path) -> None:
    stray = tmp_path / "stray"
    stray.write_bytes(b"left behind")
    shelf.put("f" * 64, stray)
    assert not stray.exists()
    Store(tmp_path / "store", shelf, bytes_max=10_000).sweep()
    assert list(shelf.list_names()) == []


def test_a_store_that_does_not_answer_is_named(
    shelf: BucketShelf, endpoint: str, tmp_path: Path
) -> None:
    missing = BucketShelf("no-such-bucket", endpoint, ANN)
    with pytest.raises(StoreUnavailable):
        list(missing.list_names())
    with pytest.raises(StoreUnavailable, match="does not answer"):
        BucketShelf(BUCKET, "http://127.0.0.1:1", ANN).destroy("f" * 64)
    with pytest.raises(StoreUnavailable):
        append(Store(tmp_path, missing, bytes_max=10_000), FILE)


def test_a_file_that_the_store_refused_is_put_there_later(
    shelf: BucketShelf, endpoint: str, tmp_path: Path
) -> None:
    missing = BucketShelf("no-such-bucket", endpoint, ANN)
    with pytest.raises(StoreUnavailable):
        append(Store(tmp_path, missing, bytes_max=10_000), FILE)
    store = Store(tmp_path, shelf, bytes_max=10_000)
    assert store.finish(PLACE, size=len(FILE), sealed=digest(FILE))
    assert store.read(PLACE, 0, len(FILE)) == FILE
    store.destroy(PLACE)


def test_keepers_that_share_a_bucket_leave_each_other_alone(
    shelf: BucketShelf, endpoint: str, tmp_path: Path
) -> None:
    append(Store(tmp_path / "ann", shelf, bytes_max=10_000), FILE)
    other = BucketShelf(BUCKET, endpoint, Address(b"b" * 32))
    store = Store(tmp_path / "bob", other, bytes_max=10_000)
    store.sweep()
    store.destroy(PLACE)
    assert len(list(shelf.list_names())) == 1
    assert list(other.list_names()) == []


def test_uploads_that_were_broken_off_are_given_up(
    shelf: BucketShelf, endpoint: str, tmp_path: Path
) -> None:
    client = boto3.client("s3", endpoint_url=endpoint)
    own, name = f"sealed/{encode_address(ANN)}/", compute_store_name(PLACE)
    for key in (own + name, own + "f" * 64, "somebody/else"):
        client.create_multipart_upload(Bucket=BUCKET, Key=key)

    def list_uploads() -> list[str]:
        answer = client.list_multipart_uploads(Bucket=BUCKET)
        return sorted(each["Key"] for each in answer.get("Uploads", ()))

    store = Store(tmp_path, shelf, bytes_max=10_000)
    store.destroy(PLACE)
    assert list_uploads() == sorted([own + "f" * 64, "somebody/else"])
    store.sweep()
    assert list_uploads() == ["somebody/else"]
