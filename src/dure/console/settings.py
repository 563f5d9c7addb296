"""What a reader has settled on, kept in the reader's own browser and nowhere else.

Four cookies hold language, theme, time zone and rows a page. They say nothing about who reads and
give no right; what is unknown in one is as if it were not there. Theme and language are in the
first byte of a page, so that nothing flashes; the time zone is the browser's affair: the server
writes UTC, and `static/frame/times.js` rewrites it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from starlette.requests import Request

from dure.contract.agreement import LanguageCode

Theme = Literal["system", "light", "dark"]
Zone = Literal["utc", "local", "seoul"]

THEMES: Final[tuple[Theme, ...]] = get_args(Theme)
ZONES: Final[tuple[Zone, ...]] = get_args(Zone)
LANGUAGES: Final[tuple[LanguageCode, ...]] = get_args(LanguageCode)
ROWS_CHOICES: Final = (10, 25, 50, 100, 200)
"""How many rows of a table stand on a page."""
ROWS_USUAL: Final = 25

LANGUAGE_COOKIE: Final = "dure_language"
THEME_COOKIE: Final = "dure_theme"
ZONE_COOKIE: Final = "dure_zone"
ROWS_COOKIE: Final = "dure_rows"
KEPT_S: Final = 365 * 24 * 3600
"""A year."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices of one reader."""

    language: LanguageCode | None = None
    """None leaves it to the browser."""
    theme: Theme = "system"
    zone: Zone = "utc"
    rows: int = ROWS_USUAL


def read_settings(request: Request) -> Settings:
    """Return what the browser brought."""
    return parse_settings(request.cookies)


def parse_settings(given: Mapping[str, str]) -> Settings:
    """Return settings from words; an unknown word leaves what is usual."""
    usual = Settings()
    rows = given.get(ROWS_COOKIE, "")
    return Settings(
        language=next((each for each in LANGUAGES if each == given.get(LANGUAGE_COOKIE)), None),
        theme=next((each for each in THEMES if each == given.get(THEME_COOKIE)), usual.theme),
        zone=next((each for each in ZONES if each == given.get(ZONE_COOKIE)), usual.zone),
        rows=next((each for each in ROWS_CHOICES if str(each) == rows), usual.rows),
    )
