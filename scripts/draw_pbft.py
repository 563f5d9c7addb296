"""Draws docs/figures/pbft.svg: where a member can stand and what moves it, from the engine's table.

An arrow that every phase of a group shares begins at the group. An arrow of the table
without a route here, or a route without an arrow, ends the script: table and picture cannot part.

Usage: python -m scripts.draw_pbft [--check]
"""

import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from dure.consensus.pbft.state import Phase
from dure.consensus.pbft.table import TABLE

FIGURE = Path(__file__).parent.parent / "docs" / "figures" / "pbft.svg"
WIDTH, HEIGHT = 1140, 610
BOX_WIDTH, BOX_HEIGHT = 186, 44

PLACES: dict[Phase, tuple[int, int]] = {
    Phase.IDLE: (135, 110),
    Phase.AWAITING_PROPOSAL: (135, 215),
    Phase.BUILDING: (135, 320),
    Phase.CHANGING_ROUND: (135, 440),
    Phase.JUDGING: (600, 110),
    Phase.PREPARING: (600, 225),
    Phase.COMMITTING: (600, 330),
    Phase.REFUSING: (600, 440),
    Phase.FINALIZING: (1000, 225),
    Phase.FETCHING: (1000, 400),
}
"""Middle of each phase's box."""

WAITING = frozenset({Phase.IDLE, Phase.AWAITING_PROPOSAL, Phase.BUILDING, Phase.CHANGING_ROUND})
VOTING = frozenset({Phase.JUDGING, Phase.PREPARING, Phase.COMMITTING, Phase.REFUSING})
GROUPS = {"waiting": (WAITING, (30, 50, 210, 470)), "voting": (VOTING, (480, 50, 250, 470))}
"""Members, and x, y, width, height of the frame."""

WORDS = {
    "BlockLearned": "a certified block comes",
    "CandidateBuilt": "no block",
    "CandidateJudged": "not valid",
    "DraftSigned": "proposal signed",
    "HeadChanged": "written to disk: the next height",
    "Received": "a justified proposal",
    "TimerFired": "time is up",
    "WorkChanged": "work",
    "commit": "a quorum of prepares",
    "decide": "a quorum of seals of one round",
    "jump": "f+1 members are ahead",
    "prepare": "valid: sign a prepare",
    "propose": "my turn",
}
"""What an arrow says for each cause."""

OTHER_WORDS = {
    ("Received", Phase.FINALIZING): "a decision is told",
    ("Received", Phase.REFUSING): "a proposal judged before",
    ("WorkChanged", Phase.IDLE): "no work",
    ("decide", Phase.FETCHING): "sealed, but missing here",
}
"""What it says instead where it leads there."""


@dataclass(frozen=True, slots=True)
class Route:
    """Corners of an arrow, and where its words stand; without corners it is a note."""

    points: tuple[tuple[int, int], ...]
    words: tuple[int, int]
    anchor: str = "middle"


_FIRST, _WAIT, _BUILD, _CHANGE = (
    Phase.IDLE,
    Phase.AWAITING_PROPOSAL,
    Phase.BUILDING,
    Phase.CHANGING_ROUND,
)
_JUDGE, _REFUSE, _PREPARE, _COMMIT = (
    Phase.JUDGING,
    Phase.REFUSING,
    Phase.PREPARING,
    Phase.COMMITTING,
)
_FINAL, _FETCH = Phase.FINALIZING, Phase.FETCHING

ROUTES: dict[tuple[str, Phase], Route] = {
    (_FIRST, _WAIT): Route(((105, 132), (105, 193)), (98, 167), "end"),
    (_WAIT, _FIRST): Route(((165, 193), (165, 132)), (172, 167), "start"),
    (_WAIT, _BUILD): Route(((105, 237), (105, 298)), (98, 272), "end"),
    (_CHANGE, _BUILD): Route(((165, 418), (165, 342)), (172, 384), "start"),
    (_BUILD, _CHANGE): Route(((105, 342), (105, 418)), (98, 384), "end"),
    (_BUILD, _FIRST): Route(((42, 320), (36, 320), (36, 112), (42, 112)), (48, 292), "start"),
    (_BUILD, _JUDGE): Route(((228, 318), (507, 122)), (368, 212)),
    ("waiting", _JUDGE): Route(((240, 98), (507, 98)), (360, 92)),
    ("voting", _JUDGE): Route((), (600, 147)),
    (_JUDGE, _REFUSE): Route(((507, 128), (493, 128), (493, 432), (507, 432)), (499, 285), "start"),
    ("waiting", _REFUSE): Route(((240, 446), (507, 446)), (360, 440)),
    ("voting", _REFUSE): Route((), (600, 478)),
    (_JUDGE, _PREPARE): Route(((600, 152), (600, 203)), (607, 182), "start"),
    (_PREPARE, _COMMIT): Route(((600, 247), (600, 308)), (607, 282), "start"),
    ("waiting", _CHANGE): Route((), (135, 478)),
    ("voting", _CHANGE): Route(((480, 500), (135, 500), (135, 486)), (360, 515)),
    ("waiting", _FINAL): Route(((135, 50), (135, 30), (1000, 30), (1000, 203)), (568, 25)),
    ("voting", _FINAL): Route(((730, 225), (907, 225)), (818, 215)),
    (_FETCH, _FINAL): Route(((1000, 378), (1000, 247)), (993, 325), "end"),
    ("waiting", _FETCH): Route(((135, 520), (135, 558), (1000, 558), (1000, 422)), (568, 552)),
    ("voting", _FETCH): Route(((730, 400), (907, 400)), (818, 392)),
    (_FINAL, _FIRST): Route(
        ((1093, 225), (1118, 225), (1118, 590), (16, 590), (16, 102), (42, 102)), (568, 584)
    ),
}


