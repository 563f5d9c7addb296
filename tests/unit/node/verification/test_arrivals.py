"""Workers go ahead of the driver: what they found costs it nothing, and decides nothing."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import cast

import pytest

from dure.chain import admission
from dure.chain.transaction import Envelope
from dure.core.codec import decode, encode
from dure.core.signatures import SignedItem, verify_many
from dure.core.types import PublicKey
from dure.node import messages
from dure.node.verification import arrivals
from dure.node.verification.arrivals import AHEAD_MAX, ENVELOPES_MIN, Arrivals
from dure.node.verification.pool import Pool
from dure.testing.simulation import Simulation
from tests.unit.chain.ledger import BOB, Ledger, change, transfer
from tests.unit.node.verification.test_pool import open_pool

PEER, OTHER = PublicKey(bytes([1]) * 32), PublicKey(bytes([2]) * 32)
VOTE = encode(messages.EngineMessage(data=b"vote"))
BLOCK = encode(messages.BareMessage(data=b"block", envelope_ids=bytes(32)))


class Bench:
    """Arrivals before a ledger, with workers that answer when the test says so."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.has_room = self.is_open = True
        self.asked: list[tuple[Sequence[SignedItem], asyncio.Future[bytes]]] = []
        self.gossiped: set[bytes] = set()
        self.handed: list[bytes] = []
        self.checked_by_ledger = 0
        self.arrivals = Arrivals(self.ledger.executor, cast("Pool", self), self.hand_over)

    def check(self, items: Sequence[SignedItem]) -> asyncio.Future[bytes]:
        self.asked.append((items, asyncio.get_running_loop().create_future()))
        return self.asked[-1][1]

    def hand_over(self, _peer: PublicKey, frame: bytes) -> None:
        self.handed.append(frame)
        if frame in self.gossiped:
            envelopes = decode(messages.Gossip, frame).envelopes
            self.ledger.executor.transactions.open_many(envelopes)

    async def answer(self, index: int, answers: bytes | None = None) -> None:
        """Give the workers' answers, the right ones where nothing else is said."""
        items, future = self.asked[index]
        future.set_result(bytes(verify_many(items)) if answers is None else answers)
        await self.turn()

    async def turn(self) -> None:
        for _ in range(3):
            await asyncio.sleep(0)

    def sign(self, count: int = ENVELOPES_MIN) -> list[bytes]:
        return [self.ledger.sign("alice", transfer(BOB, 1)) for _ in range(count)]

    def gossip(self, count: int = ENVELOPES_MIN) -> bytes:
        frame = encode(messages.Gossip(envelopes=tuple(self.sign(count))))
        self.gossiped.add(frame)
        return frame


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench()

    def count(items: Sequence[SignedItem]) -> list[bool]:
        made.checked_by_ledger += len(items)
        return verify_many(items)

    monkeypatch.setattr(admission, "verify_many", count)
    return made


def run(test: Coroutine[object, object, None]) -> None:
    asyncio.run(test)


def spoil(envelope: bytes) -> bytes:
    opened = decode(Envelope, envelope)
    (proof,) = opened.proofs
    return encode(Envelope(opened.body, (change(proof, signatures=(bytes(64),)),)))


def open_kinds(bench: Bench, envelopes: Sequence[bytes]) -> list[str]:
    answers = bench.ledger.executor.transactions.open_many(envelopes)
    return [type(answer).__name__ for answer in answers]


# Clients


def test_what_workers_found_valid_is_not_checked_again(bench: Bench) -> None:
    async def test() -> None:
        first, second, third, *others = bench.sign(6)
        batch = [first, spoil(second), b"garbage", third, *others]
        task = asyncio.ensure_future(collect(bench, [batch]))
        await bench.turn()
        assert [len(items) for items, _ in bench.asked] == [6], "garbage has no signatures"
        await bench.answer(0)
        assert await task == [batch]
        assert open_kinds(bench, batch) == [
            *("Transaction", "WrongSignature", "MalformedTransaction", "Transaction"),
            *("Transaction",) * 3,
        ]
        assert bench.checked_by_ledger == 1, "the ledger itself finds out what is wrong"

    run(test())


def test_nobody_is_refused_on_a_workers_word(bench: Bench) -> None:
    async def test() -> None:
        batch = bench.sign()
        task = asyncio.ensure_future(collect(bench, [batch]))
        await bench.turn()
        await bench.answer(0, bytes(len(batch)))
        await task
        assert open_kinds(bench, batch) == ["Transaction"] * len(batch)
        assert bench.checked_by_ledger == len(batch)

    run(test())


def test_a_clients_order_is_kept_and_a_few_batches_are_checked_ahead(bench: Bench) -> None:
    async def test() -> None:
        batches = [bench.sign() for _ in range(AHEAD_MAX + 3)]
        task = asyncio.ensure_future(collect(bench, batches))
        await bench.turn()
        assert len(bench.asked) == AHEAD_MAX + 1
        for index in reversed(range(AHEAD_MAX + 1)):
            await bench.answer(index)
        await bench.answer(AHEAD_MAX + 1)
        await bench.answer(AHEAD_MAX + 2)
        assert await task == batches

    run(test())


