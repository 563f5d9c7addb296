"""What a keeper fetches from others: no liar and no slow one keeps it from the honest one's."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlparse

import msgspec
import pytest

from dure.chain import state
from dure.core.address import encode_address
from dure.core.codec import encode
from dure.core.types import Address, ChainId, Hash, Instant
from dure.identity.envelopes.files import FileDigest, Place
from dure.identity.envelopes.sealing import SEALED_KEY_BYTES
from dure.identity.keys import SigningKey
from dure.node.sealed.desk import PlaceLocks
from dure.node.sealed.fetching import Fetching
from dure.node.sealed.ledger import KeeperLedger
from dure.node.sealed.shelf import FolderShelf
from dure.node.sealed.store import Store
from dure.sdk import LocalAccount
from dure.sdk.sealed.entries import KEPT, Entry, KeeperEntry, SealedState
from dure.sdk.sealed.keeper_node import KeysBody

CHAIN, CONTRACT = ChainId(b"c" * 32), Address(b"k" * 32)
NAME, OTHER = Hash(b"n" * 32), Hash(b"o" * 32)
OWN = LocalAccount(SigningKey(b"\x01" * 32))
HONEST, HOSTILE = Address(b"h" * 32), Address(b"g" * 32)
OWNER, ANN = Address(b"d" * 32), Address(b"a" * 32)
FILE = b"sealed bytes " * 200_000
"""More than one part."""
GOOD, BAD = b"k" * SEALED_KEY_BYTES, b"x" * SEALED_KEY_BYTES
NOW = Instant(1_700_000_000_000)


class Ledger:
    """Stands for the chain as the keeper's node sees it."""

    chain_id, account, address = CHAIN, OWN, OWN.address

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}

    def put(self, value: object, *key: object) -> None:
        self.values[state.key_storage(CONTRACT, encode(key))] = encode(value)

    def read(self, contract: Address) -> SealedState:
        return SealedState(CHAIN, contract, self.values.get)

    def now(self) -> Instant:
        return NOW


class Scene:
    """A keeper that lacks what the record's other keepers have, or say they have."""

    def __init__(self, folder: Path, answer_s: float = 30.0) -> None:
        self.ledger = Ledger()
        self.store = Store(folder, FolderShelf(folder / "files"), bytes_max=100_000_000)
        self.woken: list[Hash] = []
        self.fetching = Fetching(
            cast("KeeperLedger", self.ledger),
            self.store,
            PlaceLocks(),
            wake=lambda _, name: self.woken.append(name),
            answer_s=answer_s,
        )

    def deposit(self, name: Hash, *keepers: Address) -> None:
        digest = FileDigest()
        digest.add(FILE)
        everybody = (*keepers, OWN.address)
        entry = Entry(OWNER, 1, name, digest.finish(), len(FILE), everybody, (ANN,), NOW, NOW, KEPT)
        self.ledger.put(entry, "sealed_entries", name)

    def announce(self, keeper: Address, url: str) -> None:
        self.ledger.put(KeeperEntry("keeper", url, NOW), "known_keepers", keeper)

    def start(self, name: Hash) -> None:
        known = self.ledger.read(CONTRACT)
        entry = known.get_entry(name)
        assert entry is not None
        self.fetching.start(known, name, entry)

    def fetch(self, *names: Hash, until: Hash, after: threading.Event | None = None) -> None:
        """Fetch, again and again, until a record is complete."""
        self.repeat(*names, until=lambda: until in self.woken, after=after)

    def repeat(
        self, *names: Hash, until: Callable[[], bool], after: threading.Event | None = None
    ) -> None:
        """Fetch, again and again; all but the first record only after something has happened."""

        async def main() -> None:
            self.start(names[0])
            while after is not None and not after.is_set():  # noqa: ASYNC110 - set by a thread
                await asyncio.sleep(0.01)
            while not until():
                for name in names:
                    self.start(name)
                await asyncio.sleep(0.01)
            self.fetching.close()

        asyncio.run(asyncio.wait_for(main(), 30))


def place(name: Hash) -> Place:
    return Place(CHAIN, CONTRACT, name, 1)


@contextmanager
def serve(file: bytes, keys: dict[Address, bytes], asked: list[str] | None = None) -> Iterator[str]:
    """Give the address of a keeper's node that hands out this file and these keys.

    One without a file says that it has nothing.
    """
    body = KeysBody({encode_address(reader): key.hex() for reader, key in keys.items()})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlparse(self.path)
            query = {key: int(each[0]) for key, each in parse_qs(url.query).items()}
            if asked is not None:
                asked.append(url.path.rpartition("/")[2])
            content = msgspec.json.encode(body)
            if url.path.endswith("/file"):
                content = file[query["offset"] : query["offset"] + query["length"]]
            self.send_response(200 if file else 404)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with run(server.serve_forever):
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
    server.server_close()


