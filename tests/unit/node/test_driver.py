"""The driver on simulated ports: one node under `solo`, four under `pbft`, and hostile peers."""

from collections.abc import Callable, Sequence

import msgspec
import pytest

from dure.chain import system
from dure.chain.money import LEDGER
from dure.chain.transaction import (
    Body,
    Call,
    Envelope,
    KeyPolicy,
    PolicyProof,
    compute_transaction_id,
    decode_transaction,
)
from dure.consensus import interface as consensus
from dure.core.block import Block
from dure.core.certificate import Certificate
from dure.core.codec import decode, encode
from dure.core.errors import InvalidTransaction, StorageError
from dure.core.types import BlockId, Height, Instant, Milliseconds, PublicKey, Round
from dure.node import messages
from dure.node.catching_up import Slice
from dure.node.catching_up.serving import collect_blocks
from dure.node.driver import Divergence, Driver
from dure.node.driver.execution import compute_fill_time
from dure.node.mempool import Mempool, MempoolLimits
from dure.testing.simulation.network import Simulation

CODES = {
    "garbage": "malformed_transaction",
    "oversized": "transaction_too_large",
    "wrong signature": "wrong_signature",
    "wrong chain": "wrong_chain",
    "expired": "transaction_expired",
    "too early": "transaction_too_early",
    "replayed": "transaction_replayed",
}


def make_solo() -> Simulation:
    return Simulation(1, members=1)


def transfer_to_oneself(simulation: Simulation, **options: int) -> bytes:
    return simulation.transfer(target=0, **options)


def settle(simulation: Simulation, *envelopes: bytes, index: int = 0) -> None:
    """Submit and wait until all are final at that node."""
    disk = simulation.nodes[index].disk
    identities: list[bytes] = []
    for answer in simulation.submit(index, *envelopes):
        assert not isinstance(answer, InvalidTransaction), answer
        identities.append(answer)
    simulation.run_until(lambda: all(disk.find_transaction(each) for each in identities))


def spoil_signature(envelope: bytes) -> bytes:
    opened = decode(Envelope, envelope)
    proof = msgspec.structs.replace(opened.proofs[0], signatures=(bytes(64),))
    return encode(Envelope(opened.body, (proof,)))


def build_hostile(simulation: Simulation) -> dict[str, bytes]:
    """Return one envelope of each kind that has to be refused; one was executed before."""
    replayed = simulation.transfer(target=0)
    settle(simulation, replayed)
    foreign = Simulation(2, members=len(simulation.nodes))
    foreign.founding.document = msgspec.structs.replace(
        foreign.document, genesis=msgspec.structs.replace(foreign.document.genesis, name="other")
    )
    foreign.scheduler.now_ms = simulation.scheduler.now_ms
    return {
        "garbage": b"\x92garbage",
        "oversized": bytes(300_000),
        "wrong signature": spoil_signature(simulation.transfer(target=0)),
        "wrong chain": foreign.transfer(target=0),
        "expired": simulation.transfer(target=0, valid_ms=-20_000),
        "too early": simulation.transfer(target=0, valid_ms=200_000),
        "replayed": replayed,
    }


def simulation_now(driver: Driver) -> Instant:
    return driver._ports.clock.now()


def violations(simulation: Simulation, index: int) -> list[str]:
    network = simulation.nodes[index].network
    assert network is not None
    return [reason for _, reason in network.violations]


# One node


def test_a_transaction_becomes_final_and_durable() -> None:
    simulation = make_solo()
    settle(simulation, transfer_to_oneself(simulation), transfer_to_oneself(simulation))
    driver = simulation.get_driver(0)
    assert len(driver.mempool) == 0
    assert simulation.height(0) >= 1
    assert simulation.nodes[0].disk.head == simulation.height(0)
    assert simulation.nodes[0].disk.state == driver.executor.copy_state()


