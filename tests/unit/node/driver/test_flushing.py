"""What a validator could not write down it never says, and a block that is not durable is not told.

The driver of one of four members goes on being asked after its disk has refused, harder than in a
real node, which stops at the first refusal.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from dure.consensus.pbft.messages import Decided
from dure.consensus.pbft.records import read_place
from dure.core.errors import StorageError
from dure.core.types import Height
from dure.node.durable.signer import Place
from dure.testing.simulation.network import Simulation

FULL = StorageError("the disk is full")


class Watched:
    """Member 0 of a network: what it wrote down, what it said, and a disk that may be full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.simulation = Simulation(3)
        self.node = self.simulation.nodes[0]
        self.journalled: set[Place] = set()
        self.said: set[Place] = set()
        self.refusals = 0
        self.room: dict[str, int] = {}
        """How often each method of the disk still works; for ever where it is not named."""
        disk, network = self.node.disk, self.node.network
        assert network is not None
        append, onlooker = disk.append_journal, network.onlooker

        def append_and_note(height: Height, record: bytes) -> None:
            append(height, record)
            self.journalled.add(read_place(record))

        monkeypatch.setattr(
            type(disk), "append_journal", self._limit("append_journal", append_and_note)
        )
        monkeypatch.setattr(
            type(disk), "commit_block", self._limit("commit_block", disk.commit_block)
        )
        monkeypatch.setattr(onlooker, "on_said", self._hear, raising=False)

    def _limit(self, name: str, method: Callable[..., None]) -> Callable[..., None]:
        original = getattr(type(self.node.disk), name)

        def limited(disk: object, *arguments: Any, **named: Any) -> None:
            if disk is not self.node.disk:
                original(disk, *arguments, **named)
                return
            self.room[name] = self.room.get(name, 1_000_000) - 1
            if self.room[name] < 0:
                self.refusals += 1
                raise FULL
            method(*arguments, **named)

        return limited

    def _hear(self, frame: Any, _: object) -> None:
        message = frame.engine_message
        if message is not None and not isinstance(message, Decided):
            ballot = message.vote.ballot
            self.said.add((ballot.height, ballot.round, ballot.step))

    def run(self) -> None:
        """Let work come in for a while; the member goes on where it was refused."""
        for number in range(6):
            self.simulation.submit(1, self.simulation.transfer(source=1, target=2, amount=number))
            end = self.simulation.scheduler.now_ms + 2_000
            while self.simulation.scheduler.now_ms < end:
                # The disk refused: what the node said until then is looked at by the test.
                with suppress(StorageError):
                    self.simulation.run_for(end - self.simulation.scheduler.now_ms)


@pytest.mark.parametrize("room", [0, 1, 2, 3, 5, 8])
def test_no_vote_is_sent_that_was_not_flushed(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    watched = Watched(monkeypatch)
    watched.room["append_journal"] = room
    watched.run()
    assert watched.refusals > 0
    assert len(watched.journalled) == room
    assert bool(watched.said) is (room > 0)
    assert watched.said <= watched.journalled


def test_with_room_enough_it_does_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch)
    watched.run()
    assert watched.refusals == 0
    assert len(watched.said) > 8
    assert watched.said <= watched.journalled


@pytest.mark.parametrize("room", [0, 1, 2])
def test_a_block_that_is_not_durable_opens_no_height(
    monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    watched = Watched(monkeypatch)
    watched.room["commit_block"] = room
    watched.run()
    assert watched.refusals > 0
    assert watched.node.disk.head == room
    assert {height for height, _, _ in watched.said} <= set(range(1, room + 2))
