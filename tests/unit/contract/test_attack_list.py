"""All hostile programs in one place: how many there are, and that every row of the list has some.

They are run by `test_refused_programs`, `test_memory` and `test_xian`; here they are counted.
"""

import re

import pytest

from tests.unit.contract.program_files import FOLDER

HOSTILE_MIN = 150
"""What the platform promises to have looked at, at least."""
FILES = ("bodies.txt", "modules.txt", "stopped.txt", "memory.txt")

ROWS = {
    "loops without end": r"^\s*while ",
    "recursion": r"recursion",
    "floats": r"# refused:.*float",
    "sets": r"# refused:.*\bset\b",
    "lambdas": r"\blambda\b",
    "generators": r"\byield\b",
    "errors caught": r"^\s*try:",
    "errors raised": r"^\s*raise",
    "walrus": r":=",
    "star arguments": r"\*args|\*\w+\)",
    "positional-only parameters": r", /",
    "globals": r"^\s*global ",
    "removed names": r"^\s*del ",
    "asynchronous": r"\basync\b",
    "match": r"^\s*match ",
    "formats": r"\.format\(",
    "conversions in f-strings": r"\{\w+!r\}",
    "names that are not ASCII": r"# refused:.*ascii|[^\x00-\x7f]\w* = ",
    "underscore names": r"__\w+",
    "unknown names": r"# refused:.*unknown-name",
    "missing annotations": r"# refused:.*annotation",
    "shadowed names": r"# refused:.*duplicate-name",
    "class keywords": r"metaclass",
    "imports": r"^import |# refused:.*import",
    "comprehensions": r"\[.+ for .+ in ",
    "powers": r"\*\* ?\(1 << 22\)|\*\* \(",
    "shifts": r"1 << 100000000",
    "doubled texts": r"s = s \+ s",
    "doubled lists": r"numbers \+ numbers",
    "sorting without end": r"sorted\(numbers\)",
    "foreign money": r"not_issuer",
    "re-entrancy": r"reentrant",
}


def read_all() -> str:
    """Return every program file as one text."""
    return "\n".join((FOLDER / file).read_text("utf-8") for file in FILES)


def test_there_are_more_hostile_programs_than_promised() -> None:
    counts = {
        file: len(re.findall(r"^### ", (FOLDER / file).read_text("utf-8"), flags=re.MULTILINE))
        for file in FILES
    }
    assert sum(counts.values()) >= HOSTILE_MIN, counts


def test_no_program_stands_twice() -> None:
    for file in FILES:
        blocks = re.split(r"^### .+$", (FOLDER / file).read_text("utf-8"), flags=re.MULTILINE)[1:]
        assert len(set(blocks)) == len(blocks), file


@pytest.mark.parametrize("row", ROWS)
def test_every_row_of_the_attack_list_has_a_program(row: str) -> None:
    assert re.search(ROWS[row], read_all(), flags=re.MULTILINE)
