"""Packs and batches cannot be seen from outside: lists say what the blocks say."""

import asyncio
import dataclasses
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.chain.money import LEDGER
from dure.chain.receipt import Record
from dure.chain.transaction import decode_transaction
from dure.contract.source import bundle
from dure.core.block import compute_block_id
from dure.core.codec import decode, encode
from dure.core.errors import Unavailable
from dure.core.types import Address, Height
from dure.index import (
    CallName,
    Compare,
    Condition,
    EventFilter,
    EventPlace,
    Index,
    ListedTransaction,
    Query,
    follow,
    follower,
    packs,
)
from dure.index.rows import BlockRows, build_rows
from dure.sdk.ledger_calls import deploy
from tests.unit.api.solo_chain import ALICE, BANK, GUESTBOOK, SoloChain

PACK_ITEMS = 4
Item = tuple[EventPlace, bytes, Address, str, bytes, bytes]
"""Place, source, contract, name, data and block of an event."""


def build_chain() -> SoloChain:
    """Make blocks in which events of many kinds stand mixed with each other."""
    chain = SoloChain(instant=False)
    books = [chain.deploy(), chain.deploy(GUESTBOOK.replace("A book", "Another book"))]
    for number in range(2, 6):
        first, second = books[number % 2], books[(number + 1) % 2]
        lines = [first.call("write", text=f"line {number}-{i}") for i in range(2 * number)]
        mixed = chain.sign(second.call("write", text="mixed"), *lines)
        refused = chain.sign(first.call("write", text=""))
        chain.send(chain.pay(1), mixed, refused, chain.sign(*lines, by=BANK), chain.pay(2))
    chain.send(chain.sign(books[0].call("remind", text="tea")))
    assert chain.make_block(2_000) is not None
    return chain


CHAIN = build_chain()


def read_events() -> list[Item]:
    """Return all events as the blocks have them."""
    return [
        (
            (stored.block.header.height, receipt, call, number),
            record.receipt.id,
            event.contract,
            event.name,
            event.data,
            compute_block_id(stored.block.header),
        )
        for stored in CHAIN.blocks
        for receipt, record in enumerate(decode(Record, data) for data in stored.receipts)
        for call, outcome in enumerate(record.outcomes)
        for number, event in enumerate(outcome.events)
    ]


def read_transactions(height: int) -> list[ListedTransaction]:
    """Return the transactions of a block as it has them."""
    stored = CHAIN.blocks[height]
    receipts = [decode(Record, data).receipt for data in stored.receipts]
    receipts = receipts[len(receipts) - len(stored.block.transactions) :]
    opened = [decode_transaction(data) for data in stored.block.transactions]
    return [
        ListedTransaction(
            transaction_id=transaction.transaction_id,
            height=Height(height),
            position=position,
            time=stored.block.header.time,
            sender=transaction.body.sender,
            payer=transaction.body.payer,
            calls=tuple(
                CallName(call.contract, call.method)
                for number, call in enumerate(transaction.body.calls)
                if receipt.failed_call is None or number <= receipt.failed_call
            ),
            calls_total=len(transaction.body.calls),
            status=receipt.status,
            message=receipt.message,
            gas_used=receipt.gas_used,
            finality="final",
        )
        for position, (transaction, receipt) in enumerate(zip(opened, receipts, strict=True))
    ]


