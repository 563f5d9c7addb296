"""The load generator: what it counts, when its clocks start and stop, how much is on its way."""

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

import pytest

from dure.chain.receipt import OK, Kind, Receipt
from dure.cli.bench.running import load as loads
from dure.cli.bench.running.load import Load, Sent, Tally, cut_frames
from dure.cli.bench.running.stock import Prepared, Stock
from dure.core.block import Header
from dure.core.errors import DureError, MempoolFull, TimedOut, Unavailable
from dure.core.types import BlockId, EnvelopeId, Gas, Hash
from dure.sdk import Stream, StreamedBlock


def prepare(count: int) -> list[Prepared]:
    ids = [EnvelopeId(number.to_bytes(32, "big")) for number in range(1, count + 1)]
    return [Prepared(bytes(identity), identity) for identity in ids]


def build_block(ids: Sequence[bytes], status: str = OK) -> StreamedBlock:
    def build_receipt(kind: Kind, status: str, identity: bytes = bytes(32)) -> Receipt:
        return Receipt(kind, identity, status, "", None, Gas(0), Hash(bytes(32)))

    receipts = [build_receipt(Kind.TRANSACTION, status, bytes(identity)) for identity in ids]
    return StreamedBlock(
        block_id=BlockId(bytes(32)),
        header=cast("Header", None),
        envelope_ids=tuple(EnvelopeId(identity) for identity in ids),
        receipts=(build_receipt(Kind.SCHEDULED, "own_failure"), *receipts),
    )


def send(tally: Tally, prepared: Sequence[Prepared], meant_at: float) -> list[EnvelopeId]:
    tally.on_sent(prepared, [Sent(meant_at, 0)] * len(prepared))
    return [each.envelope_id for each in prepared]


def test_latency_counts_from_the_meant_time_to_the_checked_block() -> None:
    tally = Tally(begin=10, end=20)
    tally.on_block(build_block(send(tally, prepare(2), 11.5)), now=12.0)
    assert tally.latencies_s == [0.5, 0.5]
    assert (tally.final_in_time, tally.blocks, tally.count_lost()) == (2, 1, 0)


def test_warm_up_is_not_measured_and_late_finality_counts_as_latency_only() -> None:
    tally = Tally(begin=10, end=20)
    warm, late = prepare(4)[:2], prepare(4)[2:]
    tally.on_block(build_block(send(tally, warm, 9.9)), now=9.95)
    assert (tally.latencies_s, tally.final_in_time) == ([], 0)
    tally.on_block(build_block(send(tally, late, 19.5)), now=21.5)
    assert (tally.latencies_s, tally.final_in_time, len(tally.final)) == ([2.0, 2.0], 0, 4)
    assert tally.sent == 2


def test_refusals_of_nodes_and_of_the_ledger_are_counted_by_code() -> None:
    tally = Tally(begin=0, end=20)
    ids = send(tally, prepare(3), 1)
    tally.on_refused(ids[0], "mempool_full")
    tally.on_block(build_block(ids[1:2], status="insufficient_funds"), now=2)
    assert tally.refused == {"mempool_full": 1, "insufficient_funds": 1}
    assert (tally.sent, tally.final) == (3, [])
    assert (tally.latencies_s, tally.final_in_time, tally.count_lost()) == ([], 0, 1)


def test_blocks_of_others_and_blocks_seen_twice_count_nothing() -> None:
    tally = Tally(begin=0, end=20)
    block = build_block(send(tally, prepare(1), 1))
    tally.on_block(block, now=2)
    tally.on_block(block, now=3)
    tally.on_block(build_block([bytes(32)]), now=3)
    assert (tally.final_in_time, tally.blocks, len(tally.latencies_s)) == (1, 1, 1)


def test_stock_hands_out_each_once_and_says_when_it_is_empty() -> None:
    stock = Stock(prepare(3))
    assert stock.take(2) + stock.take(1) == prepare(3)
    with pytest.raises(Unavailable):
        stock.take(1)


def test_what_was_not_prepared_is_signed_when_it_is_taken() -> None:
    first, *more = prepare(4)
    stock = Stock([first], more)
    assert stock.take(2) + stock.take(2) == [first, *more]
    with pytest.raises(Unavailable):
        stock.take(1)


def test_frames_keep_the_order_and_no_envelope_makes_one_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dure.cli.bench.running.load.FRAME_BYTES_MAX", 10)
    sizes = [4, 6, 1, 30, 2]
    prepared = [Prepared(bytes(size), EnvelopeId(bytes(32))) for size in sizes]
    frames = [[len(each.envelope) for each in frame] for frame in cut_frames(prepared)]
    assert frames == [[4, 6], [1], [30], [2]]