@pytest.mark.parametrize("kind", CODES)
def test_each_bad_transaction_is_refused_with_its_own_code(kind: str) -> None:
    simulation = make_solo()
    hostile = build_hostile(simulation)
    height = simulation.height(0)
    good = transfer_to_oneself(simulation)
    bad, accepted = simulation.submit(0, hostile[kind], good)
    assert isinstance(bad, InvalidTransaction)
    assert bad.code == CODES[kind]
    assert not isinstance(accepted, InvalidTransaction)
    simulation.run_until(lambda: simulation.height(0) > height)


def test_a_transaction_that_waits_already_is_not_taken_twice() -> None:
    simulation = make_solo()
    envelope = transfer_to_oneself(simulation)
    first, second = simulation.submit(0, envelope, envelope)
    assert first == second


def test_a_restart_goes_on_where_the_disk_ends_and_replays_nothing() -> None:
    simulation = make_solo()
    envelope = transfer_to_oneself(simulation)
    settle(simulation, envelope)
    root, height = simulation.state_root(0), simulation.height(0)
    simulation.crash(0)
    simulation.restart(0)
    assert (simulation.state_root(0), simulation.height(0)) == (root, height)
    (answer,) = simulation.submit(0, envelope)
    assert isinstance(answer, InvalidTransaction)
    assert answer.code == "transaction_replayed"
    settle(simulation, transfer_to_oneself(simulation))


def test_a_store_without_the_blocks_of_the_replay_window_is_not_trusted() -> None:
    simulation = make_solo()
    for _ in range(2):
        settle(simulation, transfer_to_oneself(simulation))
    simulation.crash(0)
    del simulation.nodes[0].disk.blocks[Height(1)]
    with pytest.raises(StorageError):
        simulation.restart(0)


def test_what_expires_while_it_waits_is_dropped_with_the_reason() -> None:
    simulation = Simulation(3)
    simulation.partition([0], [1], [2], [3])
    simulation.submit(0, simulation.transfer(valid_ms=5_000))
    simulation.run_for(10_000)
    assert len(simulation.get_driver(0).mempool) == 0
    assert {reason.code for reason in simulation.nodes[0].dropped} == {"transaction_expired"}


def test_what_can_never_be_executed_does_not_hold_up_what_can() -> None:
    simulation = make_solo()
    driver = simulation.get_driver(0)
    dead = [transfer_to_oneself(simulation, amount=i) for i in range(1, 20)]
    settle(simulation, *dead)
    # As after a change of rules: what was admitted once is refused by every block now.
    for transaction in driver.executor.transactions.open_many(dead):
        driver.mempool.add(transaction, simulation_now(driver))  # type: ignore[arg-type]  # what was opened is in order, and parts may be replaced
    settle(simulation, transfer_to_oneself(simulation))
    simulation.run_until(lambda: len(driver.mempool) == 0)


def test_a_pool_of_nothing_but_dead_transactions_is_cleaned_without_a_block() -> None:
    simulation = make_solo()
    driver = simulation.get_driver(0)
    dead = transfer_to_oneself(simulation)
    settle(simulation, dead)
    height = simulation.height(0)
    early = transfer_to_oneself(simulation, valid_ms=200_000)
    for transaction in driver.executor.transactions.open_many([dead, early]):
        driver.mempool.add(transaction, simulation_now(driver))  # type: ignore[arg-type]  # what was opened is in order, and parts may be replaced
    simulation.run_for(3_000)
    assert [t.envelope for t in driver.mempool.iterate()] == [early]
    assert simulation.height(0) == height
    simulation.run_until(lambda: simulation.height(0) > height, 100_000)
    assert simulation.nodes[0].dropped == []


class BusyClock:
    """A clock by which each look at it takes a millisecond: executing takes time."""

    def __init__(self, now: Instant) -> None:
        self.time = now

    def now(self) -> Instant:
        self.time = Instant(self.time + 1)
        return self.time


