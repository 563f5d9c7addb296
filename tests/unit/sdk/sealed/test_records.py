"""What a program believes of sealed data: proofs and digests, never a node's or a keeper's word."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import MagicMock

import httpx
import msgspec
import pytest

from dure.chain import state
from dure.chain.transaction import Call
from dure.core.address import encode_address
from dure.core.codec import encode
from dure.core.errors import (
    AccessDenied,
    ConfigurationError,
    InvalidProof,
    NotFound,
    TimedOut,
    Unavailable,
)
from dure.core.types import Address, ChainId, Hash, Instant
from dure.identity.envelopes.files import InvalidSeal, compute_file_size
from dure.identity.envelopes.sealing import derive_reading_key
from dure.identity.keys import SigningKey
from dure.proof.claims import StateClaim
from dure.sdk import Client, LocalAccount
from dure.sdk.errors import InvalidAnswer
from dure.sdk.sealed import SealedData, keeper_node
from dure.sdk.sealed.entries import ERASING, KEPT, Entry, KeeperEntry
from dure.sdk.sealed.keeper_node import PART_BYTES, KeysBody, ReadingAnswer, Report, Standing

CHAIN, CONTRACT = ChainId(b"c" * 32), Address(b"k" * 32)
OWNER, READER, STRANGER = (LocalAccount(SigningKey(bytes([each]) * 32)) for each in (1, 2, 3))
HONEST, LIAR = Address(b"h" * 32), Address(b"l" * 32)
NOW = Instant(1_700_000_000_000)
CONTENT = b"the price is 5,000 won " * 150_000
"""More than one part."""


@dataclass
class Ledger:
    """Stands for a client: what it proves, and what the contract does to it."""

    chain_id: ChainId = CHAIN
    values: dict[bytes, bytes] = field(default_factory=dict)
    is_lying: bool = False

    def put(self, value: object, *key: object) -> None:
        self.values[state.key_storage(CONTRACT, encode(key))] = encode(value)

    def prove_state(self, key: bytes) -> Any:
        if self.is_lying:
            raise InvalidProof("the proof does not hold", check="root")
        claim = MagicMock(spec=StateClaim, value=self.values.get(key))
        return SimpleNamespace(claim=claim)

    def submit_and_wait(self, calls: Sequence[Call], *, by: LocalAccount) -> None:
        (call,) = calls
        assert call.method == "deposit"
        name, salted, sealed, size, keepers, readers = msgspec.msgpack.decode(call.arguments)
        entry = Entry(
            by.address, 1, salted, sealed, size, tuple(keepers), tuple(readers), NOW, NOW, KEPT
        )
        self.put(entry, "sealed_entries", name)


@dataclass
class Keepers:
    """The nodes of an honest keeper and of one that sends something else."""

    file: bytearray = field(default_factory=bytearray)
    keys: dict[str, str] = field(default_factory=dict)
    sent: bytearray = field(default_factory=bytearray)
    """All that was said to them."""
    parts_max: int = 1_000
    """From so many parts on they are gone."""
    asks: LocalAccount = OWNER
    readings: int = 0
    standing: Standing | None = None
    """What they say instead of the truth."""

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["dure-signed-request"]
        self.sent += request.content
        is_honest, query = request.url.host == "honest", request.url.params
        match request.method, request.url.path.rpartition("/")[2]:
            case "PUT", "keys":
                self.keys |= msgspec.json.decode(request.content, type=KeysBody).keys
            case "PUT", "file":
                self.parts_max -= 1
                if self.parts_max < 0:
                    raise httpx.ConnectError("gone")
                self.file += request.content
            case "GET", "file":
                at, length = int(query["offset"]), int(query["length"])
                part = bytes(self.file[at : at + length])
                return send(part if is_honest else part[::-1])
            case "POST", "readings":
                self.readings += 1
                key = self.keys[encode_address(self.asks.address)]
                return render(ReadingAnswer(key if is_honest else key[::-1], self.readings))
            case _:
                pass
        size = compute_file_size(len(CONTENT))
        if self.standing is not None:
            return render(self.standing)
        return render(Standing(1, size, len(self.file), len(self.file) == size, []))


def send(content: bytes) -> httpx.Response:
    return httpx.Response(200, stream=httpx.ByteStream(content))


def render(answer: msgspec.Struct) -> httpx.Response:
    return send(msgspec.json.encode(answer))


def say_nothing(done: int, size: int) -> None:
    pass


class Scene:
    """An owner with a file, a ledger, and keepers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger, self.nodes = Ledger(), Keepers()
        for address, host in ((HONEST, "honest"), (LIAR, "liar")):
            keeper = KeeperEntry(host, f"http://{host}", NOW)
            self.ledger.put(keeper, "known_keepers", address)
        for account in (OWNER, READER):
            key = account.keys[0]
            assert isinstance(key, SigningKey)
            public = derive_reading_key(key).public
            self.ledger.put(public, "reading_keys", account.address)
        self.file = folder / "price"
        self.file.write_bytes(CONTENT)

    def open(self, by: LocalAccount = OWNER, report: Report = say_nothing) -> SealedData:
        self.nodes.asks = by
        return SealedData(
            cast("Client", self.ledger),
            CONTRACT,
            by=by,
            work=self.folder / "work",
            report=report,
            transport=httpx.MockTransport(self.nodes.answer),
            now=lambda: NOW,
        )

    def put(self, *keepers: Address, reader: LocalAccount = READER) -> Hash:
        to = keepers or (HONEST,)
        return self.open().put(self.file, keepers=to, readers=[reader.address]).name

    def list_files(self) -> list[str]:
        return sorted(each.name for each in self.folder.rglob("*") if each.is_file())


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_reader_gets_what_was_put_and_keepers_do_not(scene: Scene) -> None:
    name = scene.put()
    assert scene.nodes.keys.keys() == {encode_address(each.address) for each in (OWNER, READER)}
    assert b"5,000 won" not in scene.nodes.sent
    opened = scene.open(READER).get(name, scene.folder / "read")
    assert (scene.folder / "read").read_bytes() == CONTENT
    assert (opened.size, opened.reading, opened.version) == (len(CONTENT), 1, 1)
    assert (scene.folder / "read").stat().st_mode & 0o777 == 0o600
    assert scene.list_files() == ["price", "read"], "nothing is left behind"


