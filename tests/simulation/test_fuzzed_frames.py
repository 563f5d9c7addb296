"""Real frames, damaged: a node may refuse the peer that sends one, and must not stop."""

from functools import lru_cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dure.testing.simulation import Faults, Simulation


def record(network: Simulation) -> list[bytes]:
    """Return a list that takes every frame that crosses the links from now on."""
    frames: list[bytes] = []
    network.links.taps.append(lambda _source, _target, data: frames.append(data))
    return frames


@lru_cache(maxsize=1)
def collect_frames() -> tuple[bytes, ...]:
    """Return distinct real frames of every kind: votes, round changes, blocks, gossip, status."""
    # What is not passed on is asked for when it stands in a block.
    network = Simulation(seed=3, faults=Faults(gossip_loss=0.5))
    frames = record(network)
    for dead in range(4):
        network.crash(dead)
        alive = (dead + 1) % 4
        network.submit(alive, network.transfer(amount=dead + 1))
        height = network.height(alive)
        network.run_until(lambda alive=alive, height=height: network.height(alive) > height)  # type: ignore[misc]  # bound now, not when it runs
        network.restart(dead)
        network.run_until(lambda: len({network.height(i) for i in range(4)}) == 1)
    return tuple(sorted(set(frames)))


@pytest.fixture(scope="module")
def victim() -> Simulation:
    """Return a network whose member 0 is attacked in the name of member 1."""
    return Simulation(seed=4)


def test_the_recorded_frames_are_of_every_kind() -> None:
    kinds = {b"engine-1", b"gossip-1", b"status-1", b"get-blocks-1", b"blocks-1"}
    kinds |= {b"bare-1", b"get-envelopes-1", b"envelopes-1"}
    seen = {kind for kind in kinds for frame in collect_frames() if kind in frame[:24]}
    assert seen == kinds


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_no_damaged_frame_stops_a_node(victim: Simulation, data: st.DataObject) -> None:
    frame = bytearray(data.draw(st.sampled_from(collect_frames())))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(frame) - 1))
        frame[position] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        frame = frame[: data.draw(st.integers(0, len(frame)))]
    # An intact one would be a vote of another world, by the same keys.
    assume(bytes(frame) not in collect_frames())
    driver = victim.get_driver(0)
    driver.on_frame(victim.nodes[1].key.public, bytes(frame))
    assert driver.engine.describe()


def test_an_attacked_node_still_decides_with_the_others(victim: Simulation) -> None:
    (accepted,) = victim.submit(0, victim.transfer(amount=3))
    assert isinstance(accepted, bytes)
    height = victim.height(0)
    victim.run_until(lambda: all(victim.height(i) > height for i in range(4)))
