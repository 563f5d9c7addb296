"""What a trace consists of, as frozen data.

Gas adds up: what a call used is what entering it took, what its lines took, what was charged ahead
for lines that a refusal kept from being reached, and what the calls inside it used. A line has its
static charge, once for each time that it ran, and whatever was charged while it ran.
"""

from dataclasses import dataclass
from typing import Final

from dure.contract.ports import Payment
from dure.core.types import Address, Amount, AssetId, Gas, Hash, Instant

STEPS_MAX: Final = 10_000
"""Steps that one visit keeps; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a contract's source."""

    module: str
    """Empty for the contract's own file, else the library module."""
    line: int


@dataclass(frozen=True, slots=True)
class LineCost:
    """What one line of source took in one call."""

    place: Place
    hits: int
    gas: Gas


@dataclass(frozen=True, slots=True)
class StateRead:
    """A look at a stored value; None where there was none."""

    at: Place | None
    key: bytes
    value: bytes | None


@dataclass(frozen=True, slots=True)
class StateWrite:
    """A stored value that changed; None where there was or is none."""

    at: Place | None
    key: bytes
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Emitted:
    """An event."""

    at: Place | None
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class MoneyMoved:
    """A movement of money, or a change of an asset."""

    at: Place | None
    action: str
    """The ledger's method: `transfer`, `mint`, `burn`, `move`, `freeze`, `create_asset` …"""
    asset: AssetId
    source: Address | None
    target: Address | None
    amount: Amount | None


@dataclass(frozen=True, slots=True)
class BalanceRead:
    """A look at what a holder has."""

    at: Place | None
    asset: AssetId
    holder: Address
    amount: Amount


@dataclass(frozen=True, slots=True)
class RoleAsked:
    """A question whether somebody has a role."""

    at: Place | None
    role: str
    holder: Address
    is_held: bool


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A call that was put on the chain's schedule."""

    at: Place | None
    number: int
    time: Instant
    method: str
    arguments: bytes
    gas: Gas


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A scheduled call that was withdrawn, if it was still waiting."""

    at: Place | None
    number: int
    was_waiting: bool


@dataclass(frozen=True, slots=True)
class LedgerAsked:
    """Something that the ledger itself was asked as if it were a contract, or had to do."""

    at: Place | None
    method: str
    arguments: bytes
    result: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a call ended with nothing done, and the line that it had reached."""

    at: Place | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CallTrace:
    """One contract's part: a call from a transaction, from the schedule or from a contract."""

    at: Place | None
    """The line of the calling contract; None where no contract calls."""
    depth: int
    """1 where the ledger calls."""
    contract: Address
    code_hash: Hash
    method: str
    sender: Address
    payment: Payment | None
    arguments: bytes
    result: bytes | None
    """None where it was refused."""
    refusal: Refused | None
    gas_used: Gas
    """All of it, with the calls inside."""
    entry_gas: Gas
    """Entering the contract, reading arguments and writing the result."""
    unreached_gas: Gas
    """Charged ahead with a block of lines that a refusal cut short."""
    lines: tuple[LineCost, ...]
    """By module and line."""
    steps: "tuple[Step, ...]"
    """In the order in which they happened."""


Step = (
    StateRead
    | StateWrite
    | Emitted
    | MoneyMoved
    | BalanceRead
    | RoleAsked
    | Scheduled
    | Cancelled
    | LedgerAsked
    | CallTrace
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One time that the ledger went into the machine, and all that came of it."""

    gas_used: Gas
    entry_gas: Gas
    """Charged before or behind the calls in `steps`."""
    refusal: Refused | None
    steps: tuple[Step, ...]
    steps_left_out: int
    """Steps past `STEPS_MAX`, which are not in `steps` nor in those of the calls inside."""
