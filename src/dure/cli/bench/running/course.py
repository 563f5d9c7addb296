"""One load, sent to a network that runs: how much became final, how soon, and what it cost.

What `transfer`, `payments` and `latency` measure they measure here, each with its own load.

Rules
-----
1. One client reads the blocks, from the first node, and hands transactions to all of them.
2. The warm-up is of the same load and counts for nothing.
3. Every number is of one run. Of several runs the medians count; what went wrong is added up.
4. At the end, when the nodes have been stopped, their stores are read: what the client saw as final
   must stand there once, at every node (`promises`).
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dure.cli.bench.figures import compute_percentile, summarize_runs
from dure.cli.bench.machine import describe_machine, read_load_average
from dure.cli.bench.profiling.recording import Recording, keep, record
from dure.cli.bench.running.load import Load, Tally
from dure.cli.bench.running.promises import count_broken_promises, read_stored
from dure.cli.bench.running.stock import Stock
from dure.cli.bench.running.town import Town, agree_on_state, read_nodes_cpu_seconds, start_town
from dure.cli.network.processes import RunningNetwork
from dure.core.types import Height, TransactionId
from dure.sdk import AsyncClient, Stream, open_stream

WARM_UP_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is sent, and for how long."""

    seconds: float
    """Measured time of one run; the warm-up comes before it."""
    in_flight: int
    """How many are on their way at once, in the closed loop."""
    rate: float | None = None
    """Transactions a second of the open loop; None for the closed loop."""
    runs: int = 1
    warm_up_s: float = WARM_UP_S
    profile: Path | None = None
    """Where to draw what one node does in the measured time of the first run."""

    def count_needed(self, rate_max: float) -> int:
        """Return how many transactions all runs can use up, where no more are final a second."""
        if self.rate is not None:
            return int(self.runs * (self.rate * (self.warm_up_s + self.seconds) + self.rate))
        return int(self.runs * (rate_max * (self.warm_up_s + self.seconds) + self.in_flight))

    def describe(self) -> dict[str, Any]:
        """Return what was asked for."""
        return {
            "seconds": self.seconds,
            "mode": "closed loop" if self.rate is None else "open loop",
            "in_flight": self.in_flight if self.rate is None else None,
            "rate": self.rate,
        }


@dataclass(frozen=True, slots=True)
class Finality:
    """What a client saw become final, over all runs."""

    town: Town
    transaction_ids: Sequence[TransactionId]


Afterwards = Callable[[Finality], Awaitable[dict[str, Any]]]
"""Asks the nodes for something more after the last run, and returns further figures."""


Supply = Callable[[], Stock]
"""Makes the transactions ready, when the nodes run and before anything is measured."""


def measure_course(
    town: Town, supply: Supply, pace: Pace, afterwards: Afterwards | None = None
) -> dict[str, Any]:
    """Return the figures that all these benches have; the town's network is started and stopped."""
    with start_town(town) as running:
        stock = supply()
        # The stock stays for the whole run: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        try:
            figures, final = asyncio.run(_measure(town, running, stock, pace, afterwards))
        finally:
            gc.unfreeze()
    missing, doubled = count_broken_promises(final, read_stored(town))
    return figures | {
        "lost": figures["lost"] + missing,
        "doubled": doubled,
        **pace.describe(),
        "validators": len(town.network.members),
        "accounts": len(town.population.addresses),
        "machine": describe_machine(),
    }


