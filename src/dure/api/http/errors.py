"""How every error leaves the API: one JSON shape, one table from class to status.

`{"error": {"code": …, "message": …, "facts": {…}}}`. The code is the class's own and never changes;
facts are for programs, bytes among them in hexadecimal. What was not raised on purpose leaves as
`internal_error` with an id that stands beside the traceback in the node's log; its text never
leaves the node.
"""

from typing import Final

import msgspec
from starlette.responses import Response

from dure.api.answers.shapes import ErrorAnswer, ErrorBody
from dure.core.errors import (
    AccessDenied,
    CallerUnknown,
    DureError,
    InvalidEncoding,
    InvalidTransaction,
    MempoolFull,
    NodeBusy,
    NotFound,
    TimedOut,
    TransactionReplayed,
    Unavailable,
    ViewRefused,
)
from dure.node.sealed.store import WrongPart


class InvalidRequest(DureError):
    """The request does not have the form that this operation takes."""


class RequestTooLarge(InvalidRequest):
    """The body is larger than the operation takes; nothing of it was kept."""


class MethodNotAllowed(InvalidRequest):
    """There is such a path, but not with that method."""


class WrongHost(AccessDenied):
    """The `Host` header names a host that this node does not answer for."""


class WrongOrigin(AccessDenied):
    """A page of another site sent the request."""


class TooManyRequests(Unavailable):
    """The client has used up its allowance; it grows again with time."""


class ReaderTooSlow(Unavailable):
    """The client does not read what it asked for.

    It may resume from the last height that it has.
    """


class InternalError(DureError):
    """The node's own fault; the id stands in its log."""


STATUS: Final[dict[type[DureError], int]] = {
    RequestTooLarge: 413,
    MethodNotAllowed: 405,
    InvalidRequest: 400,
    InvalidEncoding: 400,
    WrongPart: 409,
    WrongHost: 421,
    CallerUnknown: 401,
    AccessDenied: 403,
    TransactionReplayed: 409,
    MempoolFull: 503,
    NodeBusy: 503,
    InvalidTransaction: 422,
    ViewRefused: 422,
    NotFound: 404,
    TimedOut: 504,
    TooManyRequests: 429,
    Unavailable: 503,
    DureError: 500,
}
"""The nearest class in the order of inheritance decides."""

ERROR_STATUSES: Final = tuple(sorted(set(STATUS.values())))


def get_status(problem: DureError) -> int:
    """Return the HTTP status of an error."""
    return next(STATUS[each] for each in type(problem).__mro__ if each in STATUS)


def build_error(problem: DureError) -> ErrorAnswer:
    """Return the error as data."""
    facts = {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in problem.facts.items()
    }
    return ErrorAnswer(ErrorBody(code=problem.code, message=problem.message, facts=facts))


def render_error(problem: DureError) -> Response:
    """Return the error as a response; where it says when to try again, so does a header.

    Source: RFC 9110 section 10.2.3, whole seconds; section 11.6.1, how a caller may prove itself.
    """
    content = msgspec.json.encode(build_error(problem))
    headers: dict[str, str] = {}
    if isinstance(problem, CallerUnknown):
        headers["www-authenticate"] = 'Bearer realm="dure"'
    retry_ms = problem.facts.get("retry_after_ms")
    if isinstance(retry_ms, int):
        headers["retry-after"] = str(-(-retry_ms // 1000))
    return Response(content, get_status(problem), headers, media_type="application/json")
