"""Who may call a method: `@only(role=…)`, `@only(party=…)`, and the chain's scheduler."""

from collections.abc import Callable
from typing import Final

from dure.contract.gas import ROLE
from dure.contract.limits import REASON_MAX
from dure.contract.runtime.frame import Frame, refuse
from dure.contract.runtime.lists import StoredList
from dure.contract.runtime.state import Accessors
from dure.contract.shapes import Method

Question = Callable[[Frame], bool]
"""Whether the sender is one of those that a mark means."""

_NOBODY: Final = b""


def build_caller_check(
    method: Method, fields: dict[str, Accessors | StoredList]
) -> Callable[[Frame], None] | None:
    """Return what refuses other callers than the marks allow; None where anybody may call.

    Roles are asked first, then parties; the first that fits is enough.
    """
    if method.kind == "scheduled":
        return _check_scheduler
    questions = [_ask_role(role) for role in method.roles]
    questions += [_ask_party(fields[party]) for party in method.parties]
    words = [f"not {_find_article(role)} {role}" for role in method.roles]
    words += [_describe_party(party, fields[party]) for party in method.parties]
    message = " and ".join(words)

    def check(frame: Frame) -> None:
        if not any(ask(frame) for ask in questions):
            refuse("not_permitted", message[:REASON_MAX])

    return check if questions else None


def _check_scheduler(frame: Frame) -> None:
    if frame.sender != frame.contract:
        refuse("not_permitted", "only the chain's scheduler may call this method")


def _ask_role(role: str) -> Question:
    def ask(frame: Frame) -> bool:
        frame.meter.charge(ROLE)
        return frame.ledger.has_role(frame.contract, role, frame.sender)

    return ask


def _ask_party(field: Accessors | StoredList) -> Question:
    if isinstance(field, StoredList):
        holds = field.holds
        return lambda frame: holds(frame, frame.sender)
    key, read_or = field.key, field.read_or
    assert isinstance(key, bytes), "the checker lets a mark name a Var or a List only"
    return lambda frame: bool(read_or(frame, _NOBODY, key) == frame.sender)


def _find_article(role: str) -> str:
    return "an" if role[0].lower() in "aeiou" else "a"


def _describe_party(name: str, field: Accessors | StoredList) -> str:
    words = name.replace("_", " ")
    return f"not one of the {words}" if isinstance(field, StoredList) else f"not the {words}"
