"""A node that has enough to do refuses what clients send, and looks at nothing of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TypeVar

import pytest

from dure.core import signatures
from dure.core.errors import NodeBusy
from dure.core.signatures import SignedItem
from dure.core.types import Gas, Instant
from dure.node.pressure import gate
from dure.node.runtime import Node
from tests.unit.node.driver.test_halt import SIMULATION, build_parts

T = TypeVar("T")


def sign(count: int) -> list[bytes]:
    """Return transactions that are valid now."""
    founding = SIMULATION.founding
    until = Instant(time.time_ns() // 1_000_000 + 30_000)
    return [
        founding.sign(
            founding.accounts[0],
            founding.build_transfer(0, 1),
            valid_until=until,
            salt=number.to_bytes(16, "big"),
            gas=Gas(100_000),
        )
        for number in range(count)
    ]


def run(folder: Path, work: Callable[[Node], Awaitable[T]]) -> T:
    """Give a node that has not begun, so that what it takes waits."""

    async def main() -> T:
        node = Node(build_parts(folder))
        try:
            return await work(node)
        finally:
            await node.close()

    return asyncio.run(main())


def test_what_there_is_no_room_for_is_refused_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "WAITING_FIRST", 3)
    checked: list[SignedItem] = []

    def verify_many(items: Iterable[SignedItem]) -> list[bool]:
        listed = list(items)
        checked.extend(listed)
        return signatures.verify_many(listed)

    monkeypatch.setattr("dure.chain.admission.verify_many", verify_many)

    async def flood(node: Node) -> None:
        answers = await node.submit(sign(5))
        assert [isinstance(each, NodeBusy) for each in answers] == [False] * 3 + [True] * 2
        assert len(checked) == 3

    run(tmp_path, flood)


def test_who_waited_too_long_for_a_turn_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dure.node.runtime.TURN_WAIT_S", -1.0)

    async def submit(node: Node) -> None:
        (answer,) = await node.submit(sign(1))
        assert isinstance(answer, NodeBusy)

    run(tmp_path, submit)


def test_clients_take_turns_a_chunk_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.node.runtime.SUBMIT_CHUNK", 2)
    envelopes = sign(8)
    done: list[int] = []

    async def flood(node: Node) -> None:
        async def send(client: int, own: list[bytes]) -> None:
            await node.submit(own)
            done.append(client)

        await asyncio.gather(send(1, envelopes[:6]), send(2, envelopes[6:]))

    run(tmp_path, flood)
    assert done == [2, 1]
