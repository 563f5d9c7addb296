"""Which language a page speaks, and its words.

`?lang=` decides and stays in the page's links; otherwise what the reader has settled on; otherwise
the browser's first known preference; otherwise English.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request

from dure.console.settings import LANGUAGES, read_settings
from dure.contract.agreement import LanguageCode

_TEXTS: Final = Path(__file__).parent / "texts"


@cache
def load_texts() -> dict[str, dict[str, str]]:
    """Return every text by key and language; an area's stand in a file, and no key stands twice."""
    texts: dict[str, dict[str, str]] = {}
    for file in sorted(_TEXTS.glob("*.toml")):
        found = tomllib.loads(file.read_text("utf-8"))
        twice = sorted(found.keys() & texts.keys())
        assert not twice, f"{file.name} says again: {', '.join(twice)}"
        texts |= found
    return texts


def get_text(language: str, key: str, **values: object) -> str:
    """Return one text with its values put in.

    They are plain text and escaped where they are shown.
    """
    return load_texts()[key][language].format(**values)


def choose_language(request: Request) -> LanguageCode:
    """Return the language for a request."""
    chosen = get_asked_language(request) or read_settings(request).language
    if chosen is not None:
        return chosen
    for part in request.headers.get("accept-language", "")[:200].split(","):
        preferred = _find(part.partition(";")[0].strip().lower().partition("-")[0])
        if preferred is not None:
            return preferred
    return LANGUAGES[0]


def get_asked_language(request: Request) -> LanguageCode | None:
    """Return the language that the address asks for."""
    return _find(request.query_params.get("lang"))


def _find(name: str | None) -> LanguageCode | None:
    return next((each for each in LANGUAGES if each == name), None)
