"""What belongs to a running call.

The session of the whole top-level call, and one frame for each contract in it.
"""

from collections.abc import Callable
from typing import NoReturn, Protocol

import msgspec

from dure.contract.limits import MEMORY_BYTES_MAX, REASON_MAX
from dure.contract.ports import Invocation, Ledger, Meter, Refusal, TransferOrder
from dure.core.types import Address, Amount


class Run(Protocol):
    """Runs a nested call."""

    def __call__(self, session: "Session", call: Invocation, *, read_only: bool = False) -> bytes:
        """Return the result's bytes; `read_only` allows views only."""
        ...


Transfer = Callable[["Session", TransferOrder], Amount]
"""Moves money by the rule of its asset; returns how much arrives."""


# Structs are made in C; one of each is made for every call.
class Session(msgspec.Struct, gc=False):
    """One top-level call with everything that it calls.

    They share the meter, the memory and the guard.
    """

    run: Run
    transfer: Transfer
    ledger: Ledger
    meter: Meter
    read_only: bool = False
    stack: list[Address] = []
    """Contracts that are being called, the innermost last; each session has a list of its own."""
    built: int = 0
    """Bytes that were built; see `count_built`."""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One contract's part of the call; the compiled code knows it as `$f`."""

    session: Session
    ledger: Ledger
    meter: Meter
    contract: Address
    sender: Address
    paid: int


def refuse(code: str, message: str) -> NoReturn:
    """End the call."""
    raise Refusal(code, message)


def refuse_reason(reason: str) -> NoReturn:
    """End the call because a `require` does not hold."""
    raise Refusal("refused", reason[:REASON_MAX])


def run_out() -> NoReturn:
    """End the call because its gas is used up."""
    raise Refusal("out_of_gas", "the gas limit is used up")


def count_built(frame: Frame, size: int) -> None:
    """Note that the contract built a value of `size` bytes; refuse past the memory bound."""
    session = frame.session
    session.built += size
    if session.built > MEMORY_BYTES_MAX:
        refuse_memory()


def refuse_memory() -> NoReturn:
    """End the call because it builds too much."""
    refuse("too_large", "the call builds more data than is allowed")
