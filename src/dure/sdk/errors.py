"""What can go wrong between a program and a node, as the classes of `dure.core.errors`.

A node's answer names the code of an error class; the same class is raised here. A code that this
version does not know becomes `RequestRefused` or `Unavailable`, by the HTTP status.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from dure.core import errors
from dure.core.errors import DureError, Fact, Unavailable

if TYPE_CHECKING:
    from dure.sdk.receipts import FinalReceipt


class RequestRefused(DureError):
    """The node refused the request; `facts["code"]` holds the node's own code."""


class InvalidAnswer(DureError):
    """The node's answer is not what the API promises, or is larger than the client takes."""


class ContractRefused(DureError):
    """A call was refused, so its whole transaction was undone. That this is so was proved.

    `refusal` is the code of the rule, `message` the contract's own words.
    """

    def __init__(self, refusal: str, message: str, receipt: "FinalReceipt") -> None:
        super().__init__(message or refusal, refusal=refusal, call=receipt.receipt.failed_call)
        self.refusal = refusal
        self.receipt = receipt


class _ErrorBody(msgspec.Struct, frozen=True):
    code: str
    message: str
    facts: dict[str, int | str | bool | None] = {}


class _ErrorAnswer(msgspec.Struct, frozen=True):
    error: _ErrorBody


_MESSAGE_MAX: Final = 2000
_KNOWN: Final = {
    each.code: each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, DureError)
}
_NOT_FACTS: Final = frozenset({"self", "message"})


def read_error(status: int, content: bytes) -> DureError:
    """Return the error that an HTTP answer of this status stands for."""
    try:
        body = msgspec.json.decode(content, type=_ErrorAnswer).error
    except msgspec.MsgspecError:
        return build_error("", f"the node answered with HTTP status {status}", status)
    return build_error(body.code, body.message, status, body.facts)


def build_error(
    code: str, message: str, status: int, facts: Mapping[str, Fact] | None = None
) -> DureError:
    """Return the error of that code."""
    message = message[:_MESSAGE_MAX]
    kept = {name: value for name, value in (facts or {}).items() if name not in _NOT_FACTS}
    found = _KNOWN.get(code)
    if found is None:
        kind = Unavailable if status >= 500 else RequestRefused
        return kind(message, **{**kept, "code": code, "status": status})
    return found(message, **kept)
