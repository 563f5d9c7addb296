"""Which language a page speaks, and its words.

`?lang=` decides and stays in the page's links; otherwise the browser's first known preference;
otherwise English.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request

LANGUAGES: Final = ("en", "ko")
_TEXTS: Final = Path(__file__).parent / "texts.toml"


@cache
def load_texts() -> dict[str, dict[str, str]]:
    """Return every text by key and language."""
    texts: dict[str, dict[str, str]] = tomllib.loads(_TEXTS.read_text("utf-8"))
    return texts


def get_text(language: str, key: str, **values: object) -> str:
    """Return one text with its values put in.

    They are plain text and escaped where they are shown.
    """
    return load_texts()[key][language].format(**values)


def choose_language(request: Request) -> str:
    """Return the language for a request."""
    asked = get_asked_language(request)
    if asked is not None:
        return asked
    for part in request.headers.get("accept-language", "")[:200].split(","):
        language = part.partition(";")[0].strip().lower().partition("-")[0]
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


def get_asked_language(request: Request) -> str | None:
    """Return the language that the address asks for."""
    asked = request.query_params.get("lang")
    return asked if asked in LANGUAGES else None
