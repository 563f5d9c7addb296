"""Ranked ballots as people of Cambridge, Massachusetts, cast them, to play elections with.

The package votekit brings how often each type of ballot stood in the city's council elections of
2009 to 2017: a type is an order of two slates, W and C, such as `WCW`. It names no candidates:
which candidate of a slate stands first is drawn here, and so is which slate a ballot begins with.
"""

import json
import random
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import Final

from dure.core.errors import ConfigurationError

FOLDER: Final = "ballot_generator/bloc_slate_generator/data"
FILE: Final = "Cambridge_09to17_ballot_types_start_with_{}_ballots_distribution.json"
SLATES: Final = ("W", "C")
CANDIDATES: Final = ("Walden", "Whitman", "Cotton", "Copley")
"""Invented names, two of each slate, by their first letters."""


@cache
def load_types(slate: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Return the types of ballots that begin with a slate, and their cumulated shares."""
    found = find_spec("votekit")
    if found is None or found.origin is None:
        raise ConfigurationError("the ballots of the package votekit are not installed")
    path = Path(found.origin).parent / FOLDER / FILE.format(slate)
    if not path.is_file():
        raise ConfigurationError("the package votekit has no ballots of Cambridge: install 3.5.0")
    shares: dict[str, float] = json.loads(path.read_text("utf-8"))
    return tuple(shares), tuple(accumulate(shares.values()))


def draw_rankings(count: int, ranks: int, draw: random.Random) -> list[tuple[int, ...]]:
    """Return ballots: candidates by number in order of preference, at most `ranks` of them."""
    found = []
    for _ in range(count):
        types, shares = load_types(draw.choice(SLATES))
        (kind,) = draw.choices(types, cum_weights=shares)
        found.append(fill_type(kind, ranks, draw))
    return found


def fill_type(kind: str, ranks: int, draw: random.Random) -> tuple[int, ...]:
    """Return a ballot of a type: its slates' candidates in an order drawn, while there are any."""
    waiting: dict[str, list[int]] = {}
    for slate in SLATES:
        own = [at for at, name in enumerate(CANDIDATES) if name.startswith(slate)]
        waiting[slate] = draw.sample(own, len(own))
    ranking: list[int] = []
    for slate in kind:
        if len(ranking) < ranks and waiting[slate]:
            ranking.append(waiting[slate].pop())
    return tuple(ranking)


def count_ranks(rankings: Sequence[Sequence[int]], ranks: int) -> list[int]:
    """Count plain ballots: how often each candidate stands at each rank, as cells stand."""
    cells = [0] * (len(CANDIDATES) * ranks)
    for ranking in rankings:
        for rank, candidate in enumerate(ranking):
            cells[candidate * ranks + rank] += 1
    return cells
