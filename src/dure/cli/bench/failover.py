"""How long a network is silent when the validator whose turn it is dies, and what it forgets.

What is measured
----------------
Validators are processes on loopback with everything on, as in `transfer`, under a light load of
real clients. Ten times: the load pauses until nothing is on its way and all nodes are level, so
that the next block's first proposer is known and has proposed nothing. That process is killed with
SIGKILL, the clock starts, and the load goes on at once. The clock stops when **every** other node
has handed out a further block and its seals were checked here. Then the killed one is started again
while the load goes on. It is back when it is as high as the others and connected to each of them;
how long that takes, from its start, is measured too. Before each kill every member has its turn
twice: at first and after a failure round times are longer for a while, and each kill is to be one
out of the blue.

At the end all nodes are stopped and their stores read from the disk: each transaction that a client
was told is final must stand there once, at every node.

What is not
-----------
* A machine that disappears: here the system closes the dead process's connections, so that the
  others lose it at once. Nothing in the protocol looks at that; rounds change by time.
* Distance, and load: there is none of the one and little of the other. Round times follow the
  measured round trip, so that on slower networks the wait is longer.
* A primary that dies after it has proposed: then the others may finish its block without it.
* Several failures at a time: with four validators one may fail.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx

from dure.cli.bench.figures import compute_percentile
from dure.cli.bench.machine import describe_machine, read_load_average
from dure.cli.bench.running.promises import count_broken_promises, read_stored
from dure.cli.bench.running.steady import SteadyLoad
from dure.cli.bench.running.town import Town, agree_on_state, found_town
from dure.cli.network.processes import NodeProcess, RunningNetwork
from dure.consensus.pbft.timing import compute_proposer
from dure.core.errors import TimedOut, Unavailable
from dure.core.types import Height, Round, TransactionId
from dure.sdk import AsyncClient, open_stream

FAILOVER_VALIDATORS_MIN: Final = 4
"""With fewer none may fail."""
ACCOUNTS: Final = 40
WAIT_MAX_S: Final = 60.0
"""How long a block, or a restarted node, may take before the bench gives up."""
POLL_S: Final = 0.02
TURNS_BEFORE: Final = 2
"""Blocks that each member proposes before a kill, after the start or another one's return."""


@dataclass(frozen=True, slots=True)
class FailoverPlan:
    """What to measure."""

    validators: int
    kills: int
    rate: float
    """Transactions a second of the light load."""


@dataclass(frozen=True, slots=True)
class Failover:
    """One kill; times in milliseconds."""

    new_block_ms: float
    """From the kill to the next block at every other node."""
    back_ms: float
    """From the restart until the killed node was as high as the others and connected to all."""


def measure_failover(plan: FailoverPlan) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    with found_town(plan.validators, ACCOUNTS) as town:
        with RunningNetwork(town.folder, town.network) as running:
            measured = asyncio.run(_Watch(town, running).run(plan))
        stored = list(read_stored(town))
    return _compute_figures(plan, measured, stored) | {"machine": describe_machine()}


@dataclass(frozen=True, slots=True)
class _Measured:
    failovers: tuple[Failover, ...]
    load: SteadyLoad
    state_roots_equal: bool
    load_average: float


