"""Pages of the application: one look for the person's phone and for the institution.

Every page is complete without a script, and its policy forbids all of them, but the pages of a
phone whose passkey signs: only a script can ask an authenticator, and it is one file.
Texts stand in `pages`, a file for each language; `?lang=` decides, then the browser.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Final

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dure.application import LANGUAGES
from dure.application.texts import load_texts
from dure.apps.chain_id.app import APP
from dure.contract.language import Time

Handler = Callable[[Request], Awaitable[Response]]

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
SCRIPT_HEADERS: Final[Mapping[str, str]] = {
    **HEADERS,
    "Content-Security-Policy": f"{_POLICY}; script-src 'self'; connect-src 'self'",
}
"""Of pages that ask an authenticator."""
_TYPES: Final = {".css": "text/css", ".js": "text/javascript"}
_FOLDER: Final = files(__package__) / "pages"


def show_time(moment: Time) -> str:
    """Return a moment to the minute, in UTC."""
    return datetime.fromtimestamp(moment.milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _load_template(name: str) -> str | None:
    file = _FOLDER / name
    return file.read_text("utf-8") if file.is_file() else None


_ENVIRONMENT: Final = jinja2.Environment(
    loader=jinja2.FunctionLoader(_load_template),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["time"] = show_time


def choose_language(request: Request) -> str:
    """Return the language of an answer: what the address says, what the browser prefers."""
    asked = request.query_params.get("lang")
    preferred = request.headers.get("accept-language", "")[:200].lower().split(",")
    wanted = [asked, *(each.partition(";")[0].strip()[:2] for each in preferred)]
    return next((each for each in wanted if each in LANGUAGES), LANGUAGES[0])


def render(
    request: Request, page: str, texts: str, *, status: int = 200, **values: object
) -> Response:
    """Return a page of `pages`, with the texts of that name in the request's language.

    `script` among the values is the address of the page's one script.
    """
    language = choose_language(request)
    template = _ENVIRONMENT.get_template(page)
    given = {"script": None} | values
    html = template.render(t=load_texts(APP, texts, language), language=language, **given)
    headers = SCRIPT_HEADERS if given["script"] else HEADERS
    return HTMLResponse(html, status, headers=dict(headers))


def serve_file(name: str) -> Handler:
    """Return what answers with a file of `pages`."""
    content, kind = (_FOLDER / name).read_bytes(), _TYPES[Path(name).suffix]

    async def serve(_request: Request) -> Response:
        return Response(content, media_type=kind, headers=dict(HEADERS))

    return serve
