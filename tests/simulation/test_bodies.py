"""Blocks whose envelopes nobody passed on: fetched from who named them, or the round changes."""

from typing import ClassVar

import pytest
from msgspec.structs import replace

from dure.consensus.pbft.messages import Message
from dure.core.codec import encode
from dure.node.dissemination import Dissemination
from dure.node.messages import Envelopes
from dure.testing.simulation import Faults, Simulation, Stalled
from dure.testing.simulation.liars.liar import Habit, Speech
from dure.testing.simulation.ports.frames import FrameReader

UNHEARD = Faults(gossip_loss=1.0)
"""Nothing reaches anybody but by blocks."""


class Answering(Habit):
    """Says something else, or nothing, where it was asked for envelopes that it named."""

    name: ClassVar[str] = "answering"

    def change(self, answer: Envelopes) -> Envelopes | None:
        """Return what goes out instead."""
        raise NotImplementedError

    def twist(self, speech: Speech, message: Message | None) -> Speech:
        said: Speech = []
        for target, frame in speech:
            opened = FrameReader(2**20).read(frame).peer_message
            if isinstance(opened, Envelopes):
                answer = self.change(opened)
                said += [] if answer is None else [(target, encode(answer))]
            else:
                said.append((target, frame))
        return said


class Withholding(Answering):
    def change(self, answer: Envelopes) -> Envelopes | None:
        return None


class Exchanging(Answering):
    def change(self, answer: Envelopes) -> Envelopes | None:
        return replace(answer, envelopes=(b"x",) * len(answer.places))


def settle(network: Simulation, index: int) -> None:
    (identity,) = network.submit(index, network.transfer(source=index))
    assert isinstance(identity, bytes)
    honest = [node.disk for node in network.honest]
    network.run_until(lambda: all(disk.find_transaction(identity) for disk in honest))


def count_fetched(network: Simulation) -> list[int]:
    drivers = [network.get_driver(index) for index in range(4)]
    return [driver.dissemination.counts.envelopes_fetched for driver in drivers]


def test_what_was_passed_on_is_not_sent_again() -> None:
    network = Simulation(seed=1)
    frames: list[bytes] = []
    network.links.taps.append(lambda _source, _target, data: frames.append(data))
    envelope = network.transfer()
    network.submit(0, envelope)
    network.run_until(lambda: all(network.height(i) == 1 for i in range(4)))
    assert sum(envelope in frame for frame in frames) == 3
    assert count_fetched(network) == [0] * 4


@pytest.mark.parametrize("loss", [0.0, 0.3])
def test_every_body_that_nobody_knows_is_fetched(loss: float) -> None:
    network = Simulation(seed=2, faults=Faults(gossip_loss=1.0, loss=loss, duplication=loss))
    network.is_closed = True
    for index in range(4):
        settle(network, index)
    assert min(count_fetched(network)) >= 3


def test_without_questions_such_a_network_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dissemination, "_ask", lambda *_: None)
    with pytest.raises(Stalled):
        settle(Simulation(seed=2, faults=UNHEARD), 0)


@pytest.mark.parametrize("habit", [Withholding, Exchanging])
def test_a_body_that_its_proposer_keeps_to_itself_costs_a_round(habit: type[Habit]) -> None:
    network = Simulation(seed=3, faults=UNHEARD, liars={1: [habit]})
    network.submit(1, network.transfer(source=1))
    for index in (0, 2, 3, 0):
        settle(network, index)
    caught = [node.network.violations for node in network.honest if node.network is not None]
    assert any(caught) == (habit is Exchanging)


def test_a_prepared_block_is_fetched_by_who_never_saw_its_proposal() -> None:
    network = Simulation(seed=4, faults=UNHEARD)
    (identity,) = network.submit(0, network.transfer(source=0))
    assert isinstance(identity, bytes)
    engines = [network.get_driver(index).engine for index in range(4)]
    prepared = "collecting commits"
    network.run_until(lambda: any(engine.phase == prepared for engine in engines))
    keeper = next(index for index, engine in enumerate(engines) if engine.phase == prepared)
    # Two others are away for a while: the block stays prepared, and is proposed again.
    network.cut_off((keeper + 1) % 4, 3_000)
    network.cut_off((keeper + 2) % 4, 3_000)
    disks = [node.disk for node in network.nodes]
    network.run_until(lambda: all(disk.find_transaction(identity) for disk in disks))
