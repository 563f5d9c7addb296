"""Which plots the benchmarks page has, and which figures each of them shows."""

from collections.abc import Callable
from typing import Any

from dure.cli.bench.profiling.flame import COLOURS
from dure.cli.bench.profiling.parts import Part
from scripts.plots import (
    Bar,
    Panel,
    Segment,
    draw_bars,
    draw_panels,
    draw_stacks,
    format_number,
)

Results = dict[str, dict[str, Any]]
"""By the name of the file: `command`, `day`, `figures`."""

GOALS = {"transfer": 5_000, "payments": 65_000, "restart": 10}
"""What the design asks for, all by `dure bench` on two cores with four validators."""


def draw_rates(results: Results) -> str:
    """Return the plot of signed transfers a second."""
    figures = results["transfer"]["figures"]
    bars = [Bar("as many as possible", figures["tx_per_second"])]
    if "transfer-rate" in results:
        paced = results["transfer-rate"]["figures"]
        bars.append(Bar(f"sent at {paced['rate']:,.0f} a second", paced["tx_per_second"]))
    bars.append(Bar("signature checks alone", figures["signature_bound_tx_per_second"], pale=True))
    goal = GOALS["transfer"]
    title = "Signed transfers a second, final, four validators"
    return draw_bars(title, bars, goal=goal, goal_text=f"goal: {goal:,}")


def draw_payments(results: Results) -> str:
    """Return the plot of payments a second."""
    figures = results["payments"]["figures"]
    bars = [Bar(f"{figures['accounts']:,} accounts", figures["payments_per_second"])]
    if "beside" in figures:
        beside = figures["beside"]
        bars.append(Bar(f"{beside['accounts']:,} accounts", beside["payments_per_second"]))
    goal = GOALS["payments"]
    title = f"Payments a second, {figures['payments_per_transaction']} under one signature"
    return draw_bars(title, bars, goal=goal, goal_text=f"goal: {goal:,}")


def draw_latency(results: Results) -> str:
    """Return the plot of how long transactions take at given rates."""
    bars = []
    for name in ("latency", "transfer-rate"):
        if name in results:
            figures = results[name]["figures"]
            bars += [
                Bar(
                    f"{figures['rate']:,.0f} a second, {label}",
                    figures[f"latency_ms_{key}"],
                    f"{format_number(figures[f'latency_ms_{key}'])} ms",
                )
                for label, key in (("median", "p50"), ("95 of 100", "p95"), ("99 of 100", "p99"))
            ]
    return draw_bars("From the meant time of sending to the checked block", bars)


def draw_scale(results: Results) -> str:
    """Return the plot of what another member costs."""
    sizes = results["scale"]["figures"]["sizes"]
    wanted = (
        ("transfers a second", "tx_per_second"),
        ("µs a transaction and node", "node_cpu_us"),
        ("µs a small block and node", "node_cpu_us_per_block"),
        ("messages a block and node", "frames_per_block"),
    )
    panels = [
        Panel(title, [(size["validators"], size[name] or 0) for size in sizes])
        for title, name in wanted
    ]
    return draw_panels("What another member costs", "validators", panels)


def draw_api(results: Results) -> str:
    """Return the plot of reads a second."""
    reads = results["api"]["figures"]["reads"]
    bars = [
        Bar(
            name.replace("_", " "),
            read["requests_per_second"],
            f"{format_number(read['requests_per_second'])} ({read['node_cpu_us'] or 0:,.0f} µs)",
        )
        for name, read in reads.items()
    ]
    return draw_bars("Reads a second of one node (its processor time for each)", bars)


def draw_catch_up(results: Results) -> str:
    """Return the plot of a node that comes back."""
    figures = results["catchup"]["figures"]
    live = figures["live_tx_per_second"]
    bars = [Bar("the live network", live, pale=True)]
    for label, key in (("by blocks", "blocks"), ("by snapshot and tail", "snapshot")):
        rate = figures[f"transactions_per_second_by_{key}"]
        text = f"{format_number(rate)} ({figures[f'{key}_ratio']:.1f} times)"
        bars.append(Bar(label, rate, text))
    return draw_bars("Transactions a second that a late node takes in", bars)


