"""When a proposer begins a block: after a rest at once, else when the interval is over."""

from collections.abc import Callable

import pytest

from dure.core.types import Milliseconds
from dure.node.driver import spacing
from dure.testing.simulation.network import Simulation

INTERVAL = 500


def make(size: int = 1) -> Simulation:
    """Return a network whose chain has just made a block, so that the next one is to wait."""
    simulation = Simulation(1, members=size)
    for index in range(size):
        simulation.get_driver(index)._spacing.interval = Milliseconds(INTERVAL)
    simulation.submit(0, simulation.transfer(target=0))
    simulation.run_until(has_height(simulation, 1))
    return simulation


def has_height(simulation: Simulation, height: int) -> Callable[[], bool]:
    return lambda: all(simulation.height(index) >= height for index in range(len(simulation.nodes)))


def count_between(simulation: Simulation) -> int:
    """Return the milliseconds between the two newest blocks."""
    disk = simulation.nodes[0].disk
    assert disk.head is not None
    times = [disk.blocks[height].block.header.time for height in sorted(disk.blocks)]
    return times[-1] - times[-2]


@pytest.mark.parametrize("size", [1, 4])
def test_what_comes_soon_after_a_block_waits_and_shares_the_next(size: int) -> None:
    simulation = make(size)
    simulation.submit(0, simulation.transfer(target=0))
    simulation.run_for(INTERVAL // 4)
    simulation.submit(0, simulation.transfer(target=0))
    simulation.run_until(has_height(simulation, 2))
    assert count_between(simulation) == INTERVAL
    stored = simulation.nodes[0].disk.load_head()
    assert stored is not None
    assert len(stored.block.transactions) == 2


def test_after_a_rest_a_block_is_begun_at_once() -> None:
    simulation = make()
    simulation.run_for(3 * INTERVAL)
    before = simulation.scheduler.now_ms
    simulation.submit(0, simulation.transfer(target=0))
    simulation.run_until(has_height(simulation, 2))
    assert simulation.scheduler.now_ms - before < INTERVAL // 4


def test_as_soon_as_many_wait_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spacing, "BATCH", 3)
    simulation = make()
    simulation.submit(0, simulation.transfer(target=0), simulation.transfer(target=0))
    simulation.run_for(INTERVAL // 4)
    assert simulation.height(0) == 1
    simulation.submit(0, simulation.transfer(target=0))
    simulation.run_until(has_height(simulation, 2))
    assert count_between(simulation) < INTERVAL // 2


def test_many_that_wait_already_are_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spacing, "BATCH", 1)
    simulation = make()
    simulation.submit(0, simulation.transfer(target=0))
    simulation.run_until(has_height(simulation, 2))
    assert count_between(simulation) < INTERVAL // 4


def test_an_order_for_a_block_that_came_from_elsewhere_is_forgotten() -> None:
    simulation = make(4)
    simulation.submit(0, simulation.transfer(target=0))
    simulation.run_for(INTERVAL // 4)
    holding = [i for i in range(4) if simulation.get_driver(i)._spacing._held is not None]
    assert len(holding) == 1
    driver = simulation.get_driver(holding[0])
    order = driver._spacing._held
    simulation.run_until(has_height(simulation, 2))
    driver._spacing._held = order
    driver.on_timer(spacing.SPACED)
    assert driver._spacing._held is None
    simulation.submit(0, simulation.transfer(target=0))
    simulation.run_until(has_height(simulation, 3))