EVENTS = read_events()
CONTRACTS = [*sorted({item[2] for item in EVENTS}), BANK.address]
NAMES = [*sorted({item[3] for item in EVENTS}), "unheard"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Take the chain in, in packs so small that every block has several."""
    opened = Index(f"sqlite:///{tmp_path_factory.mktemp('packs')}/i.db", CHAIN.executor.chain_id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packs, "PACK_ITEMS_MAX", PACK_ITEMS)
        opened.apply([build_rows(stored, "final") for stored in CHAIN.blocks])
    yield opened
    opened.close()


places = st.sampled_from([item[0] for item in EVENTS]) | st.tuples(
    st.integers(0, 10), st.integers(0, 8), st.integers(0, 12), st.integers(0, 2)
)
filters = st.builds(
    EventFilter,
    contract=st.none() | st.sampled_from(CONTRACTS),
    name=st.none() | st.sampled_from(NAMES),
    from_height=st.none() | st.builds(Height, st.integers(0, 10)),
    after=st.none() | places,
    newest_first=st.booleans(),
)


@given(wanted=filters, limit=st.integers(1, 40))
def test_events_are_those_of_the_blocks(index: Index, wanted: EventFilter, limit: int) -> None:
    expected = [
        item
        for item in EVENTS
        if wanted.contract in {None, item[2]}
        and wanted.name in {None, item[3]}
        and (wanted.from_height is None or item[0][0] >= wanted.from_height)
        and (wanted.after is None or item[0] > wanted.after)
    ]
    found = index.list_events(wanted, limit)
    assert [
        (row.place, row.source, row.contract, row.name, row.data, row.block_id) for row in found
    ] == (expected[::-1] if wanted.newest_first else expected)[:limit]


def test_events_are_counted_by_name(index: Index) -> None:
    for contract in CONTRACTS:
        names = [item[3] for item in EVENTS if item[2] == contract]
        assert index.count_events(contract) == {name: names.count(name) for name in names}


def list_all(index: Index, *conditions: Condition, limit: int) -> list[ListedTransaction]:
    """Return all transactions that meet conditions, the newest first, read page by page."""
    found: list[ListedTransaction] = []
    query = Query(conditions=conditions, limit=limit)
    while True:
        page = index.lists.list_transactions(query)
        found += page.rows
        if not page.next:
            return found
        query = dataclasses.replace(query, after=page.next)


def test_transactions_of_a_block_are_those_of_the_block(index: Index) -> None:
    assert max(len(stored.block.transactions) for stored in CHAIN.blocks) > PACK_ITEMS
    for height in range(len(CHAIN.blocks)):
        at = Condition("height", Compare.IS, height)
        assert list_all(index, at, limit=3)[::-1] == read_transactions(height)


@pytest.mark.parametrize("fingerprint", [packs.FINGERPRINT_BYTES, 0])
@given(address=st.sampled_from([ALICE.address, BANK.address]), limit=st.integers(1, 20))
def test_transactions_of_a_sender_are_exact_though_fingerprints_are_not(
    index: Index, fingerprint: int, address: Address, limit: int
) -> None:
    everything = [row for at in range(len(CHAIN.blocks)) for row in read_transactions(at)]
    expected = [row for row in reversed(everything) if row.sender == address]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packs, "FINGERPRINT_BYTES", fingerprint)
        sent = Condition("sender", Compare.IS, address)
        assert list_all(index, sent, limit=limit) == expected


def test_long_events_close_a_pack() -> None:
    long = packs.PackedEvent(0, 0, 0, b"", LEDGER, "long", bytes(packs.PACK_BYTES_MAX))
    short = packs.PackedEvent(0, 0, 1, b"", LEDGER, "short", b"")
    split = [pack.events for pack in packs.split_events(iter([short, long, short, short]))]
    assert split == [[short, long], [short, short]]


def test_a_call_that_only_speaks_of_deploying_is_no_deployment(tmp_path: Path) -> None:
    chain = SoloChain(instant=False)
    book = chain.deploy()
    code = bundle(GUESTBOOK.replace("A book", "Another"), "Guestbook")
    another = deploy(code, owner=BANK.address, arguments=encode(()))
    spoken = book.call("write", text="deploy")
    stored = chain.send(chain.sign(spoken), chain.sign(spoken, another, by=BANK))
    rows = build_rows(stored, "final")
    assert [(row["position"], row["call"]) for row in rows.contracts] == [(1, 1)]


def test_one_block_that_does_not_fit_keeps_the_others_out(tmp_path: Path) -> None:
    with closing(Index(f"sqlite:///{tmp_path}/i.db", CHAIN.executor.chain_id)) as index:
        blocks = [build_rows(stored, "final") for stored in CHAIN.blocks]
        index.apply([blocks[0], blocks[1], blocks[1], blocks[2]])
        total = index.count_transactions()
        with pytest.raises(Unavailable, match="gap"):
            index.apply([blocks[3], blocks[5]])
        head = index.get_head()
        assert head is not None
        assert (head[0], index.count_transactions()) == (2, total)


def test_tables_of_an_earlier_version_go(tmp_path: Path) -> None:
    file = tmp_path / "i.db"
    with closing(sqlite3.connect(file)) as database:
        database.executescript(
            "CREATE TABLE stamp (name TEXT, value TEXT); INSERT INTO stamp VALUES ('version', '1');"
            "CREATE TABLE calls (height INTEGER); CREATE TABLE events (height INTEGER);"
        )
    with closing(Index(f"sqlite:///{file}", CHAIN.executor.chain_id)) as index:
        index.apply([build_rows(stored, "final") for stored in CHAIN.blocks])
        assert len(index.list_events(EventFilter(), 500)) == len(EVENTS)
    with closing(sqlite3.connect(file)) as database:
        assert not database.execute("SELECT * FROM sqlite_master WHERE name = 'calls'").fetchall()


@pytest.mark.parametrize(
    ("blocks_max", "bytes_max", "expected"),
    [(64, 2**20, [8]), (3, 2**20, [3, 3, 2]), (64, 1, [2, *[1] * 6])],
)
def test_what_waits_goes_in_at_once_up_to_a_bound(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    blocks_max: int,
    bytes_max: int,
    expected: list[int],
) -> None:
    monkeypatch.setattr(follower, "BATCH_BLOCKS_MAX", blocks_max)
    monkeypatch.setattr(follower, "BATCH_BYTES_MAX", bytes_max)
    index = Index(f"sqlite:///{tmp_path}/i.db", CHAIN.executor.chain_id)
    sizes, take = [], index.apply

    def note(batch: Sequence[BlockRows]) -> None:
        sizes.append(len(batch))
        take(batch)

    monkeypatch.setattr(index, "apply", note)
    chain = SoloChain(instant=False)
    for amount in range(1, 8):
        chain.send(chain.pay(amount))
    asyncio.run(follow_to_end(index, chain))
    index.close()
    # The first block, genesis, has no receipts and so fills nothing.
    assert sizes == expected


async def follow_to_end(index: Index, chain: SoloChain) -> None:
    following = asyncio.create_task(follow(chain, index))
    async with asyncio.timeout(20):
        while (head := index.get_head()) is None or head[0] < len(chain.blocks) - 1:
            await asyncio.sleep(0)
            assert not following.done()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