def collect_arrows() -> dict[tuple[str, Phase], list[str]]:
    """Return the causes of each arrow; the way to the next height is drawn once."""
    sources: dict[tuple[str, Phase], set[Phase]] = defaultdict(set)
    for row in TABLE:
        if row.cause != "HeadChanged":
            sources[row.cause, row.after].add(row.before)
    arrows: dict[tuple[str, Phase], list[str]] = defaultdict(list)
    for (cause, after), befores in sources.items():
        rest = set(befores)
        for name, (members, _) in GROUPS.items():
            if members - {after} <= befores:
                arrows[name, after].append(cause)
                rest -= members
        for before in sorted(rest):
            arrows[before, after].append(cause)
    arrows[_FINAL, _FIRST].append("HeadChanged")
    return arrows


def draw_arrow(target: Phase, route: Route, causes: list[str]) -> str:
    """Return the line and its words, two lines of them where they are many."""
    said = [OTHER_WORDS.get((cause, target), WORDS[cause]) for cause in causes]
    x, y = route.words
    is_wide = len(route.points) != 2
    lines = ["; ".join(said)] if is_wide else said
    text = "".join(
        f'<tspan x="{x}" dy="{0 if number == 0 else 13}">{line}</tspan>'
        for number, line in enumerate(lines)
    )
    words = f'<text class="word {route.anchor}" y="{y - 13 * (len(lines) - 1)}">{text}</text>'
    if not route.points:
        return words
    path = " L".join(f"{px} {py}" for px, py in route.points)
    return f'<path class="line" marker-end="url(#tip)" d="M{path}"/>{words}'


def draw_phase(phase: Phase) -> str:
    """Return a phase's box."""
    x, y = PLACES[phase]
    left, top = x - BOX_WIDTH // 2, y - BOX_HEIGHT // 2
    size = f'width="{BOX_WIDTH}" height="{BOX_HEIGHT}"'
    return (
        f'<rect class="phase" x="{left}" y="{top}" {size} rx="6"/>'
        f'<text class="name" x="{x}" y="{y + 5}">{phase.value}</text>'
    )


def draw_group(name: str) -> str:
    """Return a group's frame."""
    x, y, width, height = GROUPS[name][1]
    place = f'x="{x}" y="{y}" width="{width}" height="{height}"'
    return (
        f'<rect class="group" {place} rx="10"/>'
        f'<text class="word" x="{x + width // 2 + 40}" y="{y + 18}">{name}</text>'
    )


def render() -> str:
    """Return the whole picture."""
    arrows = collect_arrows()
    assert arrows.keys() == ROUTES.keys(), f"no route, or no arrow: {arrows.keys() ^ ROUTES.keys()}"
    tip = '<path d="M0 0 L8 4 L0 8 Z" fill="#4a3f35"/>'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Where a member can stand, and what moves it</title>",
        "<style>text{font-family:system-ui,sans-serif;fill:#2b2620;text-anchor:middle}",
        ".ground{fill:#fbfaf6}.group{fill:none;stroke:#b9ab94;stroke-dasharray:5 4}",
        ".phase{fill:#dcebe4;stroke:#7fae98}.name{font-size:13px;font-weight:600}",
        ".word{font-size:11.5px;paint-order:stroke;stroke:#fbfaf6;stroke-width:4px}",
        ".end{text-anchor:end}.start{text-anchor:start}",
        ".line{fill:none;stroke:#4a3f35;stroke-width:1.3}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"',
        f' markerHeight="7" orient="auto">{tip}</marker></defs>',
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
        *map(draw_group, GROUPS),
        *(draw_arrow(key[1], ROUTES[key], causes) for key, causes in arrows.items()),
        *map(draw_phase, Phase),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def main() -> int:
    """Write the figure, or with --check say whether it is stale."""
    if "--check" in sys.argv:
        stale = FIGURE.read_text("utf-8") != render()
        print("docs/figures/pbft.svg is stale: make format" if stale else "figure is up to date")
        return int(stale)
    FIGURE.write_text(render(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
