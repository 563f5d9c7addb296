"""The closing report of an application's demo: a file that the demo leaves with each node.

The file `<slug>.json` in a node's `reports` folder holds what `dure demo <slug> --json` prints; the
console shows it at `/apps/<slug>/report`. A pair is a name `x` beside `expected_x`: what came out,
and what had to, reckoned without the chain.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from dure.core.errors import ConfigurationError

REPORT_SIZE_MAX: Final = 1_000_000
EXPECTED: Final = "expected_"


class Pair(NamedTuple):
    """One name of a report, what came out under it, and what had to."""

    name: str
    came: Any
    expected: Any

    @property
    def is_right(self) -> bool:
        """Whether both are the same."""
        return bool(self.came == self.expected)


def write_report(folder: Path, slug: str, facts: Mapping[str, Any]) -> Path:
    """Write the report whole or not at all; raise `ConfigurationError` where it is too large."""
    content = msgspec.json.encode(facts)
    if len(content) > REPORT_SIZE_MAX:
        raise ConfigurationError(f"the report has {len(content)} bytes, over {REPORT_SIZE_MAX}")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{slug}.json"
    draft = folder / f".{slug}.json"
    draft.write_bytes(content)
    return draft.replace(file)


def has_report(folder: Path, slug: str) -> bool:
    """Say whether a demo of that application left its report."""
    return (folder / f"{slug}.json").is_file()


def read_report(folder: Path, slug: str) -> dict[str, Any] | None:
    """Return a report's fields, None where there is none; raise `ConfigurationError`."""
    file = folder / f"{slug}.json"
    try:
        with file.open("rb") as opened:
            content = opened.read(REPORT_SIZE_MAX + 1)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise ConfigurationError(f"{file} cannot be read: {problem}") from problem
    if len(content) > REPORT_SIZE_MAX:
        raise ConfigurationError(f"{file} is longer than {REPORT_SIZE_MAX} bytes")
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as problem:
        raise ConfigurationError(f"{file} is no report: {problem}") from problem


def list_pairs(facts: Mapping[str, Any]) -> list[Pair]:
    """Return every name that stands beside what had to come out under it, in the file's order."""
    return [
        Pair(name, came, facts[EXPECTED + name])
        for name, came in facts.items()
        if EXPECTED + name in facts
    ]
