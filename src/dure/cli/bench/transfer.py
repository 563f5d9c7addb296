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

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dure.cli.bench.figures import compute_signature_bound
from dure.cli.bench.machine import count_cores, measure_verify_seconds
from dure.cli.bench.running.course import Pace, measure_course
from dure.cli.bench.running.stock import prepare_transfers
from dure.cli.bench.running.town import found_town


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
    profile: Path | None = None
    """Where to draw what one node does."""
    verify_workers: int | None = None
    """Processes that check signatures at each node; None leaves it to the nodes."""


def measure_transfer(plan: TransferPlan) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    verify_seconds = measure_verify_seconds()
    bound = compute_signature_bound(count_cores(), plan.validators, verify_seconds)
    pace = Pace(plan.seconds, plan.in_flight, plan.rate, plan.runs, profile=plan.profile)
    workers = plan.verify_workers
    with found_town(plan.validators, plan.accounts, verify_workers=workers) as town:
        # However many processes check, one orders and executes: it is no faster than a check.
        needed = pace.count_needed(min(bound, 1 / verify_seconds))
        figures = measure_course(town, lambda: prepare_transfers(town, needed), pace)
    return figures | {
        "bound_ratio": round(figures["tx_per_second"] / bound, 4),
        "signature_bound_tx_per_second": round(bound, 1),
        "verify_workers": workers,
        "verify_us": round(verify_seconds * 1e6, 2),
    }
