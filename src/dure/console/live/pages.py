"""Pages as a viewer names them, and the parts of them that go on by themselves.

A page marks such a part with `id` and `data-refresh`. Its markup is our own and every value in it
is escaped, so that each `<` begins a tag and the parts can be found without a parser.
"""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import Message, Scope

from dure.api.http.errors import InvalidRequest
from dure.console.settings import LANGUAGE_COOKIE, LANGUAGES, ROWS_CHOICES, ROWS_COOKIE
from dure.console.site import Page, Site
from dure.core.errors import NotFound

PAGE_LENGTH_MAX: Final = 2_000
_PART: Final = re.compile(
    r'<(?P<tag>\w+)(?=[^>]*\sdata-refresh[\s>])[^>]*?\sid="(?P<id>[\w-]+)"[^>]*>'
)

Key = tuple[str, str, int]
"""A page's address with all that was asked of it, the language, and the rows of a table."""


class LivePages:
    """Finds and renders pages by their addresses, for nobody in particular."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = [(Route(page.path, _answer_nothing), page) for page in pages]

    def validate(self, key: Key) -> None:
        """Raise `NotFound` or `InvalidRequest` for what cannot be rendered."""
        address, language, rows = key
        if len(address) > PAGE_LENGTH_MAX or not address.startswith("/") or not address.isascii():
            raise InvalidRequest("that is no address of a page")
        if language not in LANGUAGES or rows not in ROWS_CHOICES:
            raise InvalidRequest("that is none of the languages or row counts of this console")
        if not self._find(_build_scope(key)).is_live:
            raise InvalidRequest("that page does not go on by itself")

    async def render(self, site: Site, key: Key) -> dict[str, str]:
        """Return what stands inside each part that goes on, by its id."""
        scope = _build_scope(key)
        page = self._find(scope)
        answer = await page.handler(site, Request(scope, _receive_nothing))
        return find_parts(bytes(answer.body).decode())

    def _find(self, scope: Scope) -> Page:
        for route, page in self._pages:
            match, found = route.matches(scope)
            if match is Match.FULL and "GET" in page.methods:
                scope.update(found)
                return page
        raise NotFound("there is no such page here")


def find_parts(page: str) -> dict[str, str]:
    """Return what stands inside each element that has an id and `data-refresh`, outermost first."""
    parts: dict[str, str] = {}
    place = 0
    while (found := _PART.search(page, place)) is not None:
        place = _find_end(page, found["tag"], found.end())
        parts[found["id"]] = page[found.end() : page.rindex("<", 0, place)]
    return parts


def _find_end(page: str, tag: str, start: int) -> int:
    """Return where the element that began before `start` ends."""
    depth = 1
    for each in re.compile(rf"<(/?){tag}\b[^>]*>").finditer(page, start):
        depth += -1 if each[1] else 1
        if depth == 0:
            return each.end()
    raise AssertionError(f"<{tag}> is not closed")


def _build_scope(key: Key) -> Scope:
    """Return a request as a browser would make it that chose this language."""
    address, language, rows = key
    parts = urlsplit(address)
    cookie = f"{LANGUAGE_COOKIE}={language}; {ROWS_COOKIE}={rows}"
    return {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": unquote(parts.path),
        "root_path": "",
        "query_string": parts.query.encode("ascii"),
        "headers": [(b"host", b"localhost"), (b"cookie", cookie.encode("ascii"))],
        "client": None,
        "server": ("localhost", 80),
    }


async def _answer_nothing(_request: Request) -> None:
    """Stand in for the handler of a route that only finds."""


async def _receive_nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
