"""What differs between two versions of a contract's source, line by line.

Comparing takes longer than linear in the worst case, and sources come from whoever deployed them:
what is the same at both ends is taken off, and what is left has a bound.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from dure.api.answers.shapes import VersionAnswer

LINES_MAX: Final = 1_500
"""Lines of either source, beyond what is the same at both ends, that are compared."""
CONTEXT_LINES: Final = 3

Mark = Literal["same", "added", "removed", "gap"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison."""

    mark: Mark
    left: int | None
    """Its number in the older source."""
    right: int | None
    text: str


@dataclass(frozen=True, slots=True)
class FileDifference:
    """One file of two versions: the contract's own has no name."""

    name: str
    lines: tuple[Line, ...]
    is_too_long: bool

    @property
    def added(self) -> int:
        """How many lines are new."""
        return sum(line.mark == "added" for line in self.lines)

    @property
    def removed(self) -> int:
        """How many lines are gone."""
        return sum(line.mark == "removed" for line in self.lines)


def compare_versions(older: VersionAnswer, newer: VersionAnswer) -> list[FileDifference]:
    """Return the files that differ. May take a second: ask in a thread."""
    left = {"": older.source, **{each.name: each.text for each in older.library}}
    right = {"": newer.source, **{each.name: each.text for each in newer.library}}
    return [
        compare_texts(name, left.get(name, ""), right.get(name, ""))
        for name in sorted(left.keys() | right.keys())
        if left.get(name) != right.get(name)
    ]


def compare_texts(name: str, older: str, newer: str) -> FileDifference:
    """Return the lines that differ with some of those around them."""
    left, right = older.splitlines(), newer.splitlines()
    head = _count_same(left, right)
    tail = _count_same(left[head:][::-1], right[head:][::-1])
    middle = (left[head : len(left) - tail], right[head : len(right) - tail])
    if max(map(len, middle)) > LINES_MAX:
        return FileDifference(name, (), is_too_long=True)
    lines = list(_list_same(left[:head], 0, 0))
    lines += _compare(middle[0], middle[1], head)
    lines += _list_same(left[len(left) - tail :], len(left) - tail, len(right) - tail)
    return FileDifference(name, tuple(_cut(lines)), is_too_long=False)


def _count_same(left: Sequence[str], right: Sequence[str]) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    return next((i for i, (one, other) in pairs if one != other), min(len(left), len(right)))


def _list_same(lines: Sequence[str], left: int, right: int) -> list[Line]:
    return [Line("same", left + i, right + i, text) for i, text in enumerate(lines, start=1)]


def _compare(left: Sequence[str], right: Sequence[str], before: int) -> list[Line]:
    lines: list[Line] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, left, right).get_opcodes():
        if tag == "equal":
            lines += _list_same(left[i1:i2], before + i1, before + j1)
            continue
        lines += [Line("removed", before + i + 1, None, left[i]) for i in range(i1, i2)]
        lines += [Line("added", None, before + j + 1, right[j]) for j in range(j1, j2)]
    return lines


def _cut(lines: Sequence[Line]) -> list[Line]:
    """Leave out what is further than some lines from any change, and say where."""
    changed = [i for i, line in enumerate(lines) if line.mark != "same"]
    near = {i for place in changed for i in range(place - CONTEXT_LINES, place + CONTEXT_LINES + 1)}
    shown: list[Line] = []
    for i, line in enumerate(lines):
        if i in near:
            shown.append(line)
        elif not shown or shown[-1].mark != "gap":
            shown.append(Line("gap", None, None, ""))
    return shown
