"""Draws docs/figures/house.svg: the rooms of the package, from the import layers in pyproject.toml.

The order of the floors is import-linter's, so the picture and the rule cannot part.

Usage: python -m scripts.draw_house [--check]
"""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
FIGURE = ROOT / "docs" / "figures" / "house.svg"

WIDTH, LEFT, TOP = 760, 60, 112
FLOOR, GAP = 38, 4
INNER = WIDTH - 2 * LEFT

SAYS = {
    "cli": "commands; composes running programs",
    "console": "web pages",
    "apps": "one folder an application; none knows another",
    "application": "what an application is",
    "testing": "a chain in memory, a clock moved by hand",
    "api": "REST and WebSocket, public and admin",
    "index": "SQL copy for lists and searches",
    "node": "where engine, ledger, disk, network and clock meet",
    "sdk": "build, sign, send, wait, prove",
    "proof": "joins ledger proofs with certificates",
    "chain": "never counts a vote",
    "consensus": "never opens a transaction",
    "contract": "the language, its checker, its machine",
    "identity": "keys, organisations, certificates",
    "core": "types, errors, codec, hashes, signatures, trees, header",
}

PURE = {"core", "contract", "chain", "consensus", "proof"}


def load_floors() -> list[list[str]]:
    """Return the rooms on each floor, from the roof downwards."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    rooms = [[room.strip(" ()") for room in layer.split("|")] for layer in layers]
    return [floor for floor in rooms if not floor[0].startswith("_")]


def draw_room(room: str, x: float, y: float, width: float) -> str:
    """Return one room: its name, and its idea in a few words."""
    kind = "pure" if room in PURE else "room"
    place = f'x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{FLOOR}"'
    return (
        f'<rect class="{kind}" {place} rx="4"/>'
        f'<text class="name" x="{x + 14:.0f}" y="{y + 24:.0f}">{room}</text>'
        f'<text class="idea" x="{x + 124:.0f}" y="{y + 24:.0f}">{SAYS[room]}</text>'
    )


def render() -> str:
    """Return the whole picture."""
    floors = load_floors()
    height = TOP + len(floors) * (FLOOR + GAP) + 62
    middle = WIDTH / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<title>The rooms of Dure; imports go down only</title>",
        "<style>",
        ".ground{fill:#fbfaf6}.roof{fill:#4a3f35}.room{fill:#eee7da;stroke:#b9ab94}",
        ".pure{fill:#dcebe4;stroke:#7fae98}text{font-family:system-ui,sans-serif;fill:#2b2620}",
        ".name{font-size:15px;font-weight:600}.idea{font-size:12.5px}.note{font-size:12.5px}.end{text-anchor:end}",
        ".title{font-size:17px;font-weight:600;fill:#fbfaf6}.line{fill:none;stroke:#4a3f35;stroke-width:2}",
        "</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>',
        f'<path class="roof" d="M{middle:.0f} 18 L{WIDTH - 34} 98 Q{middle:.0f} 86 34 98 Z"/>',
        f'<text class="title" x="{middle:.0f}" y="72" text-anchor="middle">Dure</text>',
    ]
    for level, floor in enumerate(floors):
        y = TOP + level * (FLOOR + GAP)
        width = (INNER - GAP * (len(floor) - 1)) / len(floor)
        parts += [
            draw_room(room, LEFT + i * (width + GAP), y, width) for i, room in enumerate(floor)
        ]
    bottom = TOP + len(floors) * (FLOOR + GAP)
    arrow = WIDTH - LEFT / 2
    parts += [
        f'<path class="line" d="M{arrow:.0f} {TOP + 8} V{bottom - 14} m-6 -9 l6 9 l6 -9"/>',
        f'<rect class="pure" x="{LEFT}" y="{bottom + 20}" width="18" height="18" rx="3"/>',
        f'<text class="note" x="{LEFT + 26}" y="{bottom + 34}">no I/O, no clock, no chance</text>',
        f'<text class="note end" x="{WIDTH - LEFT}" y="{bottom + 34}">imports go down only</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def main() -> int:
    """Write the figure, or with --check say whether it is stale."""
    if "--check" in sys.argv:
        stale = FIGURE.read_text("utf-8") != render()
        print("docs/figures/house.svg is stale: make format" if stale else "figure is up to date")
        return int(stale)
    FIGURE.write_text(render(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
