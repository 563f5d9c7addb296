"""Signed transfers, each a transaction of its own, through validators that are processes.

What is measured
----------------
The whole way of a transaction, as a client sees it: sent over the binary WebSocket stream, checked
and gossiped, proposed, executed and voted on by every validator, written to every disk, streamed
back, and believed. The clock of a transaction stops when the client has verified the certificate of
its block and the roots over envelopes and receipts, and the receipt says that the transfer
happened. Everything is on: every validator verifies every signature, peers speak TLS, journal and
store are flushed, each node serves its API and feeds its index.

What is not
-----------
* Signing: transactions are signed before the clock starts.
* The distance between machines: all validators, and the client, share this machine's cores. The
  client's part of the processor time stands beside the nodes'.
* Each client's own copy: one client reads the blocks, from the first node.
* Contracts: a transfer is a call of the ledger itself.
* State that does not fit into memory.

The warm-up, of the same load, counts for nothing. `tx_per_second` counts what became final inside
the measured time; latencies are of the transactions that were meant for it, also of those that
became final after it.
"""

import asyncio
import gc
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

from dure.cli.bench.figures import compute_percentile, compute_signature_bound, summarize_runs
from dure.cli.bench.load import Load, Tally
from dure.cli.bench.machine import (
    count_cores,
    describe_machine,
    measure_verify_seconds,
    read_load_average,
)
from dure.cli.bench.stock import Stock, prepare_transfers
from dure.cli.bench.town import Town, agree_on_state, found_town, read_nodes_cpu_seconds
from dure.cli.network.processes import RunningNetwork
from dure.core.types import Height
from dure.sdk import AsyncClient, Stream, open_stream

WARM_UP_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class TransferPlan:
    """What to measure."""

    validators: int
    seconds: float
    """Measured time of one run; the warm-up comes before it."""
    accounts: int
    in_flight: int
    """How many are on their way at once, in the closed loop."""
    rate: float | None = None
    """Transactions a second of the open loop; None for the closed loop."""
    runs: int = 1

    def count_needed(self, bound: float) -> int:
        """Return how many transactions the runs can use up, given the signature-only bound."""
        if self.rate is not None:
            return int(self.runs * (self.rate * (WARM_UP_S + self.seconds) + self.rate))
        # One process checks on one core at most, however many cores there are.
        return int(self.runs * (bound * (WARM_UP_S + self.seconds) + self.in_flight))


def measure_transfer(plan: TransferPlan) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    verify_seconds = measure_verify_seconds()
    bound = compute_signature_bound(count_cores(), plan.validators, verify_seconds)
    with found_town(plan.validators, plan.accounts) as town:
        stock = prepare_transfers(town, plan.count_needed(min(bound, 1 / verify_seconds)))
        # The stock stays for the whole run: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        with RunningNetwork(town.folder, town.network) as running:
            runs = asyncio.run(_measure_runs(town, running, stock, plan))
    figures = summarize_runs([_rate(run, bound) for run in runs])
    return figures | {
        "signature_bound_tx_per_second": round(bound, 1),
        "verify_us": round(verify_seconds * 1e6, 2),
        "validators": plan.validators,
        "accounts": plan.accounts,
        "mode": "closed loop" if plan.rate is None else "open loop",
        "in_flight": plan.in_flight if plan.rate is None else None,
        "rate": plan.rate,
        "machine": describe_machine(),
    }


def _rate(run: dict[str, Any], bound: float) -> dict[str, Any]:
    return run | {"bound_ratio": round(run["tx_per_second"] / bound, 4)}


async def _measure_runs(
    town: Town, running: RunningNetwork, stock: Stock, plan: TransferPlan
) -> list[dict[str, Any]]:
    return [await _measure_run(town, running, stock, plan) for _ in range(plan.runs)]


async def _measure_run(
    town: Town, running: RunningNetwork, stock: Stock, plan: TransferPlan
) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(AsyncClient(town.urls, chain_id=town.chain_id))
        validators = town.load_validators()
        streams = [
            await stack.enter_async_context(open_stream(url, client, validators=validators))
            for url in town.urls
        ]
        await streams[0].subscribe(Height((await client.get_status()).height + 1))
        begin = time.monotonic() + WARM_UP_S
        load = Load(streams, stock, Tally(begin, begin + plan.seconds))
        before = _read_spent(running)
        await _drive(load, streams[0], plan)
        costs = _compute_costs(before, _read_spent(running), load.tally.final, plan.validators)
    figures = _compute_figures(load.tally, plan)
    return figures | costs | {"state_roots_equal": await agree_on_state(town)}


async def _drive(load: Load, stream: Stream, plan: TransferPlan) -> None:
    """Run the load while its blocks come in; where the stream fails, so does the bench."""
    following = asyncio.create_task(_follow(stream, load))
    run = load.run_closed(plan.in_flight) if plan.rate is None else load.run_open(plan.rate)
    driving = asyncio.create_task(run)
    try:
        await asyncio.wait({following, driving}, return_when=asyncio.FIRST_COMPLETED)
        await (following if following.done() else driving)
    finally:
        following.cancel()
        driving.cancel()
        await asyncio.gather(following, driving, return_exceptions=True)


async def _follow(stream: Stream, load: Load) -> None:
    async for block in stream.blocks():
        load.on_block(block)


@dataclass(frozen=True, slots=True)
class _Spent:
    """Processor time so far, in seconds."""

    nodes: float | None
    """Of all nodes together; None where the system does not tell."""
    client: float


def _read_spent(running: RunningNetwork) -> _Spent:
    return _Spent(read_nodes_cpu_seconds(running), time.process_time())


def _compute_costs(before: _Spent, after: _Spent, final: int, validators: int) -> dict[str, Any]:
    """Return what each final transaction cost one node and the client, warm-up included."""
    each = 1e6 / max(1, final)
    known = before.nodes is not None and after.nodes is not None
    nodes = (after.nodes or 0.0) - (before.nodes or 0.0)
    return {
        "node_cpu_us": round(nodes / validators * each, 1) if known else None,
        "client_cpu_us": round((after.client - before.client) * each, 1),
        "load_average": round(read_load_average(), 2),
    }


def _compute_figures(tally: Tally, plan: TransferPlan) -> dict[str, Any]:
    latencies = sorted(latency * 1000 for latency in tally.latencies_s)
    return {
        "tx_per_second": round(tally.final_in_time / plan.seconds, 1),
        "latency_ms_p50": round(compute_percentile(latencies, 50), 2),
        "latency_ms_p95": round(compute_percentile(latencies, 95), 2),
        "transactions": len(latencies),
        "lost": tally.count_lost(),
        "refused": tally.refused.total(),
        "refusals": dict(tally.refused),
        "blocks": tally.blocks,
        "seconds": plan.seconds,
    }
