"""What the platform set out to reach, beside what was measured: a table for the performance page.

The bounds are those of the founders' plan for two cores that four validators and the client share.
A bound is never lowered to be reached; the page says why one is not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import ge, lt
from typing import Final

from scripts.bench_plots import Results

KILLED: Final = "new_block_after_primary_kill_ms_max"


@dataclass(frozen=True)
class Target:
    """One figure of one bench, and the bound it was meant to keep."""

    says: str
    bench: str
    figure: str
    keeps: Callable[[float, float], bool]
    """`ge` where more is better, `lt` where less is."""
    bound: float
    unit: str = ""


TARGETS: Final = (
    Target("signed transfers a second, closed loop", "transfer", "tx_per_second", ge, 5_000),
    Target("… as a share of what signatures alone allow", "transfer", "bound_ratio", ge, 0.5),
    Target("95 of 100 final, at 5,000 a second", "transfer-rate", "latency_ms_p95", lt, 100, "ms"),
    Target("payments a second, 100 a signature", "payments", "payments_per_second", ge, 65_000),
    Target("half of all final, at 500 a second", "latency", "latency_ms_p50", lt, 15, "ms"),
    Target("contract calls a second, one thread", "contract", "transfers_per_second", ge, 100_000),
    Target("… inside a batch", "contract", "calls_per_second_in_batch", ge, 350_000),
    Target("… metered, times unmetered", "contract", "metering_factor", lt, 1.35),
    Target("the dearest million of gas", "contract", "worst_ms_per_million_gas", lt, 20, "ms"),
    Target("next block after the primary was killed", "failover", KILLED, lt, 2_000, "ms"),
    Target("catching up by blocks, times the live rate", "catchup", "blocks_ratio", ge, 5),
    Target("… by a state and the blocks after it", "catchup", "snapshot_ratio", ge, 10),
    Target("first paint of the console, cold", "console", "first_paint_ms", lt, 500, "ms"),
    Target("of one core, for 500 viewers", "console", "viewers_cpu_share", lt, 0.1),
)


def render_targets(results: Results) -> str:
    """Return the table; what was not measured has no line."""
    lines = ["| asked for | bound | measured | kept |", "|---|---|---|---|"]
    for target in TARGETS:
        figures = results.get(target.bench, {}).get("figures", {})
        if target.figure not in figures:
            continue
        measured = figures[target.figure]
        sign = "at least" if target.keeps is ge else "less than"
        kept = "yes" if target.keeps(measured, target.bound) else "**no**"
        lines.append(
            f"| {target.says} | {sign} {_write(target.bound, target.unit)} "
            f"| {_write(measured, target.unit)} | {kept} |"
        )
    return "\n".join(lines) if len(lines) > 2 else "Nothing has been measured yet: `make bench`."


def _write(value: float, unit: str) -> str:
    text = f"{value:,.0f}" if value >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{text} {unit}".rstrip()
