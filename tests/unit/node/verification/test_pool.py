"""Whatever workers do, who asks has an answer soon, and no yes that no worker gave."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dure.core.signatures import SignedItem, verify_many
from dure.core.types import Signature
from dure.node.verification.messages import SIGNATURES_MAX
from dure.node.verification.pool import JOBS_AHEAD, JOBS_WAITING_MAX, Patience, Pool
from dure.node.verification.requests import Counts
from tests.unit.chain.ledger import derive_key
from tests.unit.node.verification.planted import BOOTSTRAP, STUMBLING, build_item

PATIENCE = Patience(answer=60.0, silence=60.0, pause_min=0.01, pause_max=0.05)
"""Nothing is given up for want of time, and what is lost is replaced at once."""
LINUX = sys.platform == "linux"


@pytest.fixture(scope="module")
def items() -> list[SignedItem]:
    """150 signatures, of which every seventh is wrong."""
    key = derive_key("alice")
    made: list[SignedItem] = []
    for number in range(150):
        message = number.to_bytes(32, "big")
        signature = key.sign(message if number % 7 else b"another")
        made.append((key.public, message, Signature(signature)))
    return made


def run(test: Coroutine[object, object, None]) -> None:
    asyncio.run(test)


@asynccontextmanager
async def open_pool(
    size: int, *, bootstrap: str = BOOTSTRAP, patience: Patience = PATIENCE
) -> AsyncIterator[Pool]:
    """Yield a pool all of whose workers are ready."""
    pool = Pool(size, bootstrap=bootstrap, patience=patience)
    pool.start()
    try:
        await wait_until(lambda: len(pool.pids) == size)
        yield pool
    finally:
        await pool.close()


async def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.005)


async def assert_serves(pool: Pool, items: list[SignedItem]) -> None:
    await wait_until(lambda: pool.has_room)
    assert await pool.check(items) == bytes(verify_many(items))


@pytest.mark.parametrize("size", [1, 2])
def test_the_answers_are_those_of_the_rule_each_at_its_place(
    items: list[SignedItem], size: int
) -> None:
    async def test() -> None:
        async with open_pool(size) as pool:
            asked = [pool.check(items), pool.check(items[::-1]), pool.check(items[3:4])]
            first, second, third = await asyncio.gather(*asked)
            assert first == bytes(verify_many(items))
            assert second == first[::-1]
            assert third == first[3:4]
            assert pool.counts == Counts(checked=301)

    run(test())


DEATHS = (
    "kill",
    "exit",
    "babble",
    "announce",
    "too many",
    "none",
    "two",
    "another",
    "again",
    pytest.param("open", marks=pytest.mark.skipif(not LINUX, reason="the filter is Linux's")),
)


@pytest.mark.parametrize("deed", DEATHS)
def test_a_worker_that_dies_or_breaks_the_protocol_says_no_more(
    items: list[SignedItem], deed: str
) -> None:
    async def test() -> None:
        async with open_pool(1) as pool:
            (before,) = pool.pids
            asked = pool.check([build_item(deed)]), pool.check(items)
            assert await asked[0] == b"\0"
            assert_no_false_yes(await asked[1], items)
            assert pool.counts.lost == 1
            await assert_serves(pool, items)
            assert before not in pool.pids
            assert_gone(before)

    run(test())


def test_an_answer_that_nobody_asked_for_ends_the_worker(items: list[SignedItem]) -> None:
    async def test() -> None:
        async with open_pool(1) as pool:
            assert await pool.check([build_item("twice")]) == b"\1"
            await wait_until(lambda: pool.counts.lost == 1)
            await assert_serves(pool, items)

    run(test())


def test_a_worker_killed_in_the_middle_of_its_work_costs_no_answer(
    items: list[SignedItem],
) -> None:
    async def test() -> None:
        async with open_pool(2) as pool:
            # One worker hangs with its job, and has the next one waiting; the other works on.
            hanging = pool.check([build_item("hang")])
            others = [pool.check(items) for _ in range(4)]
            for pid in pool.pids:
                os.kill(pid, signal.SIGKILL)
            for answers in await asyncio.gather(hanging, *others):
                assert_no_false_yes(answers, items)
            assert pool.counts.lost == 2
            assert pool.counts.left > 0
            await assert_serves(pool, items)

    run(test())


def test_who_asks_a_worker_that_hangs_does_not_wait_for_it(items: list[SignedItem]) -> None:
    async def test() -> None:
        patience = Patience(answer=0.1, silence=0.5, pause_min=0.01, pause_max=0.05)
        async with open_pool(1, patience=patience) as pool:
            (before,) = pool.pids
            assert await pool.check([build_item("hang")]) == b"\0"
            assert pool.pids == (before,), "given back before the worker is given up"
            await wait_until(lambda: pool.counts.lost == 1)
            await wait_until(lambda: bool(pool.pids))
            assert_gone(before)
            assert pool.counts.left == 1

    run(test())


def test_what_waits_is_bounded(items: list[SignedItem]) -> None:
    async def test() -> None:
        pool = Pool(1)
        assert not pool.has_room, "nobody is there"
        async with open_pool(1) as pool:
            assert pool.has_room
            hanging = pool.check([build_item("hang")])
            jobs = JOBS_AHEAD + JOBS_WAITING_MAX - 1
            much = [pool.check(items[:SIGNATURES_MAX]) for _ in range(jobs - 1)]
            assert pool.has_room
            much.append(pool.check(items[:SIGNATURES_MAX]))
            assert not pool.has_room
            os.kill(pool.pids[0], signal.SIGKILL)
            await hanging
            await wait_until(lambda: pool.has_room)
            await asyncio.gather(*much)

    run(test())


def test_who_leaves_takes_nobodys_answer_along(items: list[SignedItem]) -> None:
    async def test() -> None:
        async with open_pool(1) as pool:
            leaving, staying = pool.check(items), pool.check(items)
            leaving.cancel()
            assert await staying == bytes(verify_many(items))

    run(test())


def test_a_closed_pool_leaves_no_process_and_nobody_waiting(items: list[SignedItem]) -> None:
    async def test() -> None:
        async with open_pool(2) as pool:
            pids = pool.pids
            hanging = [pool.check([build_item("hang")]) for _ in range(2)]
            behind = [pool.check(items) for _ in range(JOBS_AHEAD)]
        answers = await asyncio.gather(*hanging, *behind)
        assert answers == [b"\0", b"\0", *[bytes(150)] * JOBS_AHEAD]
        for pid in pids:
            assert_gone(pid)
        assert pool.counts.lost == 0

    run(test())


@pytest.mark.skipif(not LINUX, reason="reads /proc")
def test_a_pool_can_be_closed_while_its_workers_begin() -> None:
    async def test() -> None:
        begun = list_children()
        pool = Pool(2)
        pool.start()
        await wait_until(lambda: len(list_children() - begun) == 2)
        started = list_children() - begun
        await pool.close()
        for pid in started:
            assert_gone(pid)

    run(test())


@pytest.mark.parametrize(
    "bootstrap", ["raise SystemExit(9)", "import os; os.write(0, bytes(9))", STUMBLING]
)
def test_workers_that_cannot_begin_are_tried_again_after_a_pause(bootstrap: str) -> None:
    async def test() -> None:
        pool = Pool(1, bootstrap=bootstrap, patience=PATIENCE)
        pool.start()
        await wait_until(lambda: pool.counts.lost == 2)
        await pool.close()
        assert pool.pids == ()

    run(test())


def test_workers_that_say_nothing_at_first_are_not_waited_for_for_ever() -> None:
    async def test() -> None:
        patience = Patience(start=0.05, pause_min=0.01)
        pool = Pool(1, bootstrap="import time; time.sleep(60)", patience=patience)
        pool.start()
        await wait_until(lambda: pool.counts.lost == 1)
        await pool.close()

    run(test())


def test_a_process_that_cannot_be_made_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        pool = Pool(1, patience=PATIENCE)
        pool.start()
        await wait_until(lambda: pool.counts.lost == 1)
        monkeypatch.undo()
        await wait_until(lambda: len(pool.pids) == 1)
        await pool.close()

    monkeypatch.setattr(sys, "executable", "/no/such/python")
    run(test())


def assert_no_false_yes(answers: bytes, items: list[SignedItem]) -> None:
    for answer, expected in zip(answers, verify_many(items), strict=False):
        assert expected or not answer


def assert_gone(pid: int) -> None:
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def list_children() -> set[int]:
    """Return the processes that this one started."""
    children: set[int] = set()
    for file in Path("/proc/self/task").glob("*/children"):
        children |= set(map(int, file.read_text().split()))
    return children