async def _measure(
    town: Town, running: RunningNetwork, stock: Stock, pace: Pace, afterwards: Afterwards | None
) -> tuple[dict[str, Any], list[TransactionId]]:
    runs: list[dict[str, Any]] = []
    final: list[TransactionId] = []
    recordings: list[Recording] = []
    for _ in range(pace.runs):
        before = _read_spent(running)
        if pace.profile is not None and not runs:
            looking = record(running.nodes[-1], pace.warm_up_s, pace.seconds)
            tally, recording = await asyncio.gather(send_load(town, stock, pace), looking)
            recordings.append(recording)
        else:
            tally = await send_load(town, stock, pace)
        costs = _compute_costs(before, _read_spent(running), tally, len(running.nodes))
        equal = await agree_on_state(town)
        runs.append(_compute_figures(tally, pace) | costs | {"state_roots_equal": equal})
        final += tally.final
    further = {} if afterwards is None else await afterwards(Finality(town, final))
    if pace.profile is not None:
        profile = keep(recordings[0], pace.profile, runs[0]["node_cpu_us"])
        further = further | {"profile": profile}
    return summarize_runs(runs) | further, final


async def send_load(town: Town, stock: Stock, pace: Pace) -> Tally:
    """Run the load once and return what became of it."""
    async with open_streams(town) as streams:
        begin = time.monotonic() + pace.warm_up_s
        load = Load(streams, stock, Tally(begin, begin + pace.seconds))
        run = load.run_closed(pace.in_flight) if pace.rate is None else load.run_open(pace.rate)
        await drive((load,), streams[0], run)
    return load.tally


@asynccontextmanager
async def open_streams(town: Town) -> AsyncIterator[list[Stream]]:
    """Yield a stream to each node; blocks come from now on, on the first."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(AsyncClient(town.urls, chain_id=town.chain_id))
        streams = [
            await stack.enter_async_context(open_stream(url, client, validators=town.validators))
            for url in town.urls
        ]
        await streams[0].subscribe(Height((await client.get_status()).height + 1))
        yield streams


async def drive(loads: Sequence[Load], stream: Stream, sending: Coroutine[Any, Any, None]) -> None:
    """Send while the blocks come in, to all loads; where the stream fails, so does the bench."""
    following = asyncio.create_task(_follow(stream, loads))
    driving = asyncio.create_task(sending)
    try:
        await asyncio.wait({following, driving}, return_when=asyncio.FIRST_COMPLETED)
        await (following if following.done() else driving)
    finally:
        following.cancel()
        driving.cancel()
        await asyncio.gather(following, driving, return_exceptions=True)


async def _follow(stream: Stream, loads: Sequence[Load]) -> None:
    async for block in stream.blocks():
        for load in loads:
            load.on_block(block)


@dataclass(frozen=True, slots=True)
class _Spent:
    """Processor time so far, in seconds."""

    nodes: float | None
    """Of all nodes together; None where the system does not tell."""
    client: float


def _read_spent(running: RunningNetwork) -> _Spent:
    return _Spent(read_nodes_cpu_seconds(running), time.process_time())


def _compute_costs(before: _Spent, after: _Spent, tally: Tally, nodes: int) -> dict[str, Any]:
    """Return what each final transaction cost one node and the client, warm-up included."""
    each = 1e6 / max(1, len(tally.final))
    known = before.nodes is not None and after.nodes is not None
    spent = (after.nodes or 0.0) - (before.nodes or 0.0)
    return {
        "node_cpu_us": round(spent / nodes * each, 1) if known else None,
        "client_cpu_us": round((after.client - before.client) * each, 1),
        "load_average": round(read_load_average(), 2),
    }


def _compute_figures(tally: Tally, pace: Pace) -> dict[str, Any]:
    latencies = sorted(latency * 1000 for latency in tally.latencies_s)
    return {
        "tx_per_second": round(tally.final_in_time / pace.seconds, 1),
        **{
            f"latency_ms_p{percent}": round(compute_percentile(latencies, percent), 2)
            for percent in (50, 95, 99)
        },
        "latency_ms_max": round(compute_percentile(latencies, 100), 2),
        "sent": tally.sent,
        "final": len(latencies),
        "refused": tally.refused.total(),
        "refusals": dict(tally.refused),
        "lost": tally.count_lost(),
        "blocks": tally.blocks,
    }
