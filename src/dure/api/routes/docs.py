"""`/openapi.json` and `/docs`: the table of operations for programs and for people.

The page has no script at all.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dure.api.routes.openapi import build_openapi
from dure.api.routes.operation import HTML, JSON, Operation, Socket

HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}

_FOLDER: Final = Path(__file__).parent / "pages"


def build_docs_routes(
    operations: tuple[Operation, ...], sockets: tuple[Socket, ...]
) -> list[Route]:
    """Return the routes of the description."""
    json, page = _write(operations, sockets)
    style = (_FOLDER / "docs.css").read_bytes()

    async def get_openapi(_request: Request) -> Response:
        return Response(json, media_type=JSON)

    async def get_docs(_request: Request) -> Response:
        return Response(page, media_type=HTML, headers=HEADERS)

    async def get_style(_request: Request) -> Response:
        return Response(style, media_type="text/css", headers=HEADERS)

    return [
        Route("/openapi.json", get_openapi),
        Route("/docs", get_docs),
        Route("/docs/style.css", get_style),
    ]


@cache
def _write(operations: tuple[Operation, ...], sockets: tuple[Socket, ...]) -> tuple[bytes, str]:
    """Return both documents; they never change while the program runs."""
    document = build_openapi(operations, sockets)
    return msgspec.json.encode(document), render_docs(document)


def render_docs(document: dict[str, Any]) -> str:
    """Return the page for an OpenAPI document."""
    environment = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True)
    environment.filters["shape"] = _name_shape
    return environment.get_template("docs.html").render(document=document)


def _name_shape(schema: dict[str, Any]) -> str:
    """Return a short name for a schema: the struct's, or the plain type."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_name_shape(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_name_shape(schema.get('items') or {})}"
    return str(schema.get("type", "any value"))
