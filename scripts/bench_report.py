"""What the benches measured, as it stands on two pages: tables and plots from the raw JSON.

`docs/reference/benchmarks/NAME.json` holds what `scripts/run_benches.py` measured: the command, the
day and the figures. The plots beside it are drawn from nothing else, and so are the tables that cog
puts on the pages; so a page can always be held against what was measured.

Usage: python -m scripts.bench_report [--check] draws the plots.
"""

import json
import sys
from pathlib import Path
from typing import Any

from scripts.bench_plots import PLOTS, Results, draw_all

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "reference" / "benchmarks"

TABLES = ("applications", "reads", "sizes", "states", "commits", "restarts")
"""Figures that a bench has once for each of several things."""

Row = tuple[str, str]
"""A line of a table: what it is, and how much."""


def load_results(folder: Path = FOLDER) -> Results:
    """Return everything that was measured."""
    return {
        path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))
    }


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