def test_a_keeper_that_lies_is_found_out_and_another_is_asked(scene: Scene) -> None:
    name = scene.put(LIAR, HONEST)
    scene.open(READER).get(name, scene.folder / "read")
    assert (scene.folder / "read").read_bytes() == CONTENT


def test_what_no_keeper_has_whole_is_not_written(scene: Scene) -> None:
    name = scene.put(LIAR)
    with pytest.raises(InvalidSeal, match="another file"):
        scene.open(READER).get(name, scene.folder / "read")
    assert scene.list_files() == ["price"]


def test_a_key_that_is_for_somebody_else_opens_nothing(scene: Scene) -> None:
    name = scene.put()
    data = scene.open(READER)
    scene.nodes.asks = OWNER
    with pytest.raises(InvalidSeal, match="not for this reading key"):
        data.get(name, scene.folder / "read")


def test_nothing_is_sealed_to_a_key_that_was_not_proved(scene: Scene) -> None:
    scene.ledger.is_lying = True
    with pytest.raises(InvalidProof):
        scene.put()
    assert (bytes(scene.nodes.sent), scene.list_files()) == (b"", ["price"])


def test_nothing_is_sealed_to_somebody_without_a_key(scene: Scene) -> None:
    with pytest.raises(ConfigurationError, match="no reading key"):
        scene.put(reader=STRANGER)


def test_an_interrupted_put_goes_on_with_the_same_record(scene: Scene) -> None:
    scene.nodes.parts_max = 1
    with pytest.raises(Unavailable):
        scene.put()
    assert len(scene.nodes.file) == PART_BYTES
    scene.nodes.parts_max = 1
    name = scene.put()
    scene.open(READER).get(name, scene.folder / "read")
    assert (scene.folder / "read").read_bytes() == CONTENT


def test_a_put_that_others_still_fetch_is_not_made_twice(scene: Scene) -> None:
    name = scene.put(HONEST, LIAR)
    scene.ledger.put(1, "kept_versions", name, HONEST)
    data = scene.open()
    with pytest.raises(TimedOut, match="it still waits for liar"):
        data.wait_kept(name, timeout_s=0)
    assert scene.put(HONEST, LIAR) == name
    scene.ledger.put(1, "kept_versions", name, LIAR)
    assert scene.put(HONEST, LIAR) != name, "what all have is put once more where somebody asks"


