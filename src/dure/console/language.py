"""Which language a page speaks, and its words.

`?lang=` decides and stays in the page's links; otherwise the browser's first known preference;
otherwise English.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, get_args

from starlette.requests import Request

from dure.contract.agreement import LanguageCode

LANGUAGES: Final[tuple[LanguageCode, ...]] = get_args(LanguageCode)
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


def choose_language(request: Request) -> LanguageCode:
    """Return the language for a request."""
    asked = get_asked_language(request)
    if asked is not None:
        return asked
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
