"""Reading requests of the admin console: bodies, cookies, the page's token. Nothing is believed.

Rules
-----
1. Whatever changes something is a POST with the console's own `Origin` and a JSON body. A browser
   sends neither for another site without asking first, and this console never says yes.
2. Behind TLS the cookies have the prefix `__Host-`: no other host can have set them.
3. A cookie that comes twice counts as none: one of both comes from somewhere else.
"""

from typing import Any, Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from dure.api.http.errors import InvalidRequest, RequestTooLarge, WrongOrigin
from dure.console.admin.acts import NetworkName, NodeName
from dure.console.rendering import HEADERS
from dure.core.errors import NotFound

SESSION_COOKIE: Final = "dure_operator"
DOOR_COOKIE: Final = "dure_operator_door"
TOKEN_HEADER: Final = "x-dure-operator"  # noqa: S105 - a header's name
COOKIE_BYTES_MAX: Final = 4_096
JSON: Final = "application/json"

T = TypeVar("T")


async def read_body(request: Request, type_: type[T], *, bytes_max: int = 16 * 1024) -> T:
    """Return the JSON body of a POST of this console's own pages; raise what is wrong with it."""
    if "origin" not in request.headers:
        raise WrongOrigin("the browser does not say which page sent this")
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON:
        raise InvalidRequest(f"the body is {JSON}")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > bytes_max:
            raise RequestTooLarge(f"the body has at most {bytes_max} bytes", bytes_max=bytes_max)
    try:
        return msgspec.json.decode(bytes(content), type=type_)
    except (msgspec.MsgspecError, ValueError, RecursionError) as problem:
        raise InvalidRequest(f"that is no such request: {str(problem)[:300]}") from problem


def read_network(request: Request) -> str:
    """Return the network that the path names; raise `NotFound` for what can be no name."""
    return _read_name(request, "network", NetworkName)


def read_node(request: Request) -> str:
    """Return the node that the path names; raise `NotFound` for what can be no name."""
    return _read_name(request, "node", NodeName)


def read_number(text: str) -> int:
    """Return a number of a path or query; raise `InvalidRequest`."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidRequest("that is no number")
    return int(text)


def read_cookie(request: Request, name: str) -> str:
    """Return a cookie's value, empty where there is none that counts."""
    lines = request.headers.getlist("cookie")
    if sum(map(len, lines)) > COOKIE_BYTES_MAX:
        return ""
    wanted = _name_cookie(request, name)
    pairs = [part.strip().partition("=") for line in lines for part in line.split(";")]
    values = [value for each, _, value in pairs if each == wanted]
    return values[0] if len(values) == 1 else ""


def set_cookie(request: Request, answer: Response, name: str, value: str) -> None:
    """Give the browser a cookie that no script and no other site can use; it ends with it."""
    answer.set_cookie(
        _name_cookie(request, name),
        value,
        httponly=True,
        samesite="strict",
        secure=_is_secure(request),
        path="/",
    )


def forget_cookie(request: Request, answer: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    answer.delete_cookie(
        _name_cookie(request, name),
        httponly=True,
        samesite="strict",
        secure=_is_secure(request),
        path="/",
    )


def answer_json(value: Any, status: int = 200) -> Response:
    """Return a value as JSON that no cache keeps and no browser takes for something else."""
    return Response(msgspec.json.encode(value), status, headers=HEADERS, media_type=JSON)


def _read_name(request: Request, parameter: str, type_: Any) -> str:
    try:
        name: str = msgspec.convert(request.path_params[parameter], type_)
    except msgspec.ValidationError as problem:
        raise NotFound(f"there is no such {parameter} on this host") from problem
    return name


def _name_cookie(request: Request, name: str) -> str:
    return f"__Host-{name}" if _is_secure(request) else name


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https"