def draw_state(results: Results) -> str:
    """Return the plot of what a key costs under the state root."""
    bars = [
        Bar(f"{state['keys']:,} keys, {size} a block", us, f"{format_number(us)} µs")
        for state in results["state"]["figures"]["states"]
        for size, us in state["update_us_per_key"].items()
    ]
    return draw_bars("A new state root: processor time for each changed key", bars)


def draw_storage(results: Results) -> str:
    """Return the plot of how soon a node is back."""
    figures = results["storage"]["figures"]
    bars = [
        Bar(f"{each['accounts']:,} accounts", each["seconds"], f"{each['seconds']:.1f} s")
        for each in figures["restarts"]
    ]
    goal = GOALS["restart"]
    title = f"Starting again after {figures['transactions']:,} transactions"
    return draw_bars(title, bars, goal=goal, goal_text=f"goal: below {goal} s")


def draw_parts(results: Results) -> str:
    """Return the plot of where the time of a transaction goes in one node."""
    stacks = []
    for name, label in (("profile-transfer", "full blocks"), ("profile-latency", "500 a second")):
        if name in results:
            parts = results[name]["figures"]["profile"]["parts"]
            segments = [
                Segment(part["part"], part["us"] or 0.0, COLOURS[Part(part["part"])])
                for part in parts
                if part["share"] > 0
            ]
            stacks.append((label, segments))
    verify_us = results["profile-transfer"]["figures"]["verify_us"]
    colour = COLOURS[Part.SIGNATURES]
    stacks.append(("one check alone", [Segment(Part.SIGNATURES.value, verify_us, colour)]))
    return draw_stacks("Processor time of one node for one transaction", "µs", stacks)


def draw_soak(results: Results) -> str:
    """Return the plot of half a load for a long time."""
    parts = results["soak"]["figures"]["parts"]
    memory = [(part["minute"], max(part["memory_mb"])) for part in parts]
    wanted = (
        ("latency, median, ms", "latency_ms_p50"),
        ("latency, 95 of 100, ms", "latency_ms_p95"),
    )
    panels = [
        Panel("memory of the largest node, MiB", memory),
        *(Panel(title, [(part["minute"], part[name]) for part in parts]) for title, name in wanted),
    ]
    return draw_panels("Half of what the network can do, for a long time", "minutes", panels)


def draw_overload(results: Results) -> str:
    """Return the plot of more load than the network carries, with what is usual around it."""
    figures = results["overload"]["figures"]
    wanted = (
        ("final of those sent in a second", "final"),
        ("latency, median, ms", "latency_ms_p50"),
        ("latency, 95 of 100, ms", "latency_ms_p95"),
    )
    panels = [
        Panel(title, [(each["number"], each[name] or 0) for each in figures["by_second"]])
        for title, name in wanted
    ]
    return draw_panels(f"{figures['times']:g} times what the network carries", "seconds", panels)


PLOTS: dict[str, tuple[str, Callable[[Results], str], str]] = {
    "rates": ("transfer", draw_rates, "Signed transfers a second"),
    "payments": ("payments", draw_payments, "Payments a second"),
    "latency": ("latency", draw_latency, "Latencies at given rates"),
    "scale": ("scale", draw_scale, "What another member costs"),
    "api": ("api", draw_api, "Reads a second of one node"),
    "state": ("state", draw_state, "Processor time for each changed key"),
    "storage": ("storage", draw_storage, "Seconds until a node is back"),
    "catchup": ("catchup", draw_catch_up, "Transactions a second of a late node"),
    "parts": ("profile-transfer", draw_parts, "Where the time of a transaction goes"),
    "overload": ("overload", draw_overload, "Finality and latency under overload"),
    "soak": ("soak", draw_soak, "Memory and latency over a long time"),
}
"""By the name of the plot: the result that it needs, how it is drawn, and its text."""


def draw_all(results: Results) -> dict[str, str]:
    """Return every plot for which something was measured, by its name."""
    return {name: draw(results) for name, (needed, draw, _) in PLOTS.items() if needed in results}
