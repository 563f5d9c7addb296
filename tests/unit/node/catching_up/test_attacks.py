"""What peers may try so that a node stays behind, stays silent, or works for nothing."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from dure.core.certificate import Certificate
from dure.core.codec import encode
from dure.core.errors import StorageError
from dure.core.types import BlockId, Height, Round
from dure.node import messages
from dure.node.catching_up.window import WindowFetch
from dure.node.messages import (
    Blocks,
    ChunkAnswer,
    GetSnapshot,
    History,
    SnapshotOffer,
    Status,
)
from dure.testing.simulation import Simulation
from tests.unit.node.catching_up.growing import (
    BY_STATE,
    BY_STATE_AND_BACK,
    LATE,
    allow_blame,
    begin,
    get_stored,
    grow,
    leave_behind,
    list_blamed,
    twist,
)

LIAR = 1
FOLLOWER = 4


def boast(said: messages.PeerMessage) -> list[messages.PeerMessage]:
    """Claim all blocks there could ever be, and answer no question."""
    if isinstance(said, Status):
        return [replace(said, height=Height(2**62), oldest=Height(0))]
    return [] if isinstance(said, Blocks | History | SnapshotOffer | ChunkAnswer) else [said]


def test_claims_that_nobody_proves_do_not_silence_a_validator() -> None:
    simulation = Simulation(61, spares=1)
    grow(simulation, 2)
    simulation.nodes[LATE].sync = BY_STATE
    simulation.crash(LATE)
    for liar in (LIAR, FOLLOWER):
        twist(simulation, liar, boast)
        allow_blame(simulation, liar)
    # At first it hears of these two alone.
    for honest in (0, 2):
        twist(simulation, honest, lambda said: [] if isinstance(said, Status) else [said])
    simulation.restart(LATE)
    driver = simulation.get_driver(LATE)
    simulation.run_until(lambda: driver.catching_up.describe() is not None)
    simulation.crash(0)
    for _ in range(10):
        grow(simulation, 1, LATE)
        simulation.run_for(1_000)
        assert not driver.catching_up.is_fetching_state


def test_one_boaster_keeps_no_node_from_the_blocks_before_its_state() -> None:
    simulation = begin(62)
    leave_behind(simulation, BY_STATE_AND_BACK)
    allow_blame(simulation, LIAR)
    twist(simulation, LIAR, boast)
    simulation.restart(LATE)
    simulation.run_until(lambda: get_stored(simulation)[:79] == [*range(79)])


def test_a_long_answer_that_nobody_asked_for_is_not_opened() -> None:
    simulation = begin(63)
    allow_blame(simulation, LIAR)
    driver, peer = simulation.get_driver(LATE), simulation.nodes[LIAR].key.public
    for answer in (Blocks(start=1, items=()), History(start=1, items=())):
        driver.on_frame(peer, encode(answer) + bytes(messages.UNASKED_BYTES_MAX))
    assert list_blamed(simulation) == set()
    driver.on_frame(peer, encode(Blocks(start=1, items=())) + b"?")
    assert list_blamed(simulation) == {LIAR}


def test_a_frame_of_no_known_kind_is_a_violation() -> None:
    simulation = begin(64)
    allow_blame(simulation, LIAR)
    driver, peer = simulation.get_driver(LATE), simulation.nodes[LIAR].key.public
    # The same value with its number of fields in another form.
    frame = b"\xdc\x00\x03" + encode(Blocks(start=1, items=()))[1:]
    driver.on_frame(peer, frame)
    assert list_blamed(simulation) == {LIAR}


def test_no_state_is_adopted_that_leaves_out_the_own_head() -> None:
    simulation = begin(65)
    executor = simulation.get_driver(LATE).executor
    own = executor.head
    forked = SimpleNamespace(
        genesis=executor.genesis,
        head=SimpleNamespace(header=own.header, block_id=BlockId(bytes(32))),
    )
    disk, asking = simulation.nodes[LATE].disk, SimpleNamespace(forget=lambda _kind: None)
    offer = SnapshotOffer(own.header, Certificate(Round(0), ()), ())
    for known, is_ours in ((executor, True), (forked, False)):
        means = SimpleNamespace(executor=known, disk=disk, asking=asking, claims=None, verify=None)
        window = WindowFetch(cast("Any", means), offer)
        assert window.is_complete
        if is_ours:
            assert window.list_recent()[-1].header == own.header
            continue
        with pytest.raises(StorageError, match="it followed another chain"):
            window.list_recent()


def test_one_peer_does_not_occupy_every_place_for_frozen_states() -> None:
    simulation = begin(66, 6)
    offered: list[Height] = []

    def listen(said: messages.PeerMessage) -> list[messages.PeerMessage]:
        if isinstance(said, SnapshotOffer):
            offered.append(said.header.height)
        return [said]

    twist(simulation, 0, listen)
    asked = [(LIAR, 3, 1_000), (LIAR, 4, 12_000), (LIAR, 5, 1_000), (2, 6, 1_000), (LATE, 4, 1_000)]
    for index, height, then_ms in asked:
        frame = encode(GetSnapshot(height=Height(height)))
        simulation.get_driver(0).on_frame(simulation.nodes[index].key.public, frame)
        simulation.run_for(then_ms)
    assert offered == [3, 3, 5, 6, 6]
