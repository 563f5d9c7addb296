"""The proof page as one file: opened from a disk it has nobody to ask for its scripts.

Browsers load no module beside a local file. So every module that the page's script reaches goes
into the file, as a `data:` address under a name of its own, and each names the others by those
names, through an import map. Nothing is rewritten but the names.
"""

import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Final

import msgspec

ENTRY: Final = "proof/page.js"
STYLES: Final = ("console.css", "parts.css", "proof/proof.css")
PRINTED: Final = "print.css"
NAME_PREFIX: Final = "dure/"

_STATIC: Final = Path(__file__).parents[2] / "static"
_IMPORT: Final = re.compile(r"""(\bfrom\s*|\bimport\s*\(?\s*)(["'])(\.{1,2}/[^"']+)\2""")


@cache
def join_scripts() -> str:
    """Return the import map of all modules as JSON that may stand inside a script element."""
    modules = {NAME_PREFIX + path: _write_address(path) for path in sorted(find_modules())}
    return msgspec.json.encode({"imports": modules}).decode().replace("<", "\\u003c")


@cache
def join_styles() -> str:
    """Return the page's styles, one after another."""
    return "\n".join([*map(_read, STYLES), f"@media print {{ {_read(PRINTED)} }}"])


def find_modules(entry: str = ENTRY) -> set[str]:
    """Return the paths below `static` of a module and of all that it imports, however far."""
    found: set[str] = set()
    waiting = [entry]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _list_imports(path)
    return found


def _list_imports(path: str) -> list[str]:
    named = [_resolve(path, match[3]) for match in _IMPORT.finditer(_read(path))]
    return [each for each in named if (_STATIC / each).is_file()]


def _write_address(path: str) -> str:
    def rename(match: re.Match[str]) -> str:
        return f"{match[1]}{match[2]}{NAME_PREFIX}{_resolve(path, match[3])}{match[2]}"

    content = _IMPORT.sub(rename, _read(path))
    return "data:text/javascript;base64," + b64encode(content.encode()).decode()


def _read(path: str) -> str:
    return (_STATIC / path).read_text("utf-8")


def _resolve(path: str, name: str) -> str:
    return normpath(join(dirname(path), name))
