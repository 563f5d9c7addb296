"""What a node's API carries: reads over HTTP, and many readers of its blocks at once.

What is measured
----------------
Validators are processes on loopback with everything on, as in `transfer`. Two things of the first:

* Reads, while no blocks come: where the chain stands, a block with its receipts, a transaction's
  proof file, an account. Keep-alive connections of a process of its own ask for one kind at a time,
  each again when it has its answer; blocks, transactions and accounts are taken in turn.
* Blocks, at a steady rate: so many WebSockets at `/v1/events`, of a second process, get each block
  and its events. A block's clock starts when the first of the clients that watch every node has it
  checked, and stops at each subscriber when its message has come. Block by block every subscriber
  must get all of them.

The node's own processor time stands beside both. That of a subscriber is what the first node uses
more than the others, who do the same work for the same blocks and have no subscribers.

What is not
-----------
* Checking what was read: the load process looks at status and length, as the figure is the node's.
  A client that verifies proofs takes a multiple of the time.
* Distance, TLS in front of the API, and lists and searches, whose time depends on the index.
* Reads under a load of transactions: there they share the node's core with the chain.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, Final

from dure.cli.bench.figures import compute_percentile
from dure.cli.bench.machine import describe_machine, read_cpu_seconds, read_load_average
from dure.cli.bench.profiling.recording import Recording, join, keep, record
from dure.cli.bench.reading.beside import Wire, run_beside
from dure.cli.bench.reading.requests import ReadingPlan, Readings, read_beside
from dure.cli.bench.reading.subscribers import (
    GRACE_S,
    OPEN_TIMEOUT_S,
    Arrivals,
    FollowingPlan,
    follow_beside,
)
from dure.cli.bench.running.course import Pace, send_load
from dure.cli.bench.running.stock import Stock, prepare_transfers
from dure.cli.bench.running.town import Town, agree_on_state, found_town, start_town
from dure.cli.network.founding import LOOPBACK
from dure.cli.network.processes import RunningNetwork
from dure.core.address import encode_address
from dure.core.types import Height
from dure.sdk import AsyncClient, open_stream

FILL_RATE: Final = 100.0
FILL_S: Final = 2.0
"""Load before the clock: transactions and blocks that are then read."""
WARM_UP_S: Final = 0.5
ANSWERS_TIMEOUT_S: Final = 60.0
TARGETS_MAX: Final = 100
"""Blocks, transactions or accounts that are read in turn."""


@dataclass(frozen=True, slots=True)
class ApiPlan:
    """What to measure."""

    validators: int
    seconds: float
    """Measured time of each kind of read, and of the blocks."""
    connections: int
    """HTTP connections that ask at once."""
    subscribers: int
    rate: float
    """Blocks a second while the subscribers follow."""
    accounts: int = 1_000
    profile: Path | None = None
    """Where to draw what the first node does while it is read."""


def measure_api(plan: ApiPlan) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    blocks = Pace(plan.seconds, in_flight=0, rate=plan.rate, warm_up_s=WARM_UP_S)
    filling = Pace(FILL_S, in_flight=0, rate=FILL_RATE, warm_up_s=0)
    with found_town(plan.validators, plan.accounts) as town:
        needed = blocks.count_needed(plan.rate) + filling.count_needed(FILL_RATE)
        stock = prepare_transfers(town, needed)
        with start_town(town) as running:
            paths = asyncio.run(_fill(town, stock, filling))
            reads, recordings = asyncio.run(_measure_all_reads(running, paths, plan))
            followed = asyncio.run(_measure_blocks(town, running, stock, blocks, plan.subscribers))
            equal = asyncio.run(agree_on_state(town))
    if plan.profile is not None:
        followed = followed | {"profile": keep(join(recordings), plan.profile, None)}
    return followed | {
        "reads": reads,
        "connections": plan.connections,
        "seconds": plan.seconds,
        "rate": plan.rate,
        "validators": plan.validators,
        "accounts": plan.accounts,
        "state_roots_equal": equal,
        "load_average": round(read_load_average(), 2),
        "machine": describe_machine(),
    }


async def _fill(town: Town, stock: Stock, pace: Pace) -> dict[str, tuple[str, ...]]:
    """Make blocks; return what is then read, by the name under which its figures stand."""
    final = (await send_load(town, stock, pace)).final[:TARGETS_MAX]
    heights = range(1, min(await read_height(town), TARGETS_MAX) + 1)
    addresses = town.population.addresses[:TARGETS_MAX]
    return {
        "status": ("/v1/status",),
        "block": tuple(f"/v1/blocks/{height}" for height in heights),
        "transaction_proof": tuple(f"/v1/transactions/{each.hex()}/proof" for each in final),
        "account": tuple(f"/v1/accounts/{encode_address(each)}" for each in addresses),
    }


async def _measure_all_reads(
    running: RunningNetwork, paths: dict[str, tuple[str, ...]], plan: ApiPlan
) -> tuple[dict[str, Any], list[Recording]]:
    reads, recordings = {}, []
    for name, asked in paths.items():
        looking = [] if plan.profile is None else [record(running.nodes[0], 0, plan.seconds)]
        reads[name], *seen = await asyncio.gather(_measure_reads(running, asked, plan), *looking)
        recordings += seen
    return reads, recordings


async def _measure_reads(
    running: RunningNetwork, paths: tuple[str, ...], plan: ApiPlan
) -> dict[str, Any]:
    node = running.nodes[0]
    reading = ReadingPlan(
        host=LOOPBACK,
        port=node.member.api_port,
        paths=paths,
        connections=plan.connections,
        seconds=plan.seconds,
        warm_up_s=WARM_UP_S,
    )
    before = read_cpus(running)[0]
    with run_beside(read_beside, reading) as wire:
        readings = await asyncio.to_thread(wire.hear, plan.seconds + ANSWERS_TIMEOUT_S)
    # The warm-up is in the processor time, so it is in what that time is divided by.
    share = plan.seconds / (plan.seconds + WARM_UP_S)
    after = read_cpus(running)[0]
    spent = None if before is None or after is None else (after - before) * share
    return describe_reads(readings, plan.seconds, spent)


def describe_reads(readings: Readings, seconds: float, cpu_seconds: float | None) -> dict[str, Any]:
    """Return the figures of one kind of read; `cpu_seconds` are the node's, where known."""
    latencies = sorted(latency * 1000 for latency in readings.latencies_s)
    answered = max(1, len(latencies))
    return {
        "requests_per_second": round(len(latencies) / seconds, 1),
        **describe_times("latency", latencies),
        "node_cpu_us": None if cpu_seconds is None else round(cpu_seconds * 1e6 / answered, 1),
        "answer_bytes": readings.answer_bytes // answered,
        "failed": readings.failed,
    }


