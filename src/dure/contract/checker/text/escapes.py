r"""Refuses backslashes in texts that another Python would read otherwise, or not at all.

A backslash before any other letter than the known ones (`\o`) is a warning today and an error in a
Python to come; octal numbers past `\377` likewise. `\N{name}` is looked up in the Unicode tables of
the Python that reads it, and each version has newer ones. The tree no longer shows any of them, so
the text's own characters are looked at.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from typing import Final

from dure.contract.problems import Problems

_ESCAPE: Final = re.compile(r"\\(\r\n|[0-7]{1,3}|.)", re.DOTALL)
_KNOWN: Final = frozenset(["\n", "\r", "\r\n", *"\\'\"abfnrtvx"])
_KNOWN_IN_TEXT: Final = frozenset("uU")
_OCTAL_MAX: Final = 0o377
_PREFIX: Final = re.compile(r"[A-Za-z]*")


def check_escapes(source: str, problems: Problems) -> None:
    """Note every line with such a backslash; the source is known to be readable."""
    lines = sorted(set(_find_lines(source)))
    for line in lines:
        problems.add("escape", ast.Pass(lineno=line, col_offset=0))


def _find_lines(source: str) -> Iterator[int]:
    # From Python 3.12 on an f-string comes in several tokens; in 3.11 it is one.
    prefixes: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        match tokenize.tok_name[token.type]:
            case "STRING":
                yield from _find_in(token, _read_prefix(token))
            case "FSTRING_START":
                prefixes.append(_read_prefix(token))
            case "FSTRING_END":
                prefixes.pop()
            case "FSTRING_MIDDLE":
                yield from _find_in(token, prefixes[-1])
            case _:
                pass


def _read_prefix(token: tokenize.TokenInfo) -> str:
    found = _PREFIX.match(token.string)
    return found[0].lower() if found else ""


def _find_in(token: tokenize.TokenInfo, prefix: str) -> Iterator[int]:
    if "r" in prefix:
        return
    for found in _ESCAPE.finditer(token.string):
        if not _is_known(found[1], is_bytes="b" in prefix):
            yield token.start[0] + token.string.count("\n", 0, found.start())


def _is_known(escape: str, *, is_bytes: bool) -> bool:
    if escape[0] in "01234567":
        return int(escape, 8) <= _OCTAL_MAX
    return escape in _KNOWN or (not is_bytes and escape in _KNOWN_IN_TEXT)