@contextmanager
def trickle(asked: threading.Event | None = None) -> Iterator[tuple[str, threading.Event]]:
    """Give the address of a node that begins an answer and never ends it, and when it was left.

    `asked` is set when it is asked for the first time.
    """
    ended, left = threading.Event(), threading.Event()

    def work() -> None:
        connection, _ = listener.accept()
        if asked is not None:
            asked.set()
        with connection:
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
                while not ended.wait(0.01):
                    connection.sendall(b"a")
            except OSError:
                left.set()

    with socket.create_server(("127.0.0.1", 0)) as listener, run(work):
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", left
        finally:
            ended.set()


@contextmanager
def run(work: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join(10)


def test_another_keepers_keys_replace_none(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.deposit(NAME, HOSTILE)
    scene.store.save_keys(place(NAME), {ANN: GOOD})
    with serve(FILE, {ANN: BAD, OWNER: BAD}) as url:
        scene.announce(HOSTILE, url)
        scene.fetch(NAME, until=NAME)
    assert scene.store.load_keys(place(NAME)) == {ANN: GOOD, OWNER: BAD}


def test_a_keeper_that_holds_keys_back_does_not_keep_others_from_giving_them(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    scene.deposit(NAME, HOSTILE, HONEST)
    with serve(FILE, {}) as silent, serve(FILE, {ANN: GOOD, OWNER: GOOD}) as honest:
        scene.announce(HOSTILE, silent)
        scene.announce(HONEST, honest)
        scene.fetch(NAME, until=NAME)
    assert scene.store.load_keys(place(NAME)) == {ANN: GOOD, OWNER: GOOD}


def test_a_keeper_with_wrong_bytes_spoils_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.deposit(NAME, HOSTILE, HONEST)
    keys = {ANN: GOOD, OWNER: GOOD}
    with serve(FILE[::-1], keys) as liar, serve(FILE, keys) as honest:
        scene.announce(HOSTILE, liar)
        scene.announce(HONEST, honest)
        scene.fetch(NAME, until=NAME)
    assert scene.store.read(place(NAME), 0, 100) == FILE[:100]


def test_a_keeper_with_wrong_bytes_rests_and_one_without_any_does_not(tmp_path: Path) -> None:
    scene, lies, refusals = Scene(tmp_path), list[str](), list[str]()
    scene.deposit(NAME, HOSTILE, HONEST)
    with serve(FILE[::-1], {}, lies) as liar, serve(b"", {}, refusals) as waiting:
        scene.announce(HOSTILE, liar)
        scene.announce(HONEST, waiting)
        scene.repeat(NAME, until=lambda: len(refusals) > 2)
    assert lies.count("keys") == 1


def test_a_slow_keeper_holds_up_nobody_else(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.deposit(NAME, HOSTILE)
    scene.deposit(OTHER, HOSTILE, HONEST)
    asked = threading.Event()
    with trickle(asked) as (slow, _), serve(FILE, {ANN: GOOD, OWNER: GOOD}) as honest:
        scene.announce(HOSTILE, slow)
        scene.announce(HONEST, honest)
        scene.fetch(NAME, OTHER, until=OTHER, after=asked)
    assert NAME not in scene.woken


def test_a_slow_keeper_is_left_for_another_at_its_deadline(tmp_path: Path) -> None:
    scene = Scene(tmp_path, answer_s=0.3)
    scene.deposit(NAME, HOSTILE, HONEST)
    with trickle() as (slow, left), serve(FILE, {ANN: GOOD, OWNER: GOOD}) as honest:
        scene.announce(HOSTILE, slow)
        scene.announce(HONEST, honest)
        scene.fetch(NAME, until=NAME)
        assert left.wait(10), "the connection is closed"
    assert scene.store.is_whole(place(NAME))


def test_a_part_that_was_not_put_away_is_finished_without_any_keeper(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.deposit(NAME)
    scene.store.save_keys(place(NAME), {ANN: GOOD, OWNER: GOOD})
    entry = scene.ledger.read(CONTRACT).get_entry(NAME)
    assert entry is not None
    scene.store.append(place(NAME), size=entry.size, sealed=entry.sealed, offset=0, data=FILE[:-1])
    (part,) = (tmp_path / "parts").iterdir()
    part.write_bytes(FILE)
    scene.fetch(NAME, until=NAME)
    assert scene.store.is_whole(place(NAME))


@pytest.mark.parametrize("url", ["http://\x01", "https://xn--a."])
def test_a_malformed_address_stands_in_nobodys_way(tmp_path: Path, url: str) -> None:
    scene = Scene(tmp_path)
    scene.deposit(NAME, HOSTILE, HONEST)
    scene.announce(HOSTILE, url)
    with serve(FILE, {ANN: GOOD, OWNER: GOOD}) as honest:
        scene.announce(HONEST, honest)
        scene.fetch(NAME, until=NAME)
    assert scene.store.is_whole(place(NAME))