class _Watch:
    """The nodes' heights as their streams tell them, and the kills."""

    def __init__(self, town: Town, running: RunningNetwork) -> None:
        self._town = town
        self._nodes = running.nodes
        self._validators = town.validators
        self._heights = [0] * len(self._nodes)
        self._moved = asyncio.Event()

    async def run(self, plan: FailoverPlan) -> _Measured:
        """Kill as often as planned; return what was seen."""
        try:
            return await self._run(plan)
        except ExceptionGroup as problems:
            # Whatever stopped the kills, the clients or a stream: the first says why.
            raise problems.exceptions[0] from problems

    async def _run(self, plan: FailoverPlan) -> _Measured:
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(
                    AsyncClient(_rotate(self._town.urls, first), chain_id=self._town.chain_id)
                )
                for first in range(len(self._nodes))
            ]
            load = SteadyLoad(self._town, clients, plan.rate, self._moved.set)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._follow(n)) for n in range(len(self._nodes))]
                tasks.append(group.create_task(load.run()))
                failovers = [await self._fail_over(load) for _ in range(plan.kills)]
                busy = read_load_average()
                await self._wait_quiet(load)
                for task in tasks:
                    task.cancel()
        return _Measured(tuple(failovers), load, await agree_on_state(self._town), busy)

    async def _follow(self, number: int) -> None:
        """Note the node's height at every block, whenever it is there."""
        url = self._town.urls[number]
        async with AsyncClient([url], chain_id=self._town.chain_id) as client:
            while True:
                with suppress(Unavailable):
                    async with open_stream(url, client, validators=self._validators) as stream:
                        await stream.subscribe(Height(self._heights[number] + 1))
                        async for block in stream.blocks():
                            self._heights[number] = block.header.height
                            self._moved.set()
                await asyncio.sleep(POLL_S)

    async def _fail_over(self, load: SteadyLoad) -> Failover:
        healthy = max(self._heights) + TURNS_BEFORE * len(self._nodes)
        await self._wait(lambda: min(self._heights) >= healthy)
        await self._wait_quiet(load)
        height = self._heights[0]
        victim = self._find_proposer(Height(height + 1))
        others = [number for number, node in enumerate(self._nodes) if node is not victim]
        begun = time.perf_counter()
        victim.kill()
        load.go_on()
        await self._wait(lambda: all(self._heights[number] > height for number in others))
        new_block = time.perf_counter() - begun
        begun = time.perf_counter()
        victim.start()
        missed = max(self._heights)
        number = self._nodes.index(victim)
        await self._wait(lambda: self._heights[number] >= missed)
        await self._wait_connected(number)
        back = time.perf_counter() - begun
        return Failover(1000 * new_block, 1000 * back)

    def _find_proposer(self, height: Height) -> NodeProcess:
        key = compute_proposer(self._validators, height, Round(0)).hex()
        return next(node for node in self._nodes if node.member.validator_key == key)

    async def _wait_quiet(self, load: SteadyLoad) -> None:
        """Return when nothing is on its way and all nodes are level; the load is held then."""
        load.hold()
        await self._wait(lambda: load.waiting == 0 and len(set(self._heights)) == 1)

    async def _wait_connected(self, number: int) -> None:
        """Return when the node says that it is connected to every other."""
        url = f"{self._town.urls[number]}/v1/status"
        async with httpx.AsyncClient(timeout=WAIT_MAX_S) as client:
            while True:
                status = (await client.get(url)).json()
                if status["peers_connected"] == status["peers"]:
                    return
                await asyncio.sleep(POLL_S)

    async def _wait(self, condition: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(WAIT_MAX_S):
                while not condition():
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            message = f"the network stood still for {WAIT_MAX_S:g} s at heights {self._heights}"
            raise TimedOut(message) from None


def _rotate(urls: list[str], first: int) -> list[str]:
    return urls[first:] + urls[:first]


def _compute_figures(
    plan: FailoverPlan, measured: _Measured, stored: list[Counter[TransactionId]]
) -> dict[str, Any]:
    new_block = [failover.new_block_ms for failover in measured.failovers]
    back = [failover.back_ms for failover in measured.failovers]
    load = measured.load
    lost, doubled = count_broken_promises(load.acknowledged, stored)
    return {
        **_summarize("new_block_after_primary_kill_ms", new_block),
        **_summarize("back_after_restart_ms", back),
        "acknowledged": len(load.acknowledged),
        "acknowledged_lost": lost,
        "acknowledged_doubled": doubled,
        "refused": load.refused.total(),
        "refusals": dict(load.refused),
        "unanswered": load.unanswered,
        "state_roots_equal": measured.state_roots_equal,
        "new_block_after_primary_kill_ms": [round(each, 1) for each in new_block],
        "validators": plan.validators,
        "kills": plan.kills,
        "rate": plan.rate,
        "load_average": round(measured.load_average, 2),
    }


def _summarize(name: str, values: list[float]) -> dict[str, float]:
    return {
        f"{name}_p50": round(compute_percentile(sorted(values), 50), 1),
        f"{name}_max": round(max(values), 1),
    }
