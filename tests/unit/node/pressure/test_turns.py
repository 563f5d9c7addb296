"""What is said of the event loop's turns."""

import asyncio
import time

from dure.node.pressure import Turns, open_watched_loop
from dure.node.pressure.turns import BOUNDS_S, WINDOW_S


def test_turns_are_counted_by_how_long_they_lasted() -> None:
    turns = Turns()
    for lasted in (0.0005, 0.001, 0.015, 7.0):
        turns.note(lasted, 0.0, 1.0)
    expected = [0] * (len(BOUNDS_S) + 1)
    expected[0], expected[BOUNDS_S.index(0.02)], expected[-1] = 2, 1, 1
    assert turns.counts == expected
    assert turns.total_s == 0.0005 + 0.001 + 0.015 + 7.0


def test_the_longest_and_the_usual_turn_of_late() -> None:
    turns = Turns()
    for _ in range(990):
        turns.note(0.0004, 0.0003, 1.0)
    for _ in range(10):
        turns.note(0.030, 0.012, 1.0)
    lately = turns.describe()
    assert (lately.p99_ms, lately.lasted_max_ms, lately.worked_max_ms) == (1.0, 30.0, 12.0)
    turns.note(0.030, 0.012, 1.0)
    assert turns.describe().p99_ms == 30.0  # its bound, 50 ms, is more than any turn lasted


def test_what_was_longer_ago_than_two_minutes_is_forgotten() -> None:
    turns = Turns()
    turns.note(3.0, 2.0, 1.0)
    turns.note(0.001, 0.001, 1.0 + WINDOW_S)
    assert turns.describe().lasted_max_ms == 3000.0
    turns.note(0.001, 0.001, 1.0 + 2 * WINDOW_S)
    assert turns.describe().lasted_max_ms == 1.0
    turns.note(3.0, 2.0, 1.0 + 2 * WINDOW_S)
    turns.note(0.001, 0.001, 1.0 + 9 * WINDOW_S)
    assert turns.describe().lasted_max_ms == 1.0


def test_without_a_turn_nothing_is_said() -> None:
    lately = Turns().describe()
    assert (lately.p99_ms, lately.lasted_max_ms, lately.worked_max_ms) == (0.0, 0.0, 0.0)


def test_a_handler_that_holds_up_the_loop_is_noticed() -> None:
    turns = Turns()

    async def hold_up() -> None:
        await asyncio.sleep(0.001)
        began = time.thread_time()
        while time.thread_time() - began < 0.03:
            pass
        await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=lambda: open_watched_loop(turns)) as runner:
        runner.run(hold_up())
    lately = turns.describe()
    assert lately.lasted_max_ms >= lately.worked_max_ms >= 30
    assert sum(turns.counts[BOUNDS_S.index(0.05) :]) >= 1
