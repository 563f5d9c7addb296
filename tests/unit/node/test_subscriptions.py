"""Who waits for blocks: nobody misses one, and not all are woken at once."""

import asyncio

import pytest

from dure.core.block import Block, Header
from dure.core.certificate import Certificate
from dure.core.errors import Unavailable
from dure.core.types import Height, Round
from dure.node import subscriptions
from dure.node.ports import StoredBlock
from dure.node.subscriptions import READERS_PER_TURN, Subscriptions
from dure.testing.simulation import Simulation

HEADER = Simulation(1, members=1).nodes[0].disk.blocks[Height(0)].block.header


def build_block(height: int) -> StoredBlock:
    values = {name: getattr(HEADER, name) for name in Header.__struct_fields__}
    header = Header(**(values | {"height": height}))
    return StoredBlock(Block(header, ()), Certificate(Round(0), ()), ())


def load_nothing(height: Height) -> StoredBlock | None:
    return None


class Readers:
    """Readers that note the heights that they are told."""

    def __init__(self, told: Subscriptions, count: int) -> None:
        self.heights: list[list[int]] = [[] for _ in range(count)]
        self.tasks = [asyncio.create_task(self._read(told, own)) for own in self.heights]

    async def _read(self, told: Subscriptions, own: list[int]) -> None:
        async for notice in told.subscribe(Height(1), load_nothing):
            own += [notice.stored.block.header.height]

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def test_many_readers_are_woken_in_several_turns_and_none_misses_a_block() -> None:
    count = 3 * READERS_PER_TURN

    async def run() -> None:
        told = Subscriptions()
        readers = Readers(told, count)
        await asyncio.sleep(0)
        for height in (1, 2):
            told.on_block(build_block(height), ())
        seen: list[int] = []
        while not seen or seen[-1] < count:
            await asyncio.sleep(0)
            seen.append(sum(own == [1, 2] for own in readers.heights))
        await readers.close()
        steps = [after - before for before, after in zip([0, *seen], seen, strict=False)]
        assert max(steps) == READERS_PER_TURN

    asyncio.run(run())


def test_a_reader_that_is_too_slow_is_ended_after_what_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscriptions, "NOTICES_MAX", 2)

    async def run() -> None:
        told = Subscriptions()
        notices = told.subscribe(Height(1), load_nothing)
        following = asyncio.ensure_future(anext(notices))
        await asyncio.sleep(0)
        for height in (1, 2, 3):
            told.on_block(build_block(height), ())
        heights = [(await following).stored.block.header.height]
        heights.append((await anext(notices)).stored.block.header.height)
        assert heights == [1, 2]
        with pytest.raises(Unavailable, match="too slow"):
            await anext(notices)

    asyncio.run(run())


def test_when_the_node_stops_all_readers_are_ended() -> None:
    async def run() -> None:
        told = Subscriptions()
        readers = Readers(told, 2 * READERS_PER_TURN)
        await asyncio.sleep(0)
        told.close()
        results = await asyncio.gather(*readers.tasks, return_exceptions=True)
        assert {type(result) for result in results} == {Unavailable}

    asyncio.run(run())
