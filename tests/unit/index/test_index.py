"""The read model over real blocks: exactly once, in order, and taken back without a trace."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from dure.chain.money import LEDGER
from dure.contract.source import bundle
from dure.core.block import compute_block_id
from dure.core.errors import Unavailable
from dure.core.types import Address, ChainId, Height, TransactionId
from dure.index import (
    LIMIT_MAX,
    Compare,
    Condition,
    EventFilter,
    Index,
    Query,
    follow,
    follower,
)
from dure.index.rows import BlockRows, build_rows
from dure.node.gateway import Notice
from dure.sdk.ledger_calls import deploy
from tests.unit.api.solo_chain import ALICE, GUESTBOOK, SoloChain, retract


@pytest.fixture
def chain() -> SoloChain:
    return SoloChain(instant=False)


@pytest.fixture
def index(tmp_path: Path, chain: SoloChain) -> Iterator[Index]:
    opened = Index(f"sqlite:///{tmp_path}/index.db", chain.executor.chain_id)
    yield opened
    opened.close()


def take_all(index: Index, chain: SoloChain) -> None:
    for stored in chain.blocks:
        index.apply([build_rows(stored, "final")])


def dump(index: Index) -> list[object]:
    """Return everything that the index knows, by its public questions."""
    everything: list[object] = [
        index.lists.read(table, Query(limit=LIMIT_MAX)) for table in index.lists.describe_tables()
    ]
    return [
        *everything,
        index.list_events(EventFilter(), 500),
        index.list_deployments(None, 500),
        list_sent(index, ALICE.address),
        index.count_transactions(),
    ]


def list_sent(index: Index, sender: Address) -> list[TransactionId]:
    """Return what an account sent, the newest first."""
    query = Query(conditions=(Condition("sender", Compare.IS, sender),), limit=LIMIT_MAX)
    return [row.transaction_id for row in index.lists.list_transactions(query).rows]


async def follow_until(index: Index, chain: SoloChain, height: int) -> None:
    following = asyncio.create_task(follow(chain, index))
    async with asyncio.timeout(20):
        while (head := index.get_head()) is None or head[0] < height:
            await asyncio.sleep(0)
            assert not following.done()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


def test_events_page_without_loss_or_repeat(index: Index, chain: SoloChain) -> None:
    book = chain.deploy()
    for number in range(4):
        calls = [book.call("write", text=f"{number}-{i}") for i in range(3)]
        chain.send(chain.sign(*calls), chain.pay(1))
    take_all(index, chain)
    everything = index.list_events(EventFilter(contract=book.address), 500)
    assert len(everything) == 12
    paged, after = [], None
    while page := index.list_events(EventFilter(contract=book.address, after=after), 5):
        paged += page
        after = page[-1].place
    assert paged == everything
    ledger = index.list_events(EventFilter(contract=LEDGER, name="transferred"), 500)
    assert len(ledger) == 4
    newest = index.list_events(EventFilter(contract=book.address, newest_first=True), 1)
    assert newest == everything[-1:]
    from_height = index.list_events(EventFilter(contract=book.address, from_height=Height(4)), 500)
    assert from_height == everything[-6:]


def test_deployments_are_listed_only_where_they_happened(index: Index, chain: SoloChain) -> None:
    chain.deploy()
    refused = deploy(bundle(GUESTBOOK, "Guestbook"), owner=ALICE.address, arguments=b"\x90")
    chain.send(chain.sign(refused))
    take_all(index, chain)
    assert len(index.list_deployments(None, 10)) == 1


def test_a_scheduled_call_is_found_by_its_id(index: Index, chain: SoloChain) -> None:
    book = chain.deploy()
    chain.send(chain.sign(book.call("remind", text="tea")))
    assert chain.make_block(2_000) is not None
    take_all(index, chain)
    event = index.list_events(EventFilter(contract=book.address, name="Written"), 10)[0]
    row = index.find_scheduled(event.source)
    assert row is not None
    assert (row.height, row.receipt, row.status) == (chain.executor.head.header.height, 0, "ok")


def test_a_block_counts_once_however_often_it_comes(index: Index, chain: SoloChain) -> None:
    chain.send(chain.pay(1), chain.pay(2))
    take_all(index, chain)
    before = dump(index)
    take_all(index, chain)
    assert dump(index) == before


def test_a_gap_and_a_contradiction_are_refused(index: Index, chain: SoloChain) -> None:
    for amount in range(1, 4):
        chain.send(chain.pay(amount))
    index.apply([build_rows(chain.blocks[0], "final")])
    with pytest.raises(Unavailable, match="gap"):
        index.apply([build_rows(chain.blocks[2], "final")])
    other = SoloChain(instant=False)
    other.send(other.pay(9))
    index.apply([build_rows(chain.blocks[1], "final")])
    with pytest.raises(Unavailable, match="another block"):
        index.apply([build_rows(other.blocks[1], "final")])
    assert index.get_head() == (1, compute_block_id(chain.blocks[1].block.header))


def test_a_block_is_taken_in_whole_or_not_at_all(index: Index, chain: SoloChain) -> None:
    chain.send(chain.pay(1))
    rows = build_rows(chain.blocks[1], "final")
    index.apply([build_rows(chain.blocks[0], "final")])
    rows.scheduled.append({"scheduled_id": None})
    with pytest.raises(DBAPIError):
        index.apply([rows])
    head = index.get_head()
    assert head is not None
    assert head[0] == 0
    assert list_sent(index, ALICE.address) == []


def test_retracting_leaves_what_never_having_seen_leaves(index: Index, chain: SoloChain) -> None:
    book = chain.deploy()
    take_all(index, chain)
    before = dump(index)
    chain.send(chain.sign(book.call("write", text="soon gone")), chain.pay(5))
    chain.send(chain.pay(6))
    take_all(index, chain)
    assert dump(index) != before
    undone = retract(chain.blocks[2])
    header = undone.stored.block.header
    index.retract(header.height, compute_block_id(header))
    assert dump(index) == before
    index.retract(header.height, compute_block_id(header))
    assert dump(index) == before


def test_another_chain_empties_the_index(tmp_path: Path, chain: SoloChain) -> None:
    url = f"sqlite:///{tmp_path}/index.db"
    index = Index(url, chain.executor.chain_id)
    take_all(index, chain)
    index.close()
    again = Index(url, chain.executor.chain_id)
    assert again.get_head() is not None
    again.close()
    other = Index(url, ChainId(bytes(32)))
    assert other.get_head() is None
    other.close()


async def _follow_resumes(index: Index, chain: SoloChain) -> None:
    chain.send(chain.pay(1))
    await follow_until(index, chain, 1)
    for amount in range(2, 30):
        chain.send(chain.pay(amount))
    await follow_until(index, chain, 29)
    followed = dump(index)
    index.rebuild()
    assert index.get_head() is None
    await follow_until(index, chain, 29)
    assert dump(index) == followed
    assert index.count_transactions() == 29


def test_following_resumes_and_rebuilding_gives_the_same(index: Index, chain: SoloChain) -> None:
    asyncio.run(_follow_resumes(index, chain))


class TurnsBack(SoloChain):
    """Hands a block out and takes it back before the next, as engines may that can undo."""

    async def _notices(self, from_height: Height) -> AsyncIterator[Notice]:
        async for notice in super().subscribe(from_height):
            yield notice
            if notice.stored.block.header.height == 2:
                yield retract(notice.stored)
                yield notice

    def subscribe(self, from_height: Height) -> AsyncIterator[Notice]:
        return self._notices(from_height)


def test_a_retracted_notice_is_followed(tmp_path: Path) -> None:
    chain = TurnsBack(instant=False)
    index = Index(f"sqlite:///{tmp_path}/index.db", chain.executor.chain_id)
    for amount in range(1, 5):
        chain.send(chain.pay(amount))
    asyncio.run(follow_until(index, chain, 4))
    assert index.count_transactions() == 4
    index.close()


def test_a_reset_node_makes_the_index_begin_again(tmp_path: Path) -> None:
    chain = SoloChain(instant=False)
    index = Index(f"sqlite:///{tmp_path}/index.db", chain.executor.chain_id)
    for amount in range(1, 5):
        chain.send(chain.pay(amount))
    asyncio.run(follow_until(index, chain, 4))
    fresh = SoloChain(instant=False)
    stored = fresh.send(fresh.pay(77))
    asyncio.run(follow_until_block(index, fresh, compute_block_id(stored.block.header)))
    assert index.count_transactions() == 1
    index.close()


async def follow_until_block(index: Index, chain: SoloChain, block_id: bytes) -> None:
    following = asyncio.create_task(follow(chain, index))
    async with asyncio.timeout(20):
        while (head := index.get_head()) is None or head[1] != block_id:
            await asyncio.sleep(0)
            assert not following.done()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


def test_a_database_that_refuses_is_tried_again(
    index: Index, chain: SoloChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = [OperationalError("INSERT", {}, sqlite3.OperationalError("disk is full"))] * 2
    take = index.apply

    def refuse_at_first(batch: Sequence[BlockRows]) -> None:
        if refusals:
            raise refusals.pop()
        take(batch)

    monkeypatch.setattr(index, "apply", refuse_at_first)
    monkeypatch.setattr(follower, "REFUSED_SECONDS", 0.0)
    chain.send(chain.pay(1))
    asyncio.run(follow_until(index, chain, 1))
    assert not refusals
