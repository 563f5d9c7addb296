"""A node that is far behind fetches a state, and goes on from there."""

import pytest
from msgspec.structs import replace

from dure.core.types import Height
from dure.node import messages
from dure.node.catching_up import SyncSettings
from dure.node.catching_up.catching_up import WORD_MS
from dure.testing.simulation import Simulation
from tests.unit.node.catching_up.growing import (
    BY_STATE,
    BY_STATE_AND_BACK,
    LATE,
    WINDOW_MS,
    allow_blame,
    begin,
    cut_small,
    get_stored,
    grow,
    is_level,
    leave_behind,
    list_blamed,
    pay_stranger,
    speak_truth,
    twist,
    withhold_blocks,
)


@pytest.fixture
def late() -> Simulation:
    simulation = begin(21)
    leave_behind(simulation, BY_STATE)
    withhold_blocks(simulation, range(4, 70))
    return simulation


def test_a_node_far_behind_fetches_a_state_and_goes_on(
    late: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_small(monkeypatch)
    late.restart(LATE)
    assert late.height(LATE) == 3
    late.run_until(lambda: is_level(late))
    assert get_stored(late) == [0, 1, 2, 3, *range(73, 79)]
    grow(late, 3, LATE)
    late.run_until(lambda: is_level(late))


def test_it_votes_again(late: Simulation) -> None:
    late.restart(LATE)
    late.run_until(lambda: is_level(late))
    late.crash(0)
    grow(late, 2, LATE)
    late.run_until(lambda: is_level(late, 1, 2))


def test_what_was_executed_is_not_admitted_again(late: Simulation) -> None:
    paid = late.transfer(amount=7)
    late.submit(0, paid)
    late.run_until(lambda: late.height(0) == 79)
    late.restart(LATE)
    late.run_until(lambda: is_level(late))
    (answer,) = late.submit(LATE, paid)
    assert getattr(answer, "code", None) == "transaction_replayed"


def test_a_restart_goes_on_from_the_state(late: Simulation) -> None:
    late.restart(LATE)
    late.run_until(lambda: is_level(late))
    late.crash(LATE)
    grow(late, 2)
    late.restart(LATE)
    assert late.height(LATE) == 78
    late.run_until(lambda: is_level(late))


def test_an_archive_fetches_the_blocks_before_it_too() -> None:
    simulation = begin(22)
    leave_behind(simulation, BY_STATE_AND_BACK)
    simulation.restart(LATE)
    simulation.run_until(lambda: get_stored(simulation) == [*range(79)])
    mine, theirs = simulation.nodes[LATE].disk, simulation.nodes[0].disk
    for height in range(1, 79):
        mine_, theirs_ = mine.blocks[Height(height)], theirs.blocks[Height(height)]
        assert (mine_.block, mine_.receipts) == (theirs_.block, theirs_.receipts)
    assert mine.load_missing() == ()


def test_a_gap_is_filled_after_a_restart_as_well(late: Simulation) -> None:
    late.restart(LATE)
    late.run_until(lambda: is_level(late))
    assert late.nodes[LATE].disk.load_missing() == ((4, 72),)
    late.crash(LATE)
    late.nodes[LATE].sync = SyncSettings()
    late.restart(LATE)
    late.run_until(lambda: get_stored(late) == [*range(79)])


def test_a_node_with_gaps_serves_what_it_has_and_claims_no_more(late: Simulation) -> None:
    late.restart(LATE)
    late.run_until(lambda: is_level(late))
    speak_truth(late)
    late.crash(2)
    late.wipe(2)
    late.restart(2)
    late.run_until(lambda: is_level(late))
    assert list_blamed(late, 2) == set()


def test_the_chain_goes_on_while_the_state_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_small(monkeypatch)
    simulation = begin(23)
    leave_behind(simulation, BY_STATE)
    simulation.restart(LATE)
    while not simulation.get_driver(LATE).catching_up.is_fetching_state:
        simulation.run_for(10)
    for _ in range(40):
        pay_stranger(simulation)
        simulation.run_for(20)
    assert simulation.height(0) > 90
    simulation.run_until(lambda: is_level(simulation))


def test_while_it_fetches_it_neither_votes_nor_admits() -> None:
    simulation = begin(24, 0)
    leave_behind(simulation, BY_STATE)
    withhold_blocks(simulation, range(1, 70))
    for index in range(3):
        twist(simulation, index, lambda said: [] if _is_chunk(said) else [said])
    simulation.restart(LATE)
    driver = simulation.get_driver(LATE)
    simulation.run_until(lambda: driver.catching_up.is_fetching_state)
    said: list[messages.PeerMessage] = []

    def listen(message: messages.PeerMessage) -> list[messages.PeerMessage]:
        said.append(message)
        return [message]

    twist(simulation, LATE, listen)
    grow(simulation, 3)
    assert driver.catching_up.is_fetching_state
    assert not any(isinstance(message, messages.EngineMessage) for message in said)
    assert len(driver.mempool) == 0


def _is_chunk(message: messages.PeerMessage) -> bool:
    return isinstance(message, messages.ChunkAnswer)


def test_where_no_state_is_to_be_had_it_goes_on_by_blocks() -> None:
    simulation = begin(25, 0)
    leave_behind(simulation, BY_STATE)
    for index in range(3):
        twist(simulation, index, lambda said: [] if _is_chunk(said) else [said])
    simulation.restart(LATE)
    simulation.run_until(lambda: is_level(simulation), 120_000)
    assert get_stored(simulation) == [*range(76)]


def test_one_liar_does_not_make_a_node_fetch_a_state() -> None:
    simulation = begin(26, 2)
    simulation.nodes[LATE].sync = BY_STATE
    simulation.crash(LATE)
    simulation.restart(LATE)
    allow_blame(simulation, 1)

    def boast(said: messages.PeerMessage) -> list[messages.PeerMessage]:
        if isinstance(said, messages.Status):
            return [replace(said, height=Height(2**62), oldest=Height(0))]
        return [said]

    twist(simulation, 1, boast)
    driver = simulation.get_driver(LATE)
    for _ in range(20):
        simulation.run_for(500)
        assert not driver.catching_up.is_fetching_state
    grow(simulation, 3, LATE)
    assert list_blamed(simulation) == {1}


def test_a_second_absence_leaves_a_second_gap(late: Simulation) -> None:
    late.restart(LATE)
    late.run_until(lambda: is_level(late))
    late.crash(LATE)
    grow(late, 70)
    late.run_for(WINDOW_MS)
    grow(late, 3)
    withhold_blocks(late, range(79, 145))
    late.restart(LATE)
    late.run_until(lambda: is_level(late))
    disk = late.nodes[LATE].disk
    assert disk.load_missing() == ((4, 72), (79, 147))
    late.crash(LATE)
    late.nodes[LATE].sync = SyncSettings()
    late.restart(LATE)
    late.run_until(lambda: disk.load_missing() == ())


def test_validators_may_change_meanwhile() -> None:
    simulation = Simulation(27, spares=3)
    grow(simulation, 3)
    simulation.run_for(1_000)
    fresh = 6
    for index in (LATE, fresh):
        simulation.crash(index)
        simulation.nodes[index].sync = BY_STATE
    for members in ((0, 1, 2, 4), (0, 1, 2, 5)):
        simulation.submit(0, simulation.change_validators(*members))
        grow(simulation, 20)
    simulation.run_for(WINDOW_MS)
    grow(simulation, 5)
    simulation.restart(LATE)
    simulation.run_until(lambda: is_level(simulation))
    # Whoever has the changes from others alone can pass them on.
    for index in (0, 1, 2, 4, 5):
        twist(simulation, index, lambda said: [] if _is_offer(said) else [said])
    simulation.restart(fresh)
    simulation.run_until(lambda: is_level(simulation, fresh))
    for index in (LATE, fresh):
        assert len(simulation.nodes[index].disk.handovers) == 2
        assert len(get_stored(simulation, index)) < 20


def _is_offer(message: messages.PeerMessage) -> bool:
    return isinstance(message, messages.SnapshotOffer)


def test_the_first_claim_heard_does_not_decide_the_way() -> None:
    simulation = begin(28)
    leave_behind(simulation, BY_STATE)
    for index in (1, 2):
        simulation.crash(index)
    simulation.restart(LATE)
    simulation.run_for(WORD_MS - 500)
    assert simulation.height(LATE) == 3
    simulation.restart(1)
    simulation.run_until(lambda: is_level(simulation, 0, 1))
    assert len(get_stored(simulation)) < 20


def test_where_only_one_is_heard_blocks_are_fetched_from_it() -> None:
    simulation = begin(29)
    leave_behind(simulation, BY_STATE)
    for index in (1, 2):
        simulation.crash(index)
    simulation.restart(LATE)
    simulation.run_until(lambda: is_level(simulation, 0), 4 * WORD_MS)
    assert get_stored(simulation) == [*range(79)]