def test_what_is_not_worth_the_way_goes_straight_on(bench: Bench) -> None:
    async def test() -> None:
        few, many = bench.sign(ENVELOPES_MIN - 1), bench.sign()
        assert await collect(bench, [few]) == [few]
        bench.has_room = False
        assert await collect(bench, [many, few]) == [many, few]
        bench.has_room, bench.is_open = True, False
        assert await collect(bench, [many]) == [many], "it will be refused"
        bench.is_open = True
        open_kinds(bench, many)
        assert await collect(bench, [many]) == [many], "all known"
        garbage = [b"garbage"] * ENVELOPES_MIN
        assert await collect(bench, [garbage]) == [garbage]
        assert bench.asked == []

    run(test())


def test_what_is_too_long_for_the_chain_is_not_looked_at(bench: Bench) -> None:
    async def test() -> None:
        long = [bytes(bench.ledger.executor.parameters.transaction_bytes_max + 1)] * ENVELOPES_MIN
        assert await collect(bench, [long]) == [long]
        assert bench.asked == []

    run(test())


async def collect(bench: Bench, batches: list[list[bytes]]) -> list[list[bytes]]:
    ahead = bench.arrivals.check_ahead(batches, lambda: bench.is_open)
    return [batch async for batch in ahead]


# Peers


def test_what_a_peer_passes_on_and_the_blocks_that_name_it_keep_their_order(bench: Bench) -> None:
    async def test() -> None:
        first, second, few = bench.gossip(), bench.gossip(), bench.gossip(1)
        for frame in (first, few, VOTE, second, BLOCK):
            bench.arrivals.put(PEER, frame)
        assert bench.handed == [VOTE], "a vote waits for no transaction"
        await bench.answer(1)
        assert bench.handed == [VOTE]
        await bench.answer(0)
        assert bench.handed == [VOTE, first, few, second, BLOCK]
        assert bench.checked_by_ledger == 1, "the one that came alone"
        bench.arrivals.put(PEER, BLOCK)
        assert bench.handed[-1] == BLOCK, "nothing waits any more"
        assert len(bench.handed) == 6

    run(test())


def test_one_peer_does_not_wait_for_another(bench: Bench) -> None:
    async def test() -> None:
        bench.arrivals.put(PEER, bench.gossip())
        other = bench.gossip()
        bench.arrivals.put(OTHER, other)
        bench.arrivals.put(OTHER, BLOCK)
        await bench.answer(1)
        assert bench.handed == [other, BLOCK]

    run(test())


def test_what_is_wrong_with_a_frame_is_the_drivers_to_say(bench: Bench) -> None:
    async def test() -> None:
        long = messages.Gossip(envelopes=(bytes(messages.GOSSIP_BYTES_MAX // 4),) * 5)
        frames = [b"", b"garbage", encode(["gossip-1", []]), encode(long)]
        for frame in frames:
            bench.arrivals.put(PEER, frame)
        assert bench.handed == frames
        assert bench.asked == []

    run(test())


def test_more_than_one_message_may_hold_is_not_looked_at(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        frame = bench.gossip()
        monkeypatch.setattr(arrivals, "GOSSIP_BYTES_MAX", len(frame) // 2)
        bench.arrivals.put(PEER, frame)
        assert bench.handed == [frame]
        assert bench.asked == []

    run(test())


def test_what_waits_of_a_peer_is_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        frames = [bench.gossip() for _ in range(3)]
        monkeypatch.setattr(arrivals, "WAITING_BYTES_MAX", len(frames[0]) * 2 + 10)
        for frame in frames:
            bench.arrivals.put(PEER, frame)
        assert bench.handed == frames[:1]
        assert bench.checked_by_ledger == ENVELOPES_MIN, "the ledger has done the workers' part"
        for index in range(3):
            await bench.answer(index)
        assert bench.handed == frames

    run(test())


def test_what_waits_of_a_peer_that_is_gone_is_dropped(bench: Bench) -> None:
    async def test() -> None:
        bench.arrivals.put(PEER, bench.gossip())
        bench.arrivals.forget(PEER)
        await bench.answer(0)
        assert bench.handed == []
        frame = bench.gossip()
        bench.arrivals.put(PEER, frame)
        await bench.answer(1)
        assert bench.handed == [frame]

    run(test())


# With workers


@pytest.mark.parametrize("kind", ["wrong signature", "good"])
def test_a_peer_that_passes_on_what_is_wrong_is_cut_off_as_without_workers(kind: str) -> None:
    simulation = Simulation(8)
    driver, peer = simulation.get_driver(0), simulation.nodes[1].key.public
    simulation.run_until(lambda: len(driver.mempool) == 0)
    envelopes = [simulation.transfer() for _ in range(20)]
    if kind == "wrong signature":
        envelopes[11] = spoil(envelopes[11])
    frame = encode(messages.Gossip(envelopes=tuple(envelopes)))

    async def test() -> None:
        handed = asyncio.Event()

        def hand_over(peer: PublicKey, frame: bytes) -> None:
            driver.on_frame(peer, frame)
            handed.set()

        async with open_pool(1) as pool:
            Arrivals(driver.executor, pool, hand_over).put(peer, frame)
            assert not handed.is_set()
            await handed.wait()
            assert pool.counts.checked == 20

    run(test())
    network = simulation.nodes[0].network
    assert network is not None
    words = "passed on a transaction that it must have refused: wrong_signature"
    assert [reason for _, reason in network.violations] == ([words] if kind != "good" else [])
    assert len(driver.mempool) == (19 if kind == "wrong signature" else 20)
