"""Pages of the application: one look for the person's phone and for the institution.

Every page is complete without a script: its policy forbids all of them. Texts stand in `pages`, a
file for each language; `?lang=` decides, then the browser.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Final

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dure.application import LANGUAGES
from dure.application.texts import load_texts
from dure.apps.chain_id.app import APP
from dure.contract.language import Time

HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
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
    """Return a page of `pages`, with the texts of that name in the request's language."""
    language = choose_language(request)
    template = _ENVIRONMENT.get_template(page)
    html = template.render(t=load_texts(APP, texts, language), language=language, **values)
    return HTMLResponse(html, status, headers=dict(HEADERS))


def serve_style(_request: Request) -> Response:
    """Return the style sheet of all pages."""
    css = (_FOLDER / "chain_id.css").read_bytes()
    return Response(css, media_type="text/css", headers=dict(HEADERS))
