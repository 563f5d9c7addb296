"""What another member costs: the same load on networks of one, four, seven and ten validators.

What is measured
----------------
Each size has a network of its own, all its validators processes on loopback with everything on, as
in `transfer`, and is measured twice:

* A closed loop of signed transfers: how much the network can do, and what processor time one node
  spends on a transaction.
* An open loop of `LIGHT_RATE` a second: how long a transaction takes where nothing queues, and what
  one small block costs a node: processor time, and messages and bytes sent to its peers.

Through the sizes of more than one validator goes a line by least squares. Its slope is what one
more member costs each node for a small block: `…_per_member`. `members_at_double_cost` is where the
line of processor time is twice as high as at four. In full blocks that cost is shared by hundreds
of transactions, and what remains grows little: `node_cpu_us`.

What is not
-----------
* Cores that grow with the members: all share this machine's, so that the rate falls with their
  number whatever the protocol does. `tx_per_second_of_a_core` is what a node could do that has one
  core for itself: 1 / its processor time for a transaction.
* Distance. A block takes three message delays at any size, each as long as the slowest link of the
  quickest quorum; here there is none.
* More members than `--validators` asks for: what lies beyond is the line, not a measurement.
* What `transfer` does not measure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import linear_regression
from typing import Any, Final

import httpx

from dure.cli.bench.figures import compute_signature_bound
from dure.cli.bench.machine import count_cores, describe_machine, measure_verify_seconds
from dure.cli.bench.running.course import Finality, Pace, measure_course
from dure.cli.bench.running.stock import prepare_transfers
from dure.cli.bench.running.town import found_town
from dure.sdk import AsyncClient

LIGHT_RATE: Final = 50.0
"""Transfers a second at which nothing queues, also with ten validators on two cores."""
REFERENCE_SIZE: Final = 4
"""The smallest network that survives a liar."""

Report = Callable[[str], None]
"""Is told what is being done, in a few words."""


@dataclass(frozen=True, slots=True)
class ScalePlan:
    """What to measure."""

    sizes: tuple[int, ...]
    """Validators of each network, rising."""
    seconds: float
    """Measured time of each of a network's two loads."""
    accounts: int
    in_flight: int


def measure_scale(plan: ScalePlan, report: Report) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    verify_seconds = measure_verify_seconds()
    sizes = []
    for validators in plan.sizes:
        report(f"{validators} validators …")
        sizes.append(_measure_size(plan, validators, verify_seconds))
    return {
        "sizes": sizes,
        **compute_growth(sizes),
        "verify_us": round(verify_seconds * 1e6, 2),
        "seconds": plan.seconds,
        "in_flight": plan.in_flight,
        "light_rate": LIGHT_RATE,
        "accounts": plan.accounts,
        "machine": describe_machine(),
    }


def _measure_size(plan: ScalePlan, validators: int, verify_seconds: float) -> dict[str, Any]:
    bound = compute_signature_bound(count_cores(), validators, verify_seconds)
    full = Pace(plan.seconds, plan.in_flight)
    light = Pace(plan.seconds, in_flight=0, rate=LIGHT_RATE)
    with found_town(validators, plan.accounts) as town:
        needed = full.count_needed(min(bound, 1 / verify_seconds)) + light.count_needed(LIGHT_RATE)
        stock = prepare_transfers(town, needed)
        loaded = measure_course(town, lambda: stock, full, _read_traffic)
        idle = measure_course(town, lambda: stock, light, _read_traffic)
    cpu_us, idle_us = loaded["node_cpu_us"], idle["node_cpu_us"]
    blocks = max(1, idle["height"] - loaded["height"])
    return {
        "validators": validators,
        "tx_per_second": loaded["tx_per_second"],
        "tx_per_second_of_a_core": None if cpu_us is None else round(1e6 / cpu_us, 1),
        "node_cpu_us": cpu_us,
        "bytes_per_transaction": round(loaded["bytes"] / max(1, loaded["transactions"])),
        "latency_ms_p50": idle["latency_ms_p50"],
        "latency_ms_p95": idle["latency_ms_p95"],
        "node_cpu_us_per_block": None
        if idle_us is None
        else round(idle_us * idle["transactions"] / blocks),
        "frames_per_block": round(idle["frames"] / blocks, 1),
        "bytes_per_block": round(idle["bytes"] / blocks),
        "lost": loaded["lost"] + idle["lost"],
        "doubled": loaded["doubled"] + idle["doubled"],
        "state_roots_equal": loaded["state_roots_equal"] and idle["state_roots_equal"],
        "load_average": loaded["load_average"],
    }


async def _read_traffic(final: Finality) -> dict[str, Any]:
    """Return what one node sent to its peers since the network started, and how high it is."""
    async with AsyncClient(final.town.urls, chain_id=final.town.chain_id) as client:
        height = (await client.get_status()).height
    sent = [await _read_sent(url) for url in final.town.urls]
    return {
        "height": height,
        "transactions": len(final.transaction_ids),
        "frames": _mean_of(sent, "dure_peer_frames_sent_total"),
        "bytes": _mean_of(sent, "dure_peer_bytes_sent_total"),
    }


async def _read_sent(url: str) -> Mapping[str, float]:
    async with httpx.AsyncClient() as client:
        return sum_metrics((await client.get(f"{url}/metrics")).text)


def sum_metrics(text: str) -> dict[str, float]:
    """Return each figure of a Prometheus text, summed over its labels."""
    sums: dict[str, float] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            name = name.partition("{")[0]
            sums[name] = sums.get(name, 0.0) + float(value)
    return sums


def _mean_of(sent: Sequence[Mapping[str, float]], name: str) -> float:
    return sum(each.get(name, 0.0) for each in sent) / len(sent)


def compute_growth(sizes: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Return what one more member costs each node, by a line through the sizes above one.

    None where there are fewer than two such sizes, or the system does not tell processor time.
    """
    several = [size for size in sizes if size["validators"] > 1]
    names = ("node_cpu_us_per_block", "frames_per_block", "bytes_per_block")
    slopes = {f"{name}_per_member": _fit(several, name) for name in names}
    return {
        **{name: None if line is None else round(line[0], 2) for name, line in slopes.items()},
        "members_at_double_cost": _find_double(slopes["node_cpu_us_per_block_per_member"]),
    }


def _fit(sizes: Sequence[Mapping[str, Any]], name: str) -> tuple[float, float] | None:
    """Return slope and height at 0 of the line through a figure."""
    if len(sizes) < 2 or any(size[name] is None for size in sizes):
        return None
    line = linear_regression(
        [float(size["validators"]) for size in sizes], [float(size[name]) for size in sizes]
    )
    return line.slope, line.intercept


def _find_double(line: tuple[float, float] | None) -> int | None:
    """Return the number of members at which the line is twice as high as at four."""
    if line is None or line[0] <= 0:
        return None
    slope, intercept = line
    return round(REFERENCE_SIZE + (slope * REFERENCE_SIZE + intercept) / slope)