def test_a_put_for_other_parties_is_another_record(scene: Scene) -> None:
    name = scene.put(HONEST, LIAR)
    assert scene.open().put(scene.file, keepers=[HONEST, LIAR], readers=[]).name != name


def test_what_all_keepers_have_leaves_nothing_behind(scene: Scene) -> None:
    name = scene.put(HONEST, LIAR)
    assert scene.list_files() == ["delivered.json", "price"]
    for keeper in (HONEST, LIAR):
        scene.ledger.put(1, "kept_versions", name, keeper)
    scene.open().wait_kept(name)
    assert scene.list_files() == ["price"]


def test_a_file_that_changed_meanwhile_is_another_record(scene: Scene) -> None:
    scene.nodes.parts_max = 1
    with pytest.raises(Unavailable):
        scene.put()
    scene.file.write_bytes(CONTENT[::-1])
    scene.nodes.parts_max, scene.nodes.file = 10, bytearray()
    name = scene.put()
    scene.open(READER).get(name, scene.folder / "read")
    assert (scene.folder / "read").read_bytes() == CONTENT[::-1]


def test_what_an_interrupted_run_left_damaged_is_named(scene: Scene) -> None:
    scene.nodes.parts_max = 1
    with pytest.raises(Unavailable):
        scene.put()
    (note,) = (scene.folder / "work").rglob("version.json")
    note.write_text("{}")
    with pytest.raises(ConfigurationError, match="remove it"):
        scene.put()


def test_a_file_is_never_overwritten(scene: Scene) -> None:
    name = scene.put()
    with pytest.raises(ConfigurationError, match="not overwritten"):
        scene.open().get(name, scene.file)


def test_a_file_that_is_made_meanwhile_is_not_overwritten(scene: Scene) -> None:
    name, target = scene.put(), scene.folder / "read"

    def make(done: int, size: int) -> None:
        target.write_text("somebody else's")

    with pytest.raises(ConfigurationError, match="not overwritten"):
        scene.open(READER, make).get(name, target)
    assert target.read_text() == "somebody else's"
    assert scene.list_files() == ["price", "read"]


@pytest.mark.parametrize("url", ["http://\x01", "https://xn--a."])
def test_a_keeper_with_a_malformed_address_stands_in_nobodys_way(scene: Scene, url: str) -> None:
    scene.ledger.put(KeeperEntry("liar", url, NOW), "known_keepers", LIAR)
    name = scene.put(LIAR, HONEST)
    scene.open(READER).get(name, scene.folder / "read")
    assert (scene.folder / "read").read_bytes() == CONTENT
    only = scene.open()
    with pytest.raises(Unavailable):
        only.put(scene.file, keepers=[LIAR], readers=[])


@pytest.mark.parametrize("received", [-1, 0, 2**62])
def test_a_keeper_that_takes_no_parts_is_not_fed_for_ever(scene: Scene, received: int) -> None:
    size = compute_file_size(len(CONTENT))
    scene.nodes.standing = Standing(1, size, received, False, [])
    with pytest.raises(InvalidAnswer):
        scene.put()


def test_a_keeper_that_trickles_is_given_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    name = scene.put()
    monkeypatch.setattr(keeper_node, "ANSWER_S", -1.0)
    with pytest.raises(TimedOut, match="too long"):
        scene.open(READER).get(name, scene.folder / "read")


def test_others_change_nothing_of_a_record(scene: Scene) -> None:
    name = scene.put()
    data = scene.open(READER)
    with pytest.raises(AccessDenied):
        data.revoke(name, READER.address)
    with pytest.raises(AccessDenied):
        data.grant(name, READER.address)
    with pytest.raises(AccessDenied):
        data.renew(name, scene.file)
    with pytest.raises(NotFound):
        scene.open().get(Hash(b"x" * 32), scene.folder / "read")


def test_receipts_that_are_missing_are_listed_by_name(scene: Scene) -> None:
    name = scene.put(LIAR, HONEST)
    entry = Entry(OWNER.address, 1, name, name, 1, (LIAR, HONEST), (), NOW, NOW, ERASING)
    scene.ledger.put(entry, "sealed_entries", name)
    scene.ledger.put(NOW, "erased_at", name, HONEST)
    assert scene.open().describe(name).receipts_missing == ("liar",)
