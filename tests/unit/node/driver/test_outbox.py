"""What is passed on leaves at once after a rest, and together when much comes at a time."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.core.codec import decode
from dure.core.types import Instant, Milliseconds, PublicKey
from dure.node import messages
from dure.node.driver import outbox as outbox_module
from dure.node.driver.outbox import GATHER_MAX, GATHER_MS, GATHERED, Outbox
from dure.testing.simulation.network import Simulation
from dure.testing.simulation.ports.network import SimulatedNetwork


@dataclass
class Wires:
    """Network and clock of an outbox, both in the test's hand."""

    time: int = 1_000
    sent: list[tuple[bytes, ...]] = field(default_factory=list)
    """The envelopes of each message."""
    left_at: list[int] = field(default_factory=list)
    """When each envelope left."""
    due: dict[object, int] = field(default_factory=dict)

    def broadcast(self, data: bytes) -> None:
        envelopes = decode(messages.Gossip, data).envelopes
        self.sent.append(envelopes)
        self.left_at += [self.time] * len(envelopes)

    def send(self, peer: PublicKey, data: bytes) -> None:
        raise AssertionError("an outbox speaks to all")

    def disconnect(self, peer: PublicKey, reason: str) -> None:
        raise AssertionError("an outbox cuts nobody off")

    def now(self) -> Instant:
        return Instant(self.time)

    def call_later(self, after: Milliseconds, name: object) -> None:
        assert name not in self.due, "one timer at a time"
        self.due[name] = self.time + after

    def wait(self, outbox: Outbox, milliseconds: int) -> None:
        """Let time pass, one millisecond after the other."""
        for _ in range(milliseconds):
            self.time += 1
            if self.due.get(GATHERED) == self.time:
                del self.due[GATHERED]
                outbox.on_timer()


@pytest.fixture
def wires() -> Wires:
    return Wires()


@pytest.fixture
def outbox(wires: Wires) -> Outbox:
    return Outbox(wires, wires)


def test_after_a_rest_it_leaves_at_once(outbox: Outbox, wires: Wires) -> None:
    for number in range(3):
        outbox.put([bytes([number])])
        wires.wait(outbox, GATHER_MS)
    assert wires.sent == [(b"\0",), (b"\1",), (b"\2",)]
    assert not wires.due


def test_what_comes_close_behind_leaves_together(outbox: Outbox, wires: Wires) -> None:
    for number in range(4):
        outbox.put([bytes([number])])
    assert wires.sent == [(b"\0",)]
    wires.wait(outbox, GATHER_MS)
    assert wires.sent == [(b"\0",), (b"\1", b"\2", b"\3")]


def test_many_leave_at_once_however_close(outbox: Outbox, wires: Wires) -> None:
    many = [bytes([number]) for number in range(GATHER_MAX)]
    outbox.put([b"first"])
    outbox.put(many[:-1])
    assert len(wires.sent) == 1
    outbox.put(many[-1:])
    assert wires.sent == [(b"first",), tuple(many)]
    wires.wait(outbox, GATHER_MS)
    assert len(wires.sent) == 2, "the timer finds nothing left"


def test_a_flush_lets_all_leave_in_order(outbox: Outbox, wires: Wires) -> None:
    outbox.put([b"a"])
    outbox.put([b"b"])
    outbox.flush()
    outbox.flush()
    assert wires.sent == [(b"a",), (b"b",)]


def test_a_clock_that_is_put_back_delays_nothing(outbox: Outbox, wires: Wires) -> None:
    outbox.put([b"a"])
    wires.time -= 500
    outbox.put([b"b"])
    wires.wait(outbox, GATHER_MS)
    assert wires.sent == [(b"a",), (b"b",)]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 40)), max_size=30))
def test_all_leave_once_in_order_and_none_waits_longer(steps: list[tuple[int, int]]) -> None:
    wires = Wires()
    outbox = Outbox(wires, wires)
    came_at: list[int] = []
    for rest, count in steps:
        wires.wait(outbox, rest)
        numbers = range(len(came_at), len(came_at) + count)
        outbox.put([number.to_bytes(4, "big") for number in numbers])
        came_at += [wires.time] * count
    wires.wait(outbox, GATHER_MS)
    passed_on = [int.from_bytes(each, "big") for message in wires.sent for each in message]
    assert passed_on == list(range(len(came_at)))
    delays = [left - came for came, left in zip(came_at, wires.left_at, strict=True)]
    assert all(0 <= delay <= GATHER_MS for delay in delays)


def test_what_waits_leaves_before_a_block_is_made_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "GATHER_MS", Milliseconds(3_600_000))
    said: list[messages.PeerMessage] = []
    broadcast = SimulatedNetwork.broadcast

    def listen(network: SimulatedNetwork, data: bytes) -> None:
        said.append(decode(messages.PeerMessage, data))
        broadcast(network, data)

    monkeypatch.setattr(SimulatedNetwork, "broadcast", listen)
    simulation = Simulation(5)
    first, second = simulation.transfer(amount=1), simulation.transfer(amount=2)
    for envelope in (first, second):
        for node in simulation.nodes:
            simulation.submit(node.index, envelope)
    simulation.run_until(lambda: len(simulation.agreement.transactions) == 2)
    assert messages.Gossip((second,)) in said