def test_a_block_is_filled_for_a_bounded_time_and_the_rest_waits_for_the_next() -> None:
    simulation = make_solo()
    driver = simulation.get_driver(0)
    driver._execution._clock = BusyClock(simulation_now(driver))  # type: ignore[assignment]  # what was opened is in order, and parts may be replaced
    settle(simulation, *(transfer_to_oneself(simulation, amount=i) for i in range(1, 201)))
    sizes = [
        len(simulation.nodes[0].disk.blocks[Height(height)].block.transactions)
        for height in range(1, simulation.height(0) + 1)
    ]
    # The first comes after a long silence, the others at once; 40 stand in each without a look at
    # the clock.
    assert sizes == [89, 49, 49, 13]


def test_where_agreeing_takes_long_a_block_is_filled_for_longer() -> None:
    waits = (1, 160, 320, 800, 60_000)
    times = [compute_fill_time(Milliseconds(wait), Milliseconds(10)) for wait in waits]
    assert times == [10, 10, 20, 50, 50]
    assert compute_fill_time(Milliseconds(60_000), Milliseconds(100)) == 100


def test_a_full_pool_is_an_answer() -> None:
    simulation = make_solo()
    simulation.get_driver(0)._intake.mempool = Mempool(MempoolLimits(transactions_max=0))
    (answer,) = simulation.submit(0, transfer_to_oneself(simulation))
    assert isinstance(answer, InvalidTransaction)
    assert answer.code == "mempool_full"


class OneStep:
    """An engine that gives prepared orders, for what no real engine would ask."""

    def __init__(self, engine: consensus.Engine[object], *orders: object) -> None:
        self.engine = engine
        self.orders = list(orders)
        self.events: list[object] = []
        self.phase = "a test"

    def step(self, event: object, now: Instant) -> Sequence[object]:
        self.events.append(event)
        return [self.orders.pop(0)] if self.orders else ()

    def describe(self) -> str:
        return "a test"


def with_orders(simulation: Simulation, *orders: object) -> tuple[Driver, OneStep]:
    driver = simulation.get_driver(0)
    engine = OneStep(driver.engine, *orders)
    driver.engine = engine  # type: ignore[assignment]  # what was opened is in order, and parts may be replaced
    return driver, engine


def last_block(simulation: Simulation) -> Block:
    settle(simulation, transfer_to_oneself(simulation))
    return simulation.nodes[0].disk.blocks[simulation.height(0)].block


NO_SEALS = Certificate(round=Round(0), seals=())
NO_ID = BlockId(bytes(32))


def test_a_sealed_block_that_the_ledger_refuses_stops_the_node() -> None:
    simulation = make_solo()
    block = last_block(simulation)
    header = msgspec.structs.replace(block.header, height=Height(block.header.height + 1))
    for previous in (block.header.previous, simulation.get_driver(0).executor.head.block_id):
        broken = Block(msgspec.structs.replace(header, previous=previous), block.transactions)
        driver, _ = with_orders(simulation, consensus.Finalize(broken, NO_SEALS))
        with pytest.raises(Divergence):
            driver._put(consensus.Started())


def test_a_block_that_is_final_already_is_not_committed_twice() -> None:
    simulation = make_solo()
    block = last_block(simulation)
    head = simulation.get_driver(0).executor.head
    driver, _ = with_orders(simulation, consensus.Finalize(block, NO_SEALS))
    driver._put(consensus.Started())
    assert driver.executor.head is head


def test_a_candidate_that_cannot_be_built_or_judged_is_an_answer() -> None:
    simulation = make_solo()
    block = last_block(simulation)
    unknown = msgspec.structs.replace(block.header, previous=bytes(32))
    build = consensus.BuildCandidate(unknown.previous, Height(9), Round(0), Instant(1))
    judge = consensus.JudgeCandidate(Block(unknown, block.transactions))
    driver, engine = with_orders(simulation, build, judge)
    driver._put(consensus.Started())
    built, judged = engine.events[1:3]
    assert built == consensus.CandidateBuilt(Height(9), Round(0), None)
    assert isinstance(judged, consensus.CandidateJudged)
    assert not judged.valid


def test_no_engine_of_this_version_undoes_blocks() -> None:
    simulation = make_solo()
    driver, _ = with_orders(simulation, consensus.AdoptHead(last_block(simulation), None))
    with pytest.raises(NotImplementedError):
        driver._put(consensus.Started())


