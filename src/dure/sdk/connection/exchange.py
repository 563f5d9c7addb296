"""How a program and a node talk, as data: no socket is opened here.

An operation is a generator. It yields what it wants done, a `Request` or a `Pause`, is sent the
`Response`, and returns its result. `Client` and `AsyncClient` carry the same operations out, one by
waiting, the other by awaiting; so everything that matters is written, and tested, once.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec

from dure.sdk.errors import InvalidAnswer, read_error

JSON: Final = "application/json"
BINARY: Final = "application/octet-stream"

REQUEST_TIMEOUT_S: Final = 10.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    All of ours may be repeated: reads change nothing, and the chain executes an envelope once.
    """

    method: str
    path: str
    query: Mapping[str, str | int | float] = field(default_factory=dict)
    content: bytes = b""
    media: str = JSON
    timeout_s: float = REQUEST_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait a moment before the next request."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Response:
    """What came back; a pause is answered by an empty one."""

    status: int
    content: bytes
    at_s: float
    """When, on a clock that only ever moves forward."""


Step = Request | Pause
Operation = Generator[Step, Response, T]


def send(request: Request) -> Operation[Response]:
    """Yield the request; return the answer, or raise the error that the node answered with."""
    response = yield request
    if response.status >= 400:
        raise read_error(response.status, response.content)
    return response


def get(type_: type[T], path: str, **query: str | float) -> Operation[T]:
    """Read a JSON answer of that type; raise `InvalidAnswer` where it is another."""
    response = yield from send(Request("GET", path, query))
    return read_answer(type_, response)


def post(type_: type[T], path: str, body: Any, **query: str | float) -> Operation[T]:
    """Send JSON and read a JSON answer of that type."""
    content = msgspec.json.encode(body)
    response = yield from send(Request("POST", path, query, content))
    return read_answer(type_, response)


def read_answer(type_: type[T], response: Response) -> T:
    """Return the JSON answer; fields that this version does not know are left out."""
    try:
        return msgspec.json.decode(response.content, type=type_)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as problem:
        message = f"the node's answer is not the one that the API promises: {problem}"
        raise InvalidAnswer(message) from problem
