"""The project's files as the conformance tests see them: what git knows or would take in."""

import ast
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

PURE_ROOMS = ("core", "contract", "chain", "consensus", "proof")
"""Rooms that do no I/O, read no clock and draw no lots."""

EDGE_ROOMS = ("node", "api", "cli", "console")
"""Rooms that turn whatever happens inside into an answer, an exit code or a log line."""


@lru_cache(maxsize=1)
def list_files() -> tuple[Path, ...]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    return tuple(ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file())


def list_modules(*, below: str = "") -> Iterator[tuple[str, ast.Module]]:
    """Yield (path from the root, syntax tree) of every Python file below a folder."""
    for path in list_files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py" and name.startswith(below):
            yield name, parse(path)


@lru_cache(maxsize=4096)
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


@lru_cache(maxsize=4096)
def read_text(path: Path) -> str | None:
    """Return the file's text, or None where it is not text."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None
