"""From values to HTML: one Jinja environment that escapes everything, and every page's headers.

The policy allows scripts, styles and connections of this origin only, nothing inline, nothing
evaluated, no frame; so even a name that slipped through unescaped could not run. Characters that
turn the direction of text are written out, so that no name makes what stands beside it look other.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from dure.application import Application
from dure.console.applications.money import show_money
from dure.console.applications.templates import OwnTemplates, build_loader
from dure.console.language import choose_language, get_asked_language, get_text
from dure.console.settings import LANGUAGES, read_settings

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

MARK_SCOPE: Final = "dure.mark"
"""Where a page's handler leaves which blocks the page knows; the page lives on from there."""

FOLLOWED_SCOPE: Final = "dure.followed"
"""Where a page's handler leaves which other page it lives on from: the frame is the same."""

FRAME_PAGE: Final = "/settings"
"""A page of which nothing but the frame goes on."""

TIME_MAX: Final = 253_402_300_799_999
"""The last millisecond of the year 9999, the last that has a date."""

_FOLDER: Final = Path(__file__).parent
_TURNS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")


def build_environment(applications: Sequence[Application] = ()) -> Environment:
    """Return the environment of all templates, the applications' own ones included."""
    environment = OwnTemplates(
        loader=build_loader(FileSystemLoader(_FOLDER / "templates"), applications),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=write_out_turns,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "time": show_time,
        "moment": mark_up_moment,
        "number": show_number,
        "money": show_money,
        "short": shorten,
        "size": show_size,
    }
    environment.globals["is_vendored"] = is_vendored
    return environment


def write_out_turns(value: object) -> object:
    """Return text with the characters that turn its direction as ⟨U+202E⟩; anything else as it is.

    Unicode Standard Annex #9: embeddings, overrides and isolates. The wallet writes them alike.
    """
    if not isinstance(value, str) or not _TURNS.search(value):
        return value
    return type(value)(_TURNS.sub(lambda turn: f"⟨U+{ord(turn[0]):04X}⟩", value))


class Renderer:
    """Renders templates with what every page shows."""

    def __init__(
        self,
        describe_frame: Callable[[], dict[str, Any]],
        applications: Sequence[Application] = (),
    ) -> None:
        """`describe_frame` tells what header and footer of each page need, at the present block."""
        self._environment = build_environment(applications)
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
            settings=read_settings(request),
            path=request.url.path,
            query=f"?lang={asked}" if asked else "",
            link_language=partial(link_language, request),
            live=build_live_address(request, language),
        )
        headers = HEADERS | {"content-language": language, "vary": "accept-language, cookie"}
        return Response(content, status, headers=headers, media_type="text/html")


@cache
def is_vendored(path: str) -> bool:
    """Say whether the build fetched a file of `static/vendor`; a machine without npm has none."""
    return (_FOLDER / "static" / "vendor" / path).is_file()


def link_language(request: Request, language: str) -> str:
    """Return the address of the same page, with all that was asked of it, in another language."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return "?" + urlencode([*kept, ("lang", language)])


def build_live_address(request: Request, language: str) -> str:
    """Return where the page hears of what is new; nothing for one that does not change."""
    mark = request.scope.get(MARK_SCOPE)
    if mark is None or request.method != "GET" or request.scope["type"] != "http":
        return ""
    here = quote(request.url.path) + (f"?{request.url.query}" if request.url.query else "")
    page = request.scope.get(FOLLOWED_SCOPE, here)
    rows = read_settings(request).rows
    return "/live?" + urlencode({"page": page, "language": language, "rows": rows, "mark": mark})


def show_time(milliseconds: int) -> str:
    """Return a moment as people read it, in UTC."""
    if not 0 <= milliseconds <= TIME_MAX:
        return str(milliseconds)
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def show_machine_time(milliseconds: int) -> str:
    """Return a moment as ISO 8601 in UTC; nothing where it has no date."""
    if not 0 <= milliseconds <= TIME_MAX:
        return ""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    moment = moment.replace(microsecond=milliseconds % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def mark_up_moment(milliseconds: int) -> Markup:
    """Return a moment as an element that the browser writes in the reader's own time zone."""
    machine, shown = show_machine_time(milliseconds), show_time(milliseconds)
    return Markup('<time datetime="{}">{}</time>').format(machine, shown)


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


def show_size(size: int) -> str:
    """Return a number of bytes as people read it, in steps of a thousand."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1_000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1_000
    return f"{amount:.1f} TB"
