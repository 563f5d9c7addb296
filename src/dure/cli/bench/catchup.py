"""How fast a node that has nothing catches up, beside the rate at which the chain was made.

What is measured
----------------
Four validators are processes on loopback with everything on, as in `transfer`, and make blocks of
signed transfers for a while: the live rate. Then one of them is stopped, loses its store, and is
started again, twice:

* By blocks: it fetches every block from the others, checks the certificate, executes all of it and
  compares every root. With `--verify-all` it also checks every client's signature again.
* By snapshot and tail: it fetches the state of the newest block in chunks that prove themselves,
  and the blocks of the replay window; what is older it leaves out. The rate is that of all the
  chain's transactions, so it grows with the chain's length; how long it took stands beside it.

The clock starts when the node says in its log that it is connected to the first peer, and stops
when it says that it is level with the others. Its state root must then be theirs.

What is not
-----------
* Starting the program, and distance: the peers are on this machine, and share its cores.
* A chain that goes on meanwhile: the others have nothing else to do.

This chain's replay window is `WINDOW_MS`, and a window passes between the load and the tail, as on
a chain that is older than its window. Transactions are signed as they are sent, by the client,
which takes its part of the cores.
"""

import asyncio
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from dure.cli.bench.machine import describe_machine, read_cpu_seconds, read_load_average
from dure.cli.bench.running.course import Pace, send_load
from dure.cli.bench.running.stock import sign_transfers_on_demand
from dure.cli.bench.running.town import Town, agree_on_state, found_town, read_nodes_cpu_seconds
from dure.cli.network.processes import NodeProcess, RunningNetwork, wait_for_nodes
from dure.core.errors import Unavailable
from dure.core.types import Height, Milliseconds
from dure.node.durable.storage import RocksDisk

WINDOW_MS: Final = Milliseconds(30_000)
VALID_FOR_MS: Final = 25_000
TAIL_S: Final = 1.0
WAIT_MAX_S: Final = 600.0
POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class CatchUpPlan:
    """What to measure."""

    validators: int
    seconds: float
    """How long the chain is made under load."""
    accounts: int
    in_flight: int
    signatures: str = "sealed"
    """`all` checks every client's signature again by blocks, `sealed` trusts the quorum."""


@dataclass(frozen=True, slots=True)
class _Live:
    transactions: int
    seconds: float


def measure_catch_up(plan: CatchUpPlan) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    with (
        found_town(plan.validators, plan.accounts, WINDOW_MS) as town,
        RunningNetwork(town.folder, town.network) as running,
    ):
        before = read_nodes_cpu_seconds(running)
        live = asyncio.run(_make_chain(town, plan))
        live_cpu_s = _subtract(read_nodes_cpu_seconds(running), before)
        late = running.nodes[-1]
        by_blocks = {"DURE_SYNC_MODE": "blocks", "DURE_SYNC_SIGNATURES": plan.signatures}
        blocks_s, blocks_cpu_s = _catch_up(town, late, by_blocks)
        is_equal = asyncio.run(agree_on_state(town))
        by_snapshot = {"DURE_SYNC_MODE": "snapshot", "DURE_SYNC_HISTORY": "pruned"}
        snapshot_s, _ = _catch_up(town, late, by_snapshot)
        is_equal = asyncio.run(agree_on_state(town)) and is_equal
        running.stop()
        height, transactions = _count(town, running.nodes[0])
    live_rate = live.transactions / live.seconds
    rate_by_blocks, rate_by_state = transactions / blocks_s, transactions / snapshot_s
    return {
        "live_tx_per_second": round(live_rate, 1),
        "blocks_per_second": round(height / blocks_s, 1),
        "transactions_per_second_by_blocks": round(rate_by_blocks, 1),
        "transactions_per_second_by_snapshot": round(rate_by_state, 1),
        "blocks_ratio": round(rate_by_blocks / live_rate, 2),
        "snapshot_ratio": round(rate_by_state / live_rate, 2),
        "blocks_seconds": round(blocks_s, 2),
        "snapshot_seconds": round(snapshot_s, 2),
        "live_node_cpu_us": _rate_cpu(live_cpu_s, transactions * plan.validators),
        "blocks_cpu_us": _rate_cpu(blocks_cpu_s, transactions),
        "signatures": plan.signatures,
        "blocks": height,
        "transactions": transactions,
        "validators": plan.validators,
        "accounts": plan.accounts,
        "state_roots_equal": is_equal,
        "load_average": round(read_load_average(), 2),
        "machine": describe_machine(),
    }


async def _make_chain(town: Town, plan: CatchUpPlan) -> _Live:
    """Make blocks under load, let a replay window pass, and make a few more."""
    live = await _run_load(town, plan, plan.seconds)
    await asyncio.sleep(WINDOW_MS / 1000 + 1)
    await _run_load(town, plan, TAIL_S)
    await agree_on_state(town)
    return live


async def _run_load(town: Town, plan: CatchUpPlan, seconds: float) -> _Live:
    stock = sign_transfers_on_demand(town, VALID_FOR_MS)
    tally = await send_load(town, stock, Pace(seconds, plan.in_flight, warm_up_s=0))
    return _Live(tally.final_in_time, seconds)


def _catch_up(
    town: Town, late: NodeProcess, variables: Mapping[str, str]
) -> tuple[float, float | None]:
    """Take a node's store away and start it.

    Return the seconds until it is level, and the processor time since it first answered.
    """
    target = _read_height(town.urls[0])
    late.stop()
    home = town.folder / late.member.name
    shutil.rmtree(home / "data")
    late.log_file.unlink()
    with _environment(variables):
        late.start()
    wait_for_nodes([late])
    before = _read_cpu(late)
    deadline = time.time() + WAIT_MAX_S
    while (level := _find_time(late, "level", target)) is None:
        if time.time() > deadline or not late.is_running():
            raise Unavailable(f"it did not catch up: {late.read_last_words()}")
        time.sleep(POLL_S)
    begun = _find_time(late, "peer_connected")
    assert begun is not None, "without a peer nothing comes"
    return level - begun, _subtract(_read_cpu(late), before)


def _read_cpu(node: NodeProcess) -> float | None:
    return None if node.pid is None else read_cpu_seconds([node.pid])


def _subtract(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _rate_cpu(seconds: float | None, transactions: int) -> float | None:
    return None if seconds is None else round(seconds * 1e6 / max(1, transactions), 1)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Have the next process see these variables."""
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]


def _read_height(url: str) -> int:
    return int(httpx.get(f"{url}/v1/status", timeout=30).json()["height"])


def _find_time(node: NodeProcess, event: str, height: int | None = None) -> float | None:
    """Return when a node's log first names an event, at that height or above; wall seconds."""
    for line in node.log_file.read_text().splitlines():
        if not line.endswith("}") or f'"{event}"' not in line:
            continue
        said = json.loads(line)
        if said["event"] == event and (height is None or said["height"] >= height):
            return datetime.fromisoformat(said["timestamp"]).timestamp()
    return None


def _count(town: Town, node: NodeProcess) -> tuple[int, int]:
    """Return how many blocks and transactions a stopped node's chain has."""
    disk = RocksDisk(town.folder / node.member.name / "data")
    try:
        counts = [len(stored.block.transactions) for stored in disk.iterate_blocks(Height(1))]
    finally:
        disk.close()
    return len(counts), sum(counts)
