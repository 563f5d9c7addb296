"""A flame graph as one SVG without a script: boxes above their callers, as wide as their share.

The colour says to which part of the node a function's own time belongs; the tooltip says the whole
name, the share and the part. Deterministic: functions of a row stand in the order of their names.
"""

from dataclasses import dataclass, field
from html import escape
from typing import Final

from dure.cli.bench.profiling.parts import Part, describe_parts, find_part
from dure.cli.bench.profiling.stacks import Frame, Samples

WIDTH: Final = 1200
MARGIN: Final = 10
ROW: Final = 17
HEAD: Final = 96
CHARACTER: Final = 6.2
"""Width of a letter at the size of the text, about."""
SHARE_MIN: Final = 0.001
"""Narrower boxes are left out, and what stands on them."""

COLOURS: Final = {
    Part.API: "#8fb6d9",
    Part.ADMISSION: "#c3d98f",
    Part.SIGNATURES: "#e08a6d",
    Part.EXECUTION: "#7fc1a0",
    Part.STATE: "#4fa39a",
    Part.CONSENSUS: "#d9b65f",
    Part.PEERS: "#a99bd6",
    Part.STORE: "#c79a7b",
    Part.INDEX: "#d59bc0",
    Part.LOOP: "#bdb8ad",
    Part.OTHER: "#d8d4cb",
}


@dataclass(slots=True)
class Box:
    """A function below one chain of callers."""

    name: str
    part: Part = Part.OTHER
    """To which its own time belongs."""
    count: int = 0
    inner: dict[Frame, "Box"] = field(default_factory=dict)


def draw_flame(samples: Samples, title: str) -> str:
    """Return the picture."""
    root = build_tree(samples)
    rows = _count_rows(root, root.count)
    height = HEAD + rows * ROW + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        "<style>.ground{fill:#fbfaf6}text{font:11px system-ui,sans-serif;fill:#2b2620}",
        ".title{font-size:16px;font-weight:600}.box rect{stroke:#fbfaf6;stroke-width:.5}",
        ".box:hover rect{stroke:#2b2620}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>',
        f'<text class="title" x="{MARGIN}" y="26">{escape(title)}</text>',
        *_draw_legend(samples),
    ]
    _draw(root, MARGIN, height - MARGIN - ROW, root.count, parts)
    return "\n".join([*parts, "</svg>"]) + "\n"


def build_tree(samples: Samples) -> Box:
    """Return the stacks, joined where they have the same callers."""
    root = Box("all", count=samples.total())
    for stack, count in samples.items():
        box = root
        for depth, frame in enumerate(stack, start=1):
            if frame not in box.inner:
                box.inner[frame] = Box(_name(frame), find_part(stack[:depth]))
            box = box.inner[frame]
            box.count += count
    return root


def _name(frame: Frame) -> str:
    return f"{frame.function} ({frame.file.removeprefix('dure/')})"


def _count_rows(box: Box, total: int) -> int:
    shown = [inner for inner in box.inner.values() if inner.count >= SHARE_MIN * total]
    return 1 + max((_count_rows(inner, total) for inner in shown), default=0)


def _draw_legend(samples: Samples) -> list[str]:
    lines = []
    shares = {Part(each["part"]): 100 * each["share"] for each in describe_parts(samples, None)}
    for index, part in enumerate(part for part, share in shares.items() if share):
        x, y = MARGIN + index % 4 * 290, 40 + index // 4 * 17
        lines.append(
            f'<rect x="{x}" y="{y}" width="12" height="12" rx="2" fill="{COLOURS[part]}"/>'
            f'<text x="{x + 18}" y="{y + 10}">{escape(part.value)} {shares[part]:.1f} %</text>'
        )
    return lines


def _draw(box: Box, x: float, y: float, total: int, lines: list[str]) -> None:
    width = (WIDTH - 2 * MARGIN) * box.count / max(1, total)
    share = 100 * box.count / max(1, total)
    tooltip = f"{box.name}: {share:.2f} %, {box.part.value}"
    letters = int((width - 6) / CHARACTER)
    text = box.name if len(box.name) <= letters else f"{box.name[: letters - 1]}…"
    lines.append(
        f'<g class="box"><title>{escape(tooltip)}</title><rect x="{x:.1f}" y="{y}" '
        f'width="{width:.1f}" height="{ROW - 1}" rx="1" fill="{COLOURS[box.part]}"/>'
        + (f'<text x="{x + 3:.1f}" y="{y + 12}">{escape(text)}</text>' if letters > 2 else "")
        + "</g>"
    )
    for _, inner in sorted(box.inner.items(), key=lambda item: item[1].name):
        if inner.count >= SHARE_MIN * total:
            _draw(inner, x, y - ROW, total, lines)
        x += (WIDTH - 2 * MARGIN) * inner.count / max(1, total)
