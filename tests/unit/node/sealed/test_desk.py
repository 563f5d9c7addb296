"""Whoever the chain names is served, everybody else is told nothing, and every reading is noted."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from dure.chain.transaction import Call, KeyPolicy, PasskeyPolicy
from dure.core.errors import AccessDenied, DureError, NotFound
from dure.core.passkeys.assertion import PasskeyAssertion
from dure.core.types import Address, Hash, Instant, PasskeyKey, Signature
from dure.identity.envelopes.files import draw_data_key
from dure.identity.envelopes.requests import LIFE_MS, UnsignedRequest
from dure.identity.envelopes.sealing import (
    SEALED_KEY_BYTES,
    derive_reading_key,
    seal_data_key,
)
from dure.node.sealed.desk import NotKept
from dure.node.sealed.ledger import CallRefused
from dure.node.sealed.store import WrongPart
from dure.sdk import LocalAccount, PasskeyAccount, ledger_calls
from tests.unit.api.solo_chain import BANK
from tests.unit.core.soft_authenticator import SoftAuthenticator
from tests.unit.node.sealed.scene import ANN, INSURER, NAME, STRANGER, Scene, reader_key

T = TypeVar("T")


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


@pytest.mark.parametrize(
    ("refusal", "expected"), [("refused", AccessDenied), ("out_of_gas", CallRefused)]
)
def test_a_contract_that_no_longer_lets_somebody_read_is_obeyed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, refusal: str, expected: type[DureError]
) -> None:
    async def refuse(_call: Call) -> bytes:
        raise CallRefused("the consent was withdrawn", refusal=refusal)

    async def work() -> None:
        await scene.fill()
        monkeypatch.setattr(scene.ledger, "send", refuse)
        with pytest.raises(expected, match="the consent was withdrawn"):
            await scene.desk.give_key(scene.ask(ANN), scene.subject)

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


def build_passkey() -> PasskeyAccount:
    device = SoftAuthenticator()
    policy = PasskeyPolicy(PasskeyKey(device.public), device.rp_id, (device.origin,))

    def answer(challenge: bytes) -> PasskeyAssertion:
        given = device.get(challenge)
        signature = Signature(given.signature)
        return PasskeyAssertion(given.authenticator_data, given.client_data_json, signature)

    return PasskeyAccount(policy, answer)


def let_read(scene: Scene, person: PasskeyAccount, method: str) -> LocalAccount:
    """Have a passkey let a stranger's key call one method for a minute; return who then asks."""
    key, until = STRANGER.keys[0], Instant(scene.chain.clock + 60_000)
    allowed = [(scene.contract, method)]
    call = ledger_calls.grant_session(KeyPolicy(key.public), allowed, until=until)
    scene.send(call, by=person)
    return LocalAccount(key, address=person.address)


def test_a_passkey_reads_by_the_key_that_it_has_named(scene: Scene) -> None:
    person = build_passkey()
    scene.send(ledger_calls.enrol([person.address]), by=BANK)
    reader = let_read(scene, person, "name_reading_key")
    opening = derive_reading_key(reader_key(STRANGER))
    scene.send(scene.calls.name_reading_key(opening.public), by=reader)
    scene.send(scene.calls.admit_reader(NAME, person.address), by=INSURER)
    sealed_for = {each.address: scene.seal_key(each) for each in (INSURER, ANN)}
    sealed_for[person.address] = seal_data_key(
        scene.key, opening.public, scene.place(), person.address
    )

    async def work() -> None:
        desk, subject = scene.desk, scene.subject
        await desk.take_keys(scene.ask(INSURER), subject, sealed_for)
        await desk.take_part(scene.ask(INSURER, scene.file), subject, 0)
        sealed, _ = await desk.give_key(scene.ask(reader), subject)
        assert opening.open(sealed, scene.place(), person.address) == scene.key
        scene.send(ledger_calls.withdraw_session(KeyPolicy(STRANGER.keys[0].public)), by=person)
        with pytest.raises(UnsignedRequest, match="not the one that acts"):
            await desk.give_key(scene.ask(reader), subject)
        again = let_read(scene, person, "admit_reader")
        with pytest.raises(UnsignedRequest, match="not the one that acts"):
            await desk.give_key(scene.ask(again), subject)
        late = let_read(scene, person, "name_reading_key")
        scene.chain.clock += 60_001
        await desk.give_key(scene.ask(late), subject)  # that of the chain is behind this clock
        scene.send(scene.calls.announce_keeper("bank", "http://localhost:2"), by=BANK)
        with pytest.raises(UnsignedRequest, match="not the one that acts"):
            await desk.give_key(scene.ask(late), subject)

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
