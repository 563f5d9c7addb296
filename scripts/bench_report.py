"""What the benches measured, as it stands on two pages: tables and plots from the raw JSON.

`docs/reference/benchmarks/NAME.json` holds what `scripts/run_benches.py` measured: the command, the
day and the figures. The plots beside it are drawn from nothing else, and so are the tables that cog
puts on the pages; so a page can always be held against what was measured.

Usage: python -m scripts.bench_report [--check] draws the plots.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
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

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "reference" / "benchmarks"

Results = dict[str, dict[str, Any]]
"""By the name of the file: `command`, `day`, `figures`."""

TABLES = ("reads", "sizes", "states", "commits", "restarts")
"""Figures that a bench has once for each of several things."""

Row = tuple[str, str]
"""A line of a table: what it is, and how much."""

GOALS = {"transfer": 5_000, "payments": 65_000, "restart": 10}
"""What issue and design ask for, all by `dure bench` on two cores with four validators."""


def load_results(folder: Path = FOLDER) -> Results:
    """Return everything that was measured."""
    return {
        path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))
    }


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
    "soak": ("soak", draw_soak, "Memory and latency over a long time"),
}
"""By the name of the plot: the result that it needs, how it is drawn, and its text."""


def draw_all(results: Results) -> dict[str, str]:
    """Return every plot for which something was measured, by its name."""
    return {name: draw(results) for name, (needed, draw, _) in PLOTS.items() if needed in results}


def list_rows(figures: dict[str, Any]) -> list[Row]:
    """Return the lines of a bench's table: plain figures in the order in which they were given."""
    hidden = {"machine", "runs", "spread", "refusals", "chain_id", "proof_file", "load_average"}
    rows: list[Row] = []
    for key, value in figures.items():
        if key in hidden or value is None or isinstance(value, dict | list | str):
            continue
        spread = figures.get("spread", {}).get(key)
        text = _format(value)
        if spread and spread[0] != spread[1]:
            text += f" ({_format(spread[0])} to {_format(spread[1])})"
        rows.append((f"`{key}`", text))
    return rows


def _format(value: float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "**no**"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")


def render_results(results: Results) -> str:
    """Return the part of the benchmarks page that shows what was measured."""
    if not results:
        return "Nothing has been measured yet: `make bench`."
    machine = next(iter(results.values()))["figures"]["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    where = f"{machine['cores']} cores, {machine['cpu']}, {machine['system']}"
    lines = [f"Measured on {where}, Python {machine['python']} ({versions}).", ""]
    for name, result in results.items():
        plots = [plot for plot, (needed, _, _) in PLOTS.items() if needed == name]
        lines += _render_result(name, result, plots)
    return "\n".join(lines).rstrip("\n")


def _render_result(name: str, result: dict[str, Any], plots: list[str]) -> list[str]:
    figures = result["figures"]
    load = figures.get("load_average")
    busy = "" if load is None else f"; load average {load:g}"
    lines = [f"### {name}", "", f"`{result['command']}`", ""]
    links = [f"[raw figures](benchmarks/{name}.json)"]
    if "profile" in figures:
        links.append(f"[flame graph](benchmarks/{name}.svg)")
    lines += [f"{result['day']}{busy}; {', '.join(links)}", ""]
    for plot in plots:
        lines += [f"![{PLOTS[plot][2]}](benchmarks/{plot}.svg)", ""]
    if rows := list_rows(figures):
        lines += ["| figure | value |", "|---|---|"]
        lines += [f"| {title} | {text} |" for title, text in rows]
    tables = [figures[part] for part in TABLES if part in figures]
    if "during" in figures:
        tables.append({phase: figures[phase] for phase in ("before", "during", "after")})
    for table in tables:
        lines += ["", *_render_table(table)]
    return [*lines, ""]


def _render_table(items: dict[str, Any] | list[Any]) -> list[str]:
    """Return figures that a bench has once for each of several things, one thing a line."""
    values = list(items.values()) if isinstance(items, dict) else items
    heads = [f"`{column}`" for column in (values[0] if values else ())]
    rows = [[_format_cell(value) for value in item.values()] for item in values]
    if isinstance(items, dict):
        heads = ["", *heads]
        rows = [[f"`{name}`", *row] for name, row in zip(items, rows, strict=True)]
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]


def _format_cell(value: Any) -> str:
    match value:
        case dict():
            return ", ".join(f"{name}: {_format(count)}" for name, count in value.items())
        case list():
            return ", ".join(map(_format_cell, value))
        case None | str():
            return value or ""
        case _:
            return _format(value)


def render_parts(results: Results) -> str:
    """Return the table of where the time goes, with the signature alone beside it."""
    if "profile-transfer" not in results:
        return "Nothing has been measured yet: `make bench`."
    full = results["profile-transfer"]["figures"]
    light = results.get("profile-latency", {}).get("figures")
    folder = "../reference/benchmarks"
    flames = [f"[full blocks]({folder}/profile-transfer.svg)"]
    if light:
        flames.append(f"[500 a second]({folder}/profile-latency.svg)")
    lines = [
        f"![{PLOTS['parts'][2]}]({folder}/parts.svg)",
        "",
        f"Flame graphs: {', '.join(flames)}.",
        "",
        "| part of a node | full blocks | µs a transaction | small blocks | µs a transaction |",
        "|---|---|---|---|---|",
    ]
    for index, part in enumerate(full["profile"]["parts"]):
        beside = light["profile"]["parts"][index] if light else None
        lines.append(f"| {part['part']} | {_cells(part)} | {_cells(beside)} |")
    lines.append(f"| **all** | 100 % | {_total(full)} | 100 % | {_total(light)} |")
    lines.append(f"| one signature check alone, measured apart | | {full['verify_us']:.1f} | | |")
    return "\n".join(lines)


def _cells(part: dict[str, Any] | None) -> str:
    if part is None:
        return "|"
    us = "" if part["us"] is None else f"{part['us']:.1f}"
    return f"{100 * part['share']:.1f} % | {us}"


def _total(figures: dict[str, Any] | None) -> str:
    known = figures and figures["node_cpu_us"]
    return f"{known:.1f}" if known else ""


def main() -> int:
    """Draw the plots, or with --check say whether one is stale."""
    stale = []
    for name, picture in draw_all(load_results()).items():
        file = FOLDER / f"{name}.svg"
        if not file.exists() or file.read_text("utf-8") != picture:
            stale.append(file.name)
            if "--check" not in sys.argv:
                file.write_text(picture, "utf-8")
    if "--check" in sys.argv:
        print(f"stale: {', '.join(stale)}: make format" if stale else "plots are up to date")
        return int(bool(stale))
    return 0


if __name__ == "__main__":
    sys.exit(main())
