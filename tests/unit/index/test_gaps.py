"""An index on a node that lacks older blocks: it waits for them, or begins where they begin."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from dure.core.errors import Unavailable
from dure.core.types import Height
from dure.index import Index, follow
from dure.node.gateway import KeptHistory
from dure.node.ports import StoredBlock
from tests.unit.api.solo_chain import SoloChain

OLDEST = 5


class Gapped(SoloChain):
    """A chain whose node began at a later state."""

    def __init__(self) -> None:
        super().__init__(instant=False)
        self.oldest, self.is_growing = 0, False

    def get_history(self) -> KeptHistory:
        return KeptHistory(Height(self.oldest), self.is_growing)

    def load_block(self, height: Height) -> StoredBlock | None:
        is_here = height == 0 or height >= self.oldest
        return super().load_block(height) if is_here else None


@pytest.fixture
def chain() -> Gapped:
    made = Gapped()
    for amount in range(1, 8):
        made.send(made.pay(amount))
    return made


@pytest.fixture
def index(tmp_path: Path, chain: Gapped) -> Iterator[Index]:
    opened = Index(f"sqlite:///{tmp_path}/index.db", chain.executor.chain_id)
    yield opened
    opened.close()


def list_heights(index: Index) -> list[int]:
    return [row.height for row in index.list_blocks(Height(0), 100)]


async def follow_until(index: Index, chain: Gapped, heights: list[int]) -> None:
    following = asyncio.create_task(follow(chain, index))
    async with asyncio.timeout(20):
        while list_heights(index) != heights:
            await asyncio.sleep(0)
            assert not following.done()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


def test_where_no_older_blocks_come_it_begins_with_the_oldest(chain: Gapped, index: Index) -> None:
    chain.oldest = OLDEST
    asyncio.run(follow_until(index, chain, [*range(OLDEST, 8)]))


def test_what_it_held_before_a_gap_goes(chain: Gapped, index: Index) -> None:
    asyncio.run(follow_until(index, chain, [*range(8)]))
    for amount in range(10, 14):
        chain.send(chain.pay(amount))
    chain.oldest = 10
    asyncio.run(follow_until(index, chain, [10, 11]))


def test_where_older_blocks_are_fetched_it_waits(chain: Gapped, index: Index) -> None:
    chain.oldest, chain.is_growing = OLDEST, True
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(follow(chain, index), 0.5))
    assert list_heights(index) == []
    chain.oldest, chain.is_growing = 0, False
    asyncio.run(follow_until(index, chain, [*range(8)]))


def test_a_subscriber_is_never_led_over_a_gap(chain: Gapped) -> None:
    chain.oldest = OLDEST

    async def read() -> None:
        reading = asyncio.ensure_future(anext(chain.subscribe(Height(2))))
        await asyncio.sleep(0)
        chain.send(chain.pay(9))
        await reading

    with pytest.raises(Unavailable, match="not here"):
        asyncio.run(read())
