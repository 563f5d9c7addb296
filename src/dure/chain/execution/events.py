"""The events that one transaction leaves: bounded while they are gathered, told call by call."""

from typing import Final

import msgspec

from dure.chain.receipt import EVENT_BYTES_MAX, EVENT_NAME_MAX, Event, encode_outcome
from dure.contract.ports import Refusal
from dure.core.types import Address

EVENTS_MAX: Final = 4096
EVENTS_BYTES_MAX: Final = 1024 * 1024
"""Data of all events of one transaction or scheduled call."""


class EventLog(msgspec.Struct, gc=False, kw_only=True):
    """Collects events; refuses where a transaction leaves too many or too much.

    A session is one: `emit` is a function less away from contracts than behind a field. A struct,
    because one is made for every transaction.
    """

    _events: list[Event] = []
    """Of the call that runs; each log has a list of its own."""
    _count: int = 0
    """Of the whole transaction, as are the bytes."""
    _bytes: int = 0

    def emit(self, contract: Address, name: str, data: bytes) -> None:
        """Append one event; raise the refusal `too_large`."""
        size = len(data)
        self._count = count = self._count + 1
        self._bytes = total = self._bytes + size
        if count > EVENTS_MAX or total > EVENTS_BYTES_MAX:
            raise Refusal(
                "too_large",
                f"a transaction leaves {EVENTS_MAX} events of {EVENTS_BYTES_MAX} bytes at most",
            )
        if size > EVENT_BYTES_MAX or len(name) > EVENT_NAME_MAX:
            raise Refusal("too_large", "the event or its name is too long")
        self._events.append(Event(contract, name, data))

    def end_call(self, result: bytes) -> bytes:
        """Return the canonical bytes of the `Outcome` of the call that ends with that result."""
        outcome = encode_outcome(result, self._events)
        self._events.clear()
        return outcome