def test_an_accusation_is_noted_and_nothing_else() -> None:
    simulation = make_solo()
    driver, _ = with_orders(simulation, consensus.Accuse(PublicKey(bytes(32)), b"evidence"))
    driver._put(consensus.Started())
    assert driver.executor.head.header.height == 0


# Four nodes


def agree(simulation: Simulation, height: int) -> Callable[[], bool]:
    running = [i for i, node in enumerate(simulation.nodes) if node.driver is not None]

    def reached() -> bool:
        return all(simulation.height(i) >= height for i in running) and (
            len({simulation.state_root(i) for i in running}) == 1
        )

    return reached


def test_four_nodes_execute_what_one_was_given() -> None:
    simulation = Simulation(5)
    simulation.submit(0, *(simulation.transfer(amount=i) for i in range(1, 6)))
    simulation.run_until(lambda: all(simulation.balance(i, 1) == 10**9 + 15 for i in range(4)))
    simulation.run_until(agree(simulation, 1))
    assert [violations(simulation, i) for i in range(4)] == [[]] * 4


@pytest.mark.parametrize("crashed", range(4))
def test_three_go_on_without_the_fourth_which_catches_up(crashed: int) -> None:
    simulation = Simulation(6)
    entry = (crashed + 1) % 4
    settle(simulation, simulation.transfer(), index=entry)
    simulation.crash(crashed)
    for _ in range(3):
        settle(simulation, simulation.transfer(), index=entry)
    height = simulation.height(entry)
    simulation.restart(crashed)
    assert simulation.height(crashed) < height
    simulation.run_until(agree(simulation, height))
    settle(simulation, simulation.transfer(), index=crashed)


def test_a_node_with_an_empty_disk_fetches_the_whole_chain() -> None:
    simulation = Simulation(7)
    for _ in range(5):
        settle(simulation, simulation.transfer())
    simulation.crash(3)
    simulation.wipe(3)
    simulation.restart(3)
    assert simulation.height(3) == 0
    simulation.run_until(agree(simulation, simulation.height(0)))


@pytest.mark.parametrize("kind", CODES)
def test_a_bad_transaction_from_a_peer_goes_nowhere(kind: str) -> None:
    simulation = Simulation(8)
    hostile = build_hostile(simulation)
    good = simulation.transfer()
    driver, peer = simulation.get_driver(0), simulation.nodes[1].key.public
    simulation.run_until(lambda: len(driver.mempool) == 0)
    for gossip in messages.split_gossip([hostile[kind], good]):
        driver.on_frame(peer, encode(gossip))
    assert len(driver.mempool) == 1
    own_fault = kind in {"garbage", "wrong signature", "wrong chain"}
    assert bool(violations(simulation, 0)) == own_fault
    assert all(CODES[kind] in reason for reason in violations(simulation, 0))
    settle(simulation, simulation.transfer())


def test_more_envelopes_than_one_message_may_hold_are_not_opened() -> None:
    simulation = Simulation(8)
    driver, peer = simulation.get_driver(0), simulation.nodes[1].key.public
    driver.on_frame(peer, encode(messages.Gossip(envelopes=(bytes(66_000), bytes(66_000)))))
    assert violations(simulation, 0) == ["passed on more at once than one message may hold"]


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"garbage",
        encode(["engine-1", b"garbage"]),
        encode(["gossip-1", []]),
        encode(["gossip-1", [b"x"] * 257]),
        encode(["get-blocks-1", 1, 65]),
        encode(["status-1", -1, bytes(32)]),
        encode(["unknown-1", 1]),
    ],
    ids=repr,
)
def test_a_frame_that_is_no_message_ends_the_connection_and_nothing_else(frame: bytes) -> None:
    simulation = Simulation(9)
    simulation.get_driver(0).on_frame(simulation.nodes[1].key.public, frame)
    assert len(violations(simulation, 0)) == 1
    settle(simulation, simulation.transfer())


