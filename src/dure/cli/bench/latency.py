"""How long a signed transfer takes on a network that has little to do.

What is measured
----------------
Transfers at a fixed, low rate, whatever the nodes do: an open loop. Each one's clock starts at the
time at which it is meant to be sent, also where the sender is late, and stops when the client has
verified the certificate of its block and its receipt says that the transfer happened. So a network
that stalls for a second is charged that second by every transaction that came meanwhile, and not by
the first alone. Everything is on, as in `transfer`.

What is not
-----------
* How much the network can carry: that is `transfer` without a rate.
* Distance: round trips between processes of one machine take microseconds. On real links every
  block adds three message delays, and the client's way there and back.
* A machine that does nothing else: validators and client share its cores, and whatever other work
  takes a core for ten milliseconds is in the highest percentiles. `load_average` says how much.
* Signing.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dure.cli.bench.running.course import Pace, measure_course
from dure.cli.bench.running.stock import prepare_transfers
from dure.cli.bench.running.town import found_town


@dataclass(frozen=True, slots=True)
class LatencyPlan:
    """What to measure."""

    validators: int
    rate: float
    """Transactions a second."""
    seconds: float
    """Measured time of one run; the warm-up comes before it."""
    accounts: int
    runs: int = 1
    profile: Path | None = None
    """Where to draw what one node does."""


def measure_latency(plan: LatencyPlan) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    pace = Pace(plan.seconds, in_flight=0, rate=plan.rate, runs=plan.runs, profile=plan.profile)
    with found_town(plan.validators, plan.accounts) as town:
        needed = pace.count_needed(plan.rate)
        figures = measure_course(town, lambda: prepare_transfers(town, needed), pace)
    return figures | {"blocks_per_second": round(figures["blocks"] / plan.seconds, 1)}
