"""One operation of the API as data, and reading its parameters.

Routes, the OpenAPI document and the page at /docs are all made from these, so none can say
something else.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from dure.api.access.roles import Act
from dure.api.http.errors import InvalidRequest
from dure.api.service import Service
from dure.core.address import TEXT_LENGTH, decode_address
from dure.core.errors import InvalidEncoding
from dure.core.types import INT_MAX, Address, Hash, Height

T = TypeVar("T")

Handler = Callable[[Service, Request], Awaitable[Response]]
SocketHandler = Callable[[Service, WebSocket], Awaitable[None]]

JSON: Final = "application/json"
BINARY: Final = "application/octet-stream"
TEXT: Final = "text/plain"
HTML: Final = "text/html"

PATH_PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "height": {"type": "integer", "minimum": 0, "description": "Number of a block."},
    "id": {
        "type": "string",
        "pattern": "^[0-9a-f]{64}$",
        "description": "A transaction id or scheduled call id in hexadecimal.",
    },
    "address": {
        "type": "string",
        "minLength": TEXT_LENGTH,
        "maxLength": TEXT_LENGTH,
        "description": "An address, dure1…",
    },
    "name": {
        "type": "string",
        "pattern": "^[0-9a-f]{64}$",
        "description": "The random name of a sealed record in hexadecimal.",
    },
    "application": {
        "type": "string",
        "maxLength": 40,
        "description": "An application's slug, or `chain` for the chain's own lists.",
    },
    "table": {"type": "string", "maxLength": 40, "description": "Name of a list."},
    "version": {"type": "integer", "minimum": 0, "description": "Number of a contract's version."},
    "method": {"type": "string", "description": "Name of a read-only method."},
    "key": {
        "type": "string",
        "pattern": "^([0-9a-f]{2}){1,512}$",
        "description": "A state key in hexadecimal.",
    },
}


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The query of an operation; its fields are the parameters that may stand there."""


class NoParameters(Parameters, frozen=True):
    """No query."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method of one path does."""

    method: str
    path: str
    summary: str
    handler: Handler
    answer: Any
    """Shape of the answer with status 200; None where it is no JSON."""
    media: str = JSON
    query: type[Parameters] = NoParameters
    act: Act = Act.READ
    body: Any = None
    """Type of the JSON body, where one is taken."""
    takes_binary: bool = False
    """Whether the body may also be raw bytes; without a JSON body it is nothing else."""
    also: tuple[tuple[int, Any], ...] = ()
    """Other statuses that are no errors, with the shape of each."""

    @property
    def answers(self) -> dict[int, Any]:
        """The shape of the answer by status."""
        return {200: self.answer, **dict(self.also)}


@dataclass(frozen=True, slots=True)
class Socket:
    """A WebSocket at one path."""

    path: str
    summary: str
    handler: SocketHandler
    description: str
    query: type[Parameters] = NoParameters
    items: tuple[Any, ...] = ()
    """Types of the JSON items that it sends."""


def read_query(connection: HTTPConnection, type_: type[T]) -> T:
    """Return the query as its type; raise `InvalidRequest` with the parameter that does not fit."""
    pairs = connection.query_params.multi_items()
    if len({name for name, _ in pairs}) != len(pairs):
        raise InvalidRequest("a parameter stands twice in the query")
    try:
        return msgspec.convert(dict(pairs), type_, strict=False)
    except msgspec.ValidationError as problem:
        raise InvalidRequest(f"the query does not fit: {problem}") from None


async def read_json(request: Request, type_: type[T]) -> T:
    """Return the body as its type; raise `InvalidRequest`."""
    try:
        return msgspec.json.decode(await request.body(), type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        message = f"the body is not the JSON that this operation takes: {problem}"
        raise InvalidRequest(message) from None


def read_height(request: Request) -> Height:
    """Return the height in the path."""
    return Height(read_number(request.path_params["height"], "a height"))


def read_version(request: Request) -> int:
    """Return the number of a contract's version in the path."""
    return read_number(request.path_params["version"], "a version")


def read_id(request: Request) -> bytes:
    """Return the 32 bytes of the id in the path."""
    text = request.path_params["id"]
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise InvalidRequest("an id has 64 hexadecimal digits, in small letters")
    return bytes.fromhex(text)


def read_name(request: Request) -> Hash:
    """Return the name of a sealed record in the path."""
    text = request.path_params["name"]
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise InvalidRequest("a record's name has 64 hexadecimal digits, in small letters")
    return Hash(bytes.fromhex(text))


def read_key(request: Request) -> bytes:
    """Return the state key in the path."""
    text = request.path_params["key"]
    if not re.fullmatch(r"([0-9a-f]{2}){1,512}", text):
        raise InvalidRequest("a state key has 1 to 512 bytes in hexadecimal, in small letters")
    return bytes.fromhex(text)


def read_address(text: str) -> Address:
    """Return an address of the path or the query."""
    try:
        return decode_address(text)
    except InvalidEncoding as problem:
        raise InvalidRequest(problem.message) from None


def read_number(text: str, what: str) -> int:
    """Return a number of the path; raise `InvalidRequest` that calls it `what`."""
    if not re.fullmatch(r"[0-9]{1,19}", text, re.ASCII) or int(text) > INT_MAX:
        raise InvalidRequest(f"{what} is a number from 0")
    return int(text)


def answer_json(answer: msgspec.Struct, status: int = 200) -> Response:
    """Return an answer as a response."""
    return Response(msgspec.json.encode(answer), status, media_type=JSON)