class Node:
    """A stream that takes every frame, and puts into a block what it was given after each."""

    def __init__(self, answer: Callable[[], DureError | None] = lambda: None) -> None:
        self.frames: list[int] = []
        self.load: Load | None = None
        self.waiting_max = 0
        self._answer = answer

    async def submit(self, envelopes: Sequence[bytes]) -> list[DureError | None]:
        assert self.load is not None
        await asyncio.sleep(0)
        self.frames.append(len(envelopes))
        self.waiting_max = max(self.waiting_max, len(self.load.tally.waiting))
        problem = self._answer()
        if isinstance(problem, TimedOut):
            raise problem
        if problem is None:
            self.load.on_block(build_block(envelopes))
        return [problem] * len(envelopes)


class StepClock:
    """A clock that goes on by a fixed step whenever it is read."""

    def __init__(self, step: float) -> None:
        self.now = 0.0
        self._step = step

    def __call__(self) -> float:
        self.now += self._step
        return self.now


def build_load(nodes: Sequence[Node], stock: int, tally: Tally, clock: StepClock) -> Load:
    streams = cast("Sequence[Stream]", nodes)
    load = Load(streams, Stock(prepare(stock)), tally, clock)
    for node in nodes:
        node.load = load
    return load


def test_closed_loop_keeps_the_number_on_its_way_and_spreads_it() -> None:
    nodes = [Node(), Node(), Node()]
    load = build_load(nodes, 100_000, Tally(begin=0, end=1), StepClock(0.01))
    asyncio.run(load.run_closed(10))
    assert max(node.waiting_max for node in nodes) <= 10
    assert [node.frames[0] for node in nodes] == [3, 3, 4]
    assert load.tally.count_lost() == 0
    assert load.tally.final_in_time > 10


def test_open_loop_sends_what_is_due_evenly_over_all_nodes() -> None:
    nodes = [Node(), Node()]
    load = build_load(nodes, 100_000, Tally(begin=0, end=2), StepClock(0.001))
    asyncio.run(load.run_open(1000))
    sent = [sum(node.frames) for node in nodes]
    assert sum(sent) == len(load.tally.latencies_s) == 1999  # the clock stood at 0.001
    assert abs(len(nodes[0].frames) - len(nodes[1].frames)) <= 1
    assert min(load.tally.latencies_s) > 0


def test_refused_transactions_make_room_and_are_not_sent_again() -> None:
    node = Node(lambda: MempoolFull("full"))
    load = build_load([node], 100_000, Tally(begin=0, end=1), StepClock(0.01))
    asyncio.run(load.run_closed(10))
    assert load.tally.refused["mempool_full"] == sum(node.frames)
    assert not load.tally.waiting


def test_a_node_that_refuses_is_left_alone_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loads, "REST_S", 60.0)
    node = Node(lambda: MempoolFull("full"))
    load = build_load([node], 100_000, Tally(begin=0, end=1), StepClock(0.01))
    asyncio.run(load.run_closed(10))
    assert sum(node.frames) == 10, "each place once, and none again before the end"


def test_what_is_refused_may_go_back_to_the_stock_and_be_sent_again() -> None:
    node = Node(lambda: MempoolFull("full") if len(node.frames) < 5 else None)
    stock = Stock(prepare(2))
    streams = cast("Sequence[Stream]", [node])
    load = Load(streams, stock, Tally(begin=0, end=1), StepClock(0.05), gives_back=True)
    node.load = load

    async def run() -> None:
        # One after the other: there are two in all, and each comes back when it was refused.
        for _ in range(6):
            load._send(0, [0.5, 0.5])
            await load.finish()

    with pytest.raises(Unavailable):
        asyncio.run(run())
    assert node.frames == [2] * 5
    assert load.tally.refused["mempool_full"] == 8
    assert len(load.tally.latencies_s) == 2


def test_what_no_node_answers_for_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.cli.bench.running.load.DRAIN_S", 0.0)
    node = Node(lambda: TimedOut("no answer"))
    load = build_load([node], 100, Tally(begin=0, end=1), StepClock(0.3))
    asyncio.run(load.run_closed(10))
    assert load.tally.count_lost() == 10


def test_while_blocks_come_nothing_that_waits_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.cli.bench.running.load.DRAIN_S", 1.0)
    clock = StepClock(0.01)
    load = build_load([Node()], 0, Tally(begin=0, end=1), clock)
    ids = send(load.tally, prepare(8), 0.5)
    clock.now = 1.0  # nothing more is to be sent

    async def decide_slowly() -> None:
        for identity in ids:
            await asyncio.sleep(0.2)
            load.on_block(build_block([identity]))

    async def run() -> None:
        await asyncio.gather(decide_slowly(), load.run_open(1.0))
        assert not load.tally.waiting

    asyncio.run(run())
    assert (load.tally.count_lost(), len(load.tally.latencies_s)) == (0, 8)


def test_where_no_block_comes_what_waits_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.cli.bench.running.load.DRAIN_S", 0.0)
    clock = StepClock(0.01)
    load = build_load([Node()], 0, Tally(begin=0, end=1), clock)
    send(load.tally, prepare(8), 0.5)
    clock.now = 1.0
    asyncio.run(load.run_open(1.0))
    assert load.tally.count_lost() == 8
