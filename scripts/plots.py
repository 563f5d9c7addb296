"""Plots as SVG, drawn by hand: the same figures always give the same bytes.

Every picture has a ground of its own, so that it reads the same on a light and on a dark page. No
script, no font from outside; what a plot shows stands in its title for those who cannot see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 760
LEFT, RIGHT, TOP, BOTTOM = 190, 140, 62, 22
ROW, GAP = 22, 10

STYLE = (
    "<style>.ground{fill:#fbfaf6}text{font:12.5px system-ui,sans-serif;fill:#2b2620}"
    ".title{font-size:15px;font-weight:600}.small{font-size:11.5px;fill:#5c5348}"
    ".end{text-anchor:end}.middle{text-anchor:middle}.axis{stroke:#b9ab94}"
    ".mark{stroke:#b4472b;stroke-width:1.5;stroke-dasharray:5 4}.goal{fill:#b4472b}"
    ".line{fill:none;stroke:#2f7f73;stroke-width:2}.dot{fill:#2f7f73}.bar{fill:#4fa39a}"
    ".pale{fill:#b9d8cf}</style>"
)


@dataclass(frozen=True)
class Bar:
    """One bar of a chart."""

    label: str
    value: float
    text: str = ""
    """What stands behind the bar; the value where it is empty."""
    pale: bool = False
    """For what the others are compared with."""


@dataclass(frozen=True)
class Panel:
    """A small plot of one quantity."""

    title: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Segment:
    """A piece of a stacked bar."""

    label: str
    value: float
    colour: str


def format_number(value: float) -> str:
    """Return a number as people read it: thousands apart, decimals where they say something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if value >= 10 else f"{value:,.2f}"


def frame(title: str, height: float, body: Sequence[str]) -> str:
    """Return a whole picture."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img">',
        f"<title>{escape(title)}</title>",
        STYLE,
        f'<rect class="ground" width="{WIDTH}" height="{height:.0f}" rx="8"/>',
        f'<text class="title" x="20" y="30">{escape(title)}</text>',
        *body,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def draw_bars(
    title: str, bars: Sequence[Bar], *, goal: float | None = None, goal_text: str = ""
) -> str:
    """Return horizontal bars from zero, with a dashed line where the goal lies."""
    longest = max([bar.value for bar in bars] + ([goal] if goal else []), default=0) or 1
    room = WIDTH - LEFT - RIGHT
    bottom = TOP + len(bars) * (ROW + GAP)
    body = []
    for index, bar in enumerate(bars):
        y = TOP + index * (ROW + GAP)
        width = room * bar.value / longest
        text = bar.text or format_number(bar.value)
        body += [
            f'<text class="end" x="{LEFT - 10}" y="{y + 15}">{escape(bar.label)}</text>',
            (
                f'<rect class="{"pale" if bar.pale else "bar"}" x="{LEFT}" y="{y}" '
                f'width="{width:.1f}" height="{ROW}" rx="2"/>'
            ),
            f'<text x="{LEFT + width + 8:.1f}" y="{y + 15}">{escape(text)}</text>',
        ]
    if goal:
        x = LEFT + room * goal / longest
        body += [
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom - 4}"/>',
            f'<text class="goal middle" x="{x:.1f}" y="{TOP - 11}">{escape(goal_text)}</text>',
        ]
    body.append(f'<line class="axis" x1="{LEFT}" x2="{LEFT}" y1="{TOP - 6}" y2="{bottom - 4}"/>')
    return frame(title, bottom + BOTTOM, body)


def draw_panels(title: str, across: str, panels: Sequence[Panel]) -> str:
    """Return small plots side by side, each from zero, all over the same quantity."""
    width = (WIDTH - 20) / len(panels)
    inner, height = width - 62, 130
    body = []
    for index, panel in enumerate(panels):
        left = 20 + index * width + 42
        body += [f'<text class="small" x="{left - 34:.1f}" y="58">{escape(panel.title)}</text>']
        body += _draw_points(panel.points, left, 74, inner, height)
        middle = left + inner / 2
        body.append(
            f'<text class="small middle" x="{middle:.1f}" y="{74 + height + 34}">'
            f"{escape(across)}</text>"
        )
    return frame(title, 74 + height + 34 + BOTTOM, body)


def _draw_points(
    points: Sequence[tuple[float, float]], left: float, top: float, width: float, height: float
) -> list[str]:
    highest = max((y for _, y in points), default=0) or 1
    last = max((x for x, _ in points), default=0) or 1
    places = [(left + width * x / last, top + height * (1 - y / highest), x, y) for x, y in points]
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in places)
    lines = [
        f'<line class="axis" x1="{left:.1f}" x2="{left:.1f}" y1="{top}" y2="{top + height}"/>',
        (
            f'<line class="axis" x1="{left:.1f}" x2="{left + width:.1f}" '
            f'y1="{top + height}" y2="{top + height}"/>'
        ),
        f'<text class="small end" x="{left - 5:.1f}" y="{top + 8}">{_shorten(highest)}</text>',
        f'<text class="small end" x="{left - 5:.1f}" y="{top + height}">0</text>',
        f'<polyline class="line" points="{way}"/>',
    ]
    # Of a long series only the line is drawn, and the two ends are named.
    few = len(places) <= 12
    for index, (x, y, at, _) in enumerate(places):
        if few:
            lines.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>')
        if few or index in {0, len(places) - 1}:
            lines.append(
                f'<text class="small middle" x="{x:.1f}" y="{top + height + 16}">{at:g}</text>'
            )
    return lines


def _shorten(value: float) -> str:
    return (
        f"{value / 1000:.3g}k"
        if value >= 10_000
        else f"{value:.3g}"
        if value < 1000
        else f"{value:,.0f}"
    )


def draw_stacks(title: str, unit: str, stacks: Sequence[tuple[str, Sequence[Segment]]]) -> str:
    """Return stacked bars one above the other, and below them what each colour is."""
    longest = max((sum(s.value for s in segments) for _, segments in stacks), default=0) or 1
    room = WIDTH - LEFT - RIGHT
    body, y = [], TOP - 8
    for label, segments in stacks:
        x = float(LEFT)
        body.append(f'<text class="end" x="{LEFT - 10}" y="{y + 18}">{escape(label)}</text>')
        for segment in segments:
            width = room * segment.value / longest
            body.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="28" '
                f'fill="{segment.colour}"><title>{escape(segment.label)}: '
                f"{format_number(segment.value)} {escape(unit)}</title></rect>"
            )
            x += width
        total = format_number(sum(segment.value for segment in segments))
        body.append(f'<text x="{x + 8:.1f}" y="{y + 18}">{total} {escape(unit)}</text>')
        y += 40
    names = {segment.label: segment.colour for _, segments in stacks for segment in segments}
    for index, (name, colour) in enumerate(names.items()):
        left, top = 20 + index % 3 * 245, y + 8 + index // 3 * 20
        body.append(
            f'<rect x="{left}" y="{top}" width="12" height="12" rx="2" fill="{colour}"/>'
            f'<text class="small" x="{left + 18}" y="{top + 10}">{escape(name)}</text>'
        )
    return frame(title, y + 8 + -(-len(names) // 3) * 20 + 10, body)
