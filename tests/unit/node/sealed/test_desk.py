"""Whoever the chain names is served, everybody else is told nothing, and every reading is noted."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from dure.chain.transaction import Call
from dure.contract.library import sealed_records
from dure.core.errors import AccessDenied, NotFound
from dure.core.types import Address, Hash, Instant
from dure.identity.envelopes.files import (
    ContentDigest,
    Digests,
    FileDigest,
    Place,
    draw_data_key,
    seal_pieces,
)
from dure.identity.envelopes.requests import (
    LIFE_MS,
    RequestStatement,
    UnsignedRequest,
    compute_body_hash,
    draw_salt,
    sign_request,
)
from dure.identity.envelopes.sealing import SEALED_KEY_BYTES, derive_reading_key, seal_data_key
from dure.identity.keys import SigningKey
from dure.node.sealed.callers import Asked
from dure.node.sealed.desk import Desk, NotKept, PlaceLocks, Subject
from dure.node.sealed.following import Following, add_contract
from dure.node.sealed.keeping import Keeping
from dure.node.sealed.ledger import KeeperLedger
from dure.node.sealed.shelf import FolderShelf
from dure.node.sealed.store import Store, WrongPart
from dure.sdk import LocalAccount, ledger_calls
from dure.sdk.sealed.entries import SealedCalls
from tests.unit.api.solo_chain import BANK, SoloChain

NAME = Hash(b"n" * 32)
CONTENT = b"what nobody else should read " * 10_000
INSURER, ANN, STRANGER = (LocalAccount(SigningKey(bytes([each]) * 32)) for each in (1, 2, 3))
TARGET = "/v1/sealed/…"
T = TypeVar("T")


class Scene:
    """The bank keeps what the insurer deposits, and Ann reads."""

    def __init__(self, folder: Path) -> None:
        self.chain = SoloChain()
        self.folder = folder
        text = Path(sealed_records.__file__).read_text("utf-8")
        self.contract = self.chain.deploy(text, "SealedRecords").address
        self.calls = SealedCalls(self.contract)
        people = [each.address for each in (INSURER, ANN, STRANGER)]
        self.send(ledger_calls.enrol(people), by=BANK)
        grants = [("keeper", BANK), ("depositor", INSURER)]
        for role, holder in grants:
            self.send(ledger_calls.grant(self.contract, role, holder.address), by=BANK)
        self.send(self.calls.announce_keeper("bank", "http://localhost:1"), by=BANK)
        for reader in (INSURER, ANN):
            public = derive_reading_key(reader_key(reader)).public
            self.send(self.calls.name_reading_key(public), by=reader)
        self.key = draw_data_key()
        self.file = self.seal(1)
        digests = self.digest(self.file)
        self.send(self.calls.deposit(NAME, digests, (BANK.address,), (ANN.address,)), by=INSURER)
        self.subject = Subject(self.contract, NAME, 1)
        self.ledger = KeeperLedger(self.chain, BANK, lambda: Instant(self.chain.clock))
        self.store = Store(folder, FolderShelf(folder / "files"), bytes_max=10_000_000)
        add_contract(folder, self.contract)
        locks, following = PlaceLocks(), Following(folder)
        self.keeping = Keeping(self.ledger, self.store, locks, following)
        self.desk = Desk(
            self.ledger,
            self.store,
            locks,
            is_followed=following.is_followed,
            wake=self.keeping.wake,
        )

    def place(self, version: int = 1) -> Place:
        return Place(self.chain.executor.chain_id, self.contract, NAME, version)

    def seal(self, version: int) -> bytes:
        return b"".join(seal_pieces(self.key, self.place(version), len(CONTENT), [CONTENT]))

    def digest(self, file: bytes) -> Digests:
        salted, sealed = ContentDigest(self.key), FileDigest()
        list(salted.pass_on([CONTENT]))
        sealed.add(file)
        return Digests(salted.finish(), sealed.finish(), len(file))

    def send(self, call: Call, *, by: LocalAccount) -> None:
        self.chain.send(self.chain.sign(call, by=by))

    def ask(self, by: LocalAccount, content: bytes = b"", **changes: Any) -> Asked:
        statement = RequestStatement(
            version=1,
            chain_id=self.chain.executor.chain_id,
            keeper=BANK.address,
            account=by.address,
            key=by.keys[0].public,
            method="GET",
            target=TARGET,
            body=compute_body_hash(content),
            time=Instant(self.chain.clock),
            salt=draw_salt(),
        )
        for field, value in changes.items():
            statement = RequestStatement(
                **{name: getattr(statement, name) for name in statement.__struct_fields__}
                | {field: value}
            )
        return Asked(sign_request(by.keys[0], statement), "GET", TARGET, content)

    def seal_key(self, reader: LocalAccount) -> bytes:
        public = derive_reading_key(reader_key(reader)).public
        return seal_data_key(self.key, public, self.place(), reader.address)

    async def fill(self) -> None:
        """Hand in the whole file and both keys."""
        keys = {each.address: self.seal_key(each) for each in (INSURER, ANN)}
        await self.desk.take_keys(self.ask(INSURER), self.subject, keys)
        await self.desk.take_part(self.ask(INSURER, self.file), self.subject, 0)


def reader_key(account: LocalAccount) -> SigningKey:
    key = account.keys[0]
    assert isinstance(key, SigningKey)
    return key


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def run(work: Callable[[], Awaitable[T]]) -> T:
    async def main() -> T:
        return await work()

    return asyncio.run(main())


def test_a_file_comes_in_by_parts_and_is_handed_out(scene: Scene) -> None:
    async def work() -> None:
        desk, subject, half = scene.desk, scene.subject, 100_000
        first = await desk.take_part(scene.ask(INSURER, scene.file[:half]), subject, 0)
        assert (first.received, first.is_whole) == (half, False)
        with pytest.raises(NotFound):
            await desk.give_part(scene.ask(ANN), subject, 0, 10)
        await desk.take_part(scene.ask(INSURER, scene.file[half:]), subject, half)
        standing = await desk.describe(scene.ask(ANN), subject)
        assert (standing.received, standing.is_whole) == (len(scene.file), True)
        assert await desk.give_part(scene.ask(ANN), subject, 3, 10) == scene.file[3:13]

    run(work)


def test_the_key_is_handed_out_after_the_chain_has_its_entry(scene: Scene) -> None:
    async def work() -> None:
        await scene.fill()
        sealed, number = await scene.desk.give_key(scene.ask(ANN), scene.subject)
        opened = derive_reading_key(reader_key(ANN)).open(sealed, scene.place(), ANN.address)
        assert (opened, number) == (scene.key, 1)
        assert (await scene.desk.give_key(scene.ask(INSURER), scene.subject))[1] == 2

    run(work)


def test_nobody_else_gets_anything(scene: Scene) -> None:
    async def work() -> None:
        await scene.fill()
        desk, subject = scene.desk, scene.subject
        height = scene.chain.executor.head.header.height
        for by in (STRANGER, BANK):
            with pytest.raises(AccessDenied):
                await desk.give_key(scene.ask(by), subject)
        with pytest.raises(AccessDenied):
            await desk.give_part(scene.ask(STRANGER), subject, 0, 10)
        with pytest.raises(AccessDenied):
            await desk.describe(scene.ask(STRANGER), subject)
        for by in (ANN, INSURER, STRANGER):
            with pytest.raises(AccessDenied):
                await desk.give_keys(scene.ask(by), subject)
        for by in (ANN, BANK, STRANGER):
            with pytest.raises(AccessDenied):
                await desk.take_part(scene.ask(by, b"x"), subject, 0)
            with pytest.raises(AccessDenied):
                await desk.take_keys(scene.ask(by), subject, {ANN.address: b""})
        assert scene.chain.executor.head.header.height == height, "no refusal leaves an entry"

    run(work)


def test_a_keeper_gets_the_keys_of_readers_only(scene: Scene) -> None:
    async def work() -> None:
        await scene.fill()
        scene.store.save_keys(scene.place(), {STRANGER.address: bytes(SEALED_KEY_BYTES)})
        keys = await scene.desk.give_keys(scene.ask(BANK), scene.subject)
        assert keys.keys() == {INSURER.address, ANN.address}

    run(work)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"chain_id": b"x" * 32},
        {"keeper": ANN.address},
        {"method": "PUT"},
        {"target": "/v1/sealed/other"},
        {"body": b"x" * 32},
        {"account": INSURER.address},
        {"key": INSURER.keys[0].public},
        {"time": Instant(0)},
    ],
)
def test_a_request_about_anything_else_is_refused(scene: Scene, change: dict[str, Any]) -> None:
    async def work() -> None:
        with pytest.raises(UnsignedRequest):
            await scene.desk.describe(scene.ask(ANN, **change), scene.subject)

    run(work)


def test_a_request_counts_once_and_not_for_long(scene: Scene) -> None:
    async def work() -> None:
        asked = scene.ask(ANN)
        await scene.desk.describe(asked, scene.subject)
        with pytest.raises(UnsignedRequest, match="sent before"):
            await scene.desk.describe(asked, scene.subject)
        late = scene.ask(ANN)
        scene.chain.clock += LIFE_MS + 1
        with pytest.raises(UnsignedRequest, match="too old"):
            await scene.desk.describe(late, scene.subject)
        with pytest.raises(UnsignedRequest):
            await scene.desk.describe(replace(asked, header=""), scene.subject)

    run(work)


def test_what_is_not_kept_here_is_refused(scene: Scene) -> None:
    async def work() -> None:
        for other in (
            replace(scene.subject, contract=Address(b"x" * 32)),
            replace(scene.subject, name=Hash(b"x" * 32)),
            replace(scene.subject, version=2),
        ):
            with pytest.raises(NotKept):
                await scene.desk.describe(scene.ask(INSURER), other)

    run(work)


def test_a_key_for_somebody_who_may_not_read_is_not_taken(scene: Scene) -> None:
    async def work() -> None:
        keys = {STRANGER.address: bytes(SEALED_KEY_BYTES)}
        for wrong in (keys, {}):
            with pytest.raises(WrongPart):
                await scene.desk.take_keys(scene.ask(INSURER), scene.subject, wrong)

    run(work)


async def tend(scene: Scene, until: Callable[[], bool]) -> None:
    """Let the keeper's task work until the condition holds."""
    task = asyncio.create_task(scene.keeping.run())
    while not until():
        assert not task.done(), task
        await asyncio.sleep(0.01)
    task.cancel()


