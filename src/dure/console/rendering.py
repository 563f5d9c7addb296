"""From values to HTML: one Jinja environment that escapes everything, and every page's headers.

The policy allows scripts, styles and connections of this origin only, nothing inline, nothing
evaluated, no frame; so even a name that slipped through unescaped could not run.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from dure.console.language import LANGUAGES, choose_language, get_asked_language, get_text

HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}

CALLER_SCOPE: Final = "dure.caller"
"""Where a page's handler leaves who asks, for the frame around the page."""

TIME_MAX: Final = 253_402_300_799_999
"""The last millisecond of the year 9999, the last that has a date."""

_FOLDER: Final = Path(__file__).parent


def build_environment() -> Environment:
    """Return the environment of all templates."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"time": show_time, "number": show_number, "short": shorten}
    return environment


class Renderer:
    """Renders templates with what every page shows."""

    def __init__(self, describe_frame: Callable[[], dict[str, Any]]) -> None:
        """`describe_frame` tells what header and footer of each page need, at the present block."""
        self._environment = build_environment()
        self._describe_frame = describe_frame

    def render(
        self, request: Request, template: str, status: int = 200, **values: object
    ) -> Response:
        """Return a page in the language of the request."""
        caller = request.scope.get(CALLER_SCOPE)
        values = self._describe_frame() | values | {"caller": caller}
        return self._render(request, template, status, values)

    def render_door(
        self, request: Request, template: str, status: int = 200, **values: object
    ) -> Response:
        """Return a page that shows nothing of the chain, for whoever may not see it.

        Its forms say which page they come from, so that the gate can tell it from another site's.
        """
        answer = self._render(request, template, status, values)
        answer.headers["referrer-policy"] = "same-origin"
        return answer

    def _render(
        self, request: Request, template: str, status: int, values: dict[str, Any]
    ) -> Response:
        language = choose_language(request)
        asked = get_asked_language(request)
        content = self._environment.get_template(template).render(
            **values,
            t=partial(get_text, language),
            language=language,
            languages=LANGUAGES,
            path=request.url.path,
            query=f"?lang={asked}" if asked else "",
        )
        headers = HEADERS | {"content-language": language, "vary": "accept-language, cookie"}
        return Response(content, status, headers=headers, media_type="text/html")


def show_time(milliseconds: int) -> str:
    """Return a moment as people read it, in UTC."""
    if not 0 <= milliseconds <= TIME_MAX:
        return str(milliseconds)
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def show_offset(milliseconds: int) -> str:
    """Return how far ledger time is from the clock, in any language: `-5005d 00:37:57`."""
    sign = "-" if milliseconds < 0 else "+"
    minutes, seconds = divmod(abs(milliseconds) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{sign}{days}d {hours:02}:{minutes:02}:{seconds:02}"


def show_number(value: object) -> str:
    """Return an integer with thin groups of three digits; anything else as it is."""
    return f"{value:,}".replace(",", "\u202f") if type(value) is int else str(value)


def shorten(text: str, length: int = 16) -> str:
    """Return the beginning of a long identifier."""
    return text if len(text) <= length + 1 else text[:length] + "…"