def test_blocks_come_within_bounds_and_none_where_there_are_none() -> None:
    simulation = Simulation(11)
    for _ in range(4):
        settle(simulation, simulation.transfer())
    disk = simulation.nodes[0].disk
    height = simulation.height(0)
    assert [b.block.header.height for b in collect_blocks(disk, Height(1), 2).items] == [1, 2]
    assert len(collect_blocks(disk, Height(1), 64).items) == height
    assert collect_blocks(disk, Height(height + 1), 64).items == ()
    del disk.blocks[Height(2)]
    assert len(collect_blocks(disk, Height(1), 64).items) == 1


def test_an_answer_is_cut_at_its_bound_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = make_solo()
    for _ in range(3):
        settle(simulation, transfer_to_oneself(simulation))
    monkeypatch.setattr("dure.node.messages.BLOCKS_BYTES_MAX", 1)
    assert len(collect_blocks(simulation.nodes[0].disk, Height(1), 64).items) == 1


def test_blocks_that_nobody_asked_for_are_not_looked_at() -> None:
    simulation = Simulation(12)
    simulation.crash(3)
    settle(simulation, simulation.transfer())
    stored = simulation.nodes[0].disk.blocks[Height(1)]
    simulation.restart(3)
    item = messages.CertifiedBlock(stored.block, stored.certificate)
    answer = encode(messages.Blocks(start=1, items=(item,)))
    driver, peer = simulation.get_driver(3), simulation.nodes[0].key.public
    driver.on_frame(peer, answer)
    driver.on_timer(Slice.WORK)
    assert simulation.height(3) == 0
    driver.on_frame(peer, encode(messages.Status(Height(1), NO_ID, Height(0), mute=False)))
    driver.on_timer("tick")
    driver.on_frame(peer, answer)
    driver.on_timer(Slice.WORK)
    assert simulation.height(3) == 1


def test_a_peer_that_appears_is_told_where_we_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = make_solo()
    sent: list[bytes] = []
    monkeypatch.setattr(simulation.links, "carry", lambda *frame: sent.append(frame[2]))
    simulation.get_driver(0).on_connected(PublicKey(bytes(32)))
    head = simulation.get_driver(0).executor.head
    (frame,) = sent
    status = messages.Status(Height(0), head.block_id, oldest=Height(0), mute=False)
    assert decode(messages.PeerMessage, frame) == status


def test_lost_gossip_is_passed_on_again() -> None:
    simulation = Simulation(14)
    simulation.partition([0], [1, 2, 3])
    simulation.submit(0, simulation.transfer())
    simulation.run_for(1_000)
    simulation.heal()
    simulation.run_until(agree(simulation, 1))


def test_the_chain_acts_by_itself_until_nothing_is_due() -> None:
    simulation = make_solo()
    driver, account = simulation.get_driver(0), simulation.nodes[0].account
    target = Instant(simulation.scheduler.now_ms + 3_600_000)
    call = Call(LEDGER, "advance", encode(system.AdvanceArguments(target)), None)
    body = decode(Body, decode(Envelope, transfer_to_oneself(simulation)).body)
    data = encode(msgspec.structs.replace(body, calls=(call,)))
    proof = PolicyProof(KeyPolicy(account.public), (account.sign(compute_transaction_id(data)),))
    settle(simulation, encode(Envelope(data, (proof,))))
    simulation.run_until(lambda: driver.executor.ledger_time >= target)
    height = simulation.height(0)
    simulation.run_for(5_000)
    assert simulation.height(0) == height


def test_a_transaction_is_found_where_its_block_holds_it() -> None:
    simulation = Simulation(1)
    envelopes = [simulation.transfer(amount=amount) for amount in range(1, 9)]
    settle(simulation, *envelopes, index=2)
    disk = simulation.nodes[2].disk
    for envelope in envelopes:
        place = disk.find_transaction(decode_transaction(envelope).transaction_id)
        assert place is not None
        assert disk.blocks[place[0]].block.transactions[place[1]] == envelope
