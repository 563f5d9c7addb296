"""What belongs to a running call: one frame for each contract in it.

The frame knows the session, in which the whole transaction runs; that one stands in `session`.
"""

from collections.abc import Callable
from typing import Any, NoReturn, Protocol

import msgspec

from dure.contract.limits import MEMORY_BYTES_MAX, REASON_MAX
from dure.contract.ports import Invocation, Ledger, Meter, Refusal, TransferOrder
from dure.core.types import Address, Amount


class Session(Protocol):
    """What contracts that call each other share."""

    ledger: Ledger
    meter: Meter
    built: int
    """Bytes that were built; see `count_built`."""

    def call(self, caller: Address, call: Invocation, *, read_only: bool) -> bytes:
        """Have `caller` call another contract; `read_only` allows views only."""
        ...

    def pay(self, payer: Address, order: TransferOrder) -> Amount:
        """Move money of the contract `payer` by the rule of its asset; return how much arrives."""
        ...


# A struct is made in C.
class Frame(msgspec.Struct, frozen=True, gc=False):
    """One contract's part of the call; the compiled code knows it as `$frame`."""

    session: Session
    ledger: Ledger
    meter: Meter
    contract: Address
    home: bytes
    """What the places begin with at which it stores; see `ports.build_home`."""
    sender: Address
    paid: int


Body = Callable[[Any, Invocation, tuple[Any, ...]], bytes]
"""Runs a method in a session for a call with decoded arguments; gives the result's bytes."""


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