def read_kept(scene: Scene) -> int:
    state = scene.ledger.read(scene.contract)
    return state.get_kept_version(NAME, BANK.address)


def test_a_keeper_confirms_a_whole_file(scene: Scene) -> None:
    async def work() -> None:
        await scene.fill()
        await tend(scene, lambda: read_kept(scene) == 1)

    run(work)


def test_a_new_version_ends_the_one_before(scene: Scene) -> None:
    async def work() -> None:
        await scene.fill()
        await tend(scene, lambda: read_kept(scene) == 1)
        scene.key = draw_data_key()
        digests = scene.digest(scene.seal(2))
        scene.send(scene.calls.withdraw_reader(NAME, ANN.address, digests), by=INSURER)
        with pytest.raises(NotKept):
            await scene.desk.give_key(scene.ask(ANN), scene.subject)
        await tend(scene, lambda: scene.store.list_places() == [])
        assert not list((scene.folder / "keys").iterdir())

    run(work)


def test_an_erasure_destroys_and_is_confirmed_also_after_a_restart(scene: Scene) -> None:
    async def work() -> None:
        await scene.fill()
        await tend(scene, lambda: read_kept(scene) == 1)
        scene.send(scene.calls.ask_erasure(NAME), by=INSURER)
        with pytest.raises(NotKept):
            await scene.desk.give_part(scene.ask(ANN), scene.subject, 0, 10)

        def is_confirmed() -> bool:
            state = scene.ledger.read(scene.contract)
            return state.has_confirmed_erasure(NAME, BANK.address)

        await tend(scene, is_confirmed)
        assert scene.store.list_places() == []
        # As after a backup was put back: the file is there again, and its note.
        digests = scene.digest(scene.file)
        scene.store.append(
            scene.place(), size=digests.size, sealed=digests.sealed, offset=0, data=scene.file
        )
        scene.keeping.wake(scene.contract, NAME)
        await tend(scene, lambda: scene.store.list_places() == [])

    run(work)


def test_a_state_older_than_the_disk_destroys_nothing(scene: Scene) -> None:
    async def work() -> None:
        unknown = replace(scene.place(), name=Hash(b"x" * 32))
        digests = scene.digest(scene.file)
        scene.store.append(
            unknown, size=digests.size, sealed=digests.sealed, offset=0, data=scene.file
        )
        await scene.fill()
        await tend(scene, lambda: read_kept(scene) == 1)
        assert scene.store.is_whole(unknown)

    run(work)