def describe_times(name: str, ordered_ms: Sequence[float]) -> dict[str, float]:
    """Return median, 95 of a hundred and the longest, to a hundredth of a millisecond."""
    return {
        f"{name}_ms_{label}": round(compute_percentile(ordered_ms, percent), 2)
        for label, percent in (("p50", 50), ("p95", 95), ("max", 100))
    }


async def _measure_blocks(
    town: Town, running: RunningNetwork, stock: Stock, pace: Pace, subscribers: int
) -> dict[str, Any]:
    first = Height(await read_height(town) + 1)
    port = running.nodes[0].member.api_port
    plan = FollowingPlan(LOOPBACK, port, subscribers, first)
    with run_beside(follow_beside, plan) as wire:
        await asyncio.to_thread(wire.hear, OPEN_TIMEOUT_S * 2)
        before = read_cpus(running)
        final_at = await watch_load(town, stock, pace, first)
        arrivals = await asyncio.to_thread(_collect, wire, max(final_at))
        after = read_cpus(running)
    share = compute_subscriber_us(before, after, len(final_at) * subscribers)
    figures = describe_blocks(final_at, arrivals, pace.seconds + pace.warm_up_s)
    return figures | {"node_cpu_us_per_block_and_subscriber": share}


async def read_height(town: Town) -> int:
    async with AsyncClient(town.urls, chain_id=town.chain_id) as client:
        return (await client.get_status()).height


def _collect(wire: Wire, last: int) -> list[Arrivals]:
    wire.tell(last)
    arrivals: list[Arrivals] = wire.hear(GRACE_S + ANSWERS_TIMEOUT_S)
    return arrivals


async def watch_load(town: Town, stock: Stock, pace: Pace, first: Height) -> dict[int, float]:
    """Send the load; return for each block when the first client of any node had it checked."""
    final_at: dict[int, float] = {}
    watching = [asyncio.create_task(_watch(town, url, first, final_at)) for url in town.urls]
    try:
        sending = asyncio.create_task(send_load(town, stock, pace))
        await asyncio.wait({sending, *watching}, return_when=asyncio.FIRST_COMPLETED)
        for task in watching:
            if task.done():
                task.result()
        await sending
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
    return final_at


async def _watch(town: Town, url: str, first: Height, final_at: dict[int, float]) -> None:
    async with (
        AsyncClient([url], chain_id=town.chain_id) as client,
        open_stream(url, client, validators=town.validators) as stream,
    ):
        await stream.subscribe(first)
        async for block in stream.blocks():
            final_at.setdefault(block.header.height, time.monotonic())


def describe_blocks(
    final_at: dict[int, float], arrivals: Sequence[Arrivals], seconds: float
) -> dict[str, Any]:
    """Return how late the blocks came to the subscribers, and how many did not.

    A subscriber may hear of a block before any client that watches has checked it: that is no
    delay.
    """
    delays = sorted(
        max(0.0, each.seen_at[height] - at) * 1000
        for each in arrivals
        for height, at in final_at.items()
        if height in each.seen_at
    )
    return {
        **describe_times("delay", delays),
        "subscribers": len(arrivals),
        "blocks": len(final_at),
        "blocks_per_second": round(len(final_at) / seconds, 2),
        "messages": sum(each.messages for each in arrivals),
        "lost": len(final_at) * len(arrivals) - len(delays),
        "cut_off": sum(each.is_cut_off for each in arrivals),
    }


def compute_subscriber_us(
    before: Sequence[float | None], after: Sequence[float | None], items: int
) -> float | None:
    """Return microseconds an item that the first node used beyond the mean of the others.

    None for one node alone, and where the system does not tell.
    """
    spent = [
        later - earlier
        for earlier, later in zip(before, after, strict=True)
        if earlier is not None and later is not None
    ]
    if len(spent) < max(2, len(before)):
        return None
    return round((spent[0] - mean(spent[1:])) * 1e6 / max(1, items), 1)


def read_cpus(running: RunningNetwork) -> list[float | None]:
    """Return the processor time that each node has used, in seconds, where the system tells."""
    return [read_cpu_seconds([node.pid]) for node in running.nodes if node.pid is not None]
