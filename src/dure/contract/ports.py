"""What the contract machine asks of the ledger, and what the ledger asks of the machine.

The machine knows nothing of blocks, trees or signatures: it sees a `Ledger`. The ledger knows
nothing of Python: it sees a `Machine`. Nothing here rolls back: a call that fails ends its whole
transaction, and the ledger then drops everything that the transaction wrote.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from dure.contract.bundle import Source
from dure.core.types import Address, Amount, AssetId, ChainId, Gas, Hash, Height, Instant


class Refusal(Exception):
    """A call ends with nothing done.

    `code` is one of our own words and never changes; `message` is the contract's or ours. No word
    of CPython's ever gets here: messages of exceptions differ between versions, and receipts are
    hashed.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Meter:
    """Gas that is left to one transaction.

    The machine counts `left` down and refuses with `out_of_gas` below zero.
    """

    __slots__ = ("left", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = self.left = limit

    def charge(self, gas: int) -> None:
        """Take `gas`; raise the `out_of_gas` refusal where less is left."""
        self.left -= gas
        if self.left < 0:
            raise Refusal("out_of_gas", "the gas limit is used up")

    @property
    def used(self) -> Gas:
        """Gas used so far, never more than the limit."""
        return Gas(self.limit - self.left if self.left > 0 else self.limit)


# A struct is made five times as fast as a frozen dataclass; these are made for every call.
class Payment(msgspec.Struct, frozen=True, gc=False):
    """Money that moves from the caller to the callee before the call runs."""

    asset: AssetId
    amount: Amount


class Invocation(msgspec.Struct, frozen=True, gc=False):
    """One call as the machine sees it; the payment has already moved."""

    contract: Address
    method: str
    arguments: bytes
    """Canonical bytes of the tuple of arguments, typed by the method's signature."""
    sender: Address
    """Who calls: the transaction's sender, the calling contract, or, when scheduled, itself."""
    payment: Payment | None


class TransferOrder(msgspec.Struct, frozen=True, gc=False):
    """Money on its way from one holder to another."""

    asset: AssetId
    source: Address
    target: Address
    amount: Amount


class Installed(msgspec.Struct, frozen=True, gc=False):
    """What stands at a contract's address."""

    code_hash: Hash
    is_stopped: bool
    """Whether the members stopped the contract: it answers views only."""


@dataclass(frozen=True, slots=True)
class TransferRule:
    """The method of an issuing contract that allows or refuses each transfer of its asset."""

    issuer: Address
    method: str


LEDGER_ADDRESS: Final = Address(bytes(31) + b"\1")
"""Where contracts see the ledger itself, as if it were another one; see `Ledger.perform`."""

STORAGE: Final = b"v"
_HOME_BYTES: Final = len(STORAGE) + 32


def build_home(contract: Address) -> bytes:
    """Return what every place begins with at which a contract stores something.

    A *place* is the key of the ledger's state: home, and the contract's own key.
    """
    return STORAGE + contract


def is_place(key: bytes) -> bool:
    """Say whether a key of the state is one at which a contract stores something."""
    return len(key) >= _HOME_BYTES and key.startswith(STORAGE)


def split_place(place: bytes) -> tuple[Address, bytes]:
    """Return contract and key of a place."""
    return Address(place[len(STORAGE) : _HOME_BYTES]), place[_HOME_BYTES:]


class Ledger(Protocol):
    """The ledger as a running contract sees it, inside one transaction or one scheduled call.

    What is stored is read and written by its whole place, which the contract's code builds in one
    step: a transfer takes 0.4 µs longer where the ledger puts contract and key together.

    Money methods raise `Refusal` with `insufficient_balance`, `frozen`, `not_issuer` or
    `unknown_asset`.
    """

    @property
    def height(self) -> Height: ...
    @property
    def time(self) -> Instant:
        """Ledger time: header time plus the chain's offset."""
        ...

    @property
    def chain_id(self) -> ChainId: ...

    def read(self, place: bytes) -> bytes | None:
        """Return what a contract stored at `place`, or None; see `build_home`."""
        ...

    def write(self, place: bytes, value: bytes | None) -> None:
        """Store `value` at `place`; None removes."""
        ...

    def get_program(self, contract: Address) -> Installed:
        """Return which code stands there; raise `Refusal('unknown_contract')`."""
        ...

    def has_role(self, contract: Address, role: str, holder: Address) -> bool:
        """Say whether the members gave `holder` the role at this contract."""
        ...

    def emit(self, contract: Address, name: str, data: bytes) -> None:
        """Add an event to the receipt; `data` is the canonical tuple of the event's fields."""
        ...

    def schedule(
        self, contract: Address, at: Instant, method: str, arguments: bytes, gas: Gas
    ) -> int:
        """Have `method` called at ledger time `at` or as soon after as blocks allow.

        Return the call's number. Its gas is paid for now: by the machine, from the meter, unless
        `pays_for_schedules` says that the ledger takes it from the quota of the contract's owner.
        """
        ...

    @property
    def pays_for_schedules(self) -> bool:
        """Whether this runs inside a scheduled call, so that what repeats can go on for ever."""
        ...

    def cancel(self, contract: Address, number: int) -> bool:
        """Withdraw a scheduled call of this contract; say whether it was still waiting."""
        ...

    def consult(self, method: str, arguments: bytes) -> bytes:
        """Answer a reading method that the ledger has for contracts.

        Arguments and result are canonical bytes, as between contracts.
        """
        ...

    def perform(self, contract: Address, method: str, arguments: bytes) -> bytes:
        """Do what the ledger does for a contract, if at all: the governance contract's decisions.

        Like `consult`, and charged to the meter.
        """
        ...

    def get_balance(self, asset: AssetId, holder: Address) -> Amount: ...
    def transfer(
        self, asset: AssetId, source: Address, target: Address, amount: Amount
    ) -> None: ...
    def create_asset(self, issuer: Address, code: str, decimals: int) -> AssetId:
        """Register an asset whose issuing contract is `issuer`."""
        ...

    def mint(self, issuer: Address, asset: AssetId, target: Address, amount: Amount) -> None: ...
    def burn(self, issuer: Address, asset: AssetId, source: Address, amount: Amount) -> None: ...
    def freeze(self, issuer: Address, asset: AssetId, holder: Address, frozen: bool) -> None: ...
    def move(
        self, issuer: Address, asset: AssetId, source: Address, target: Address, amount: Amount
    ) -> None:
        """Move an own asset between others; a frozen holder's money stays where it is."""
        ...

    def set_transfer_rule(self, issuer: Address, asset: AssetId, method: str) -> None:
        """Have `method` of the issuer asked before each transfer of its asset."""
        ...

    def get_transfer_rule(self, asset: AssetId) -> TransferRule | None:
        """Return who is asked before the asset moves; None where nobody is, or it is unknown."""
        ...


class Machine(Protocol):
    """Checks, loads and runs contracts.

    `node` may put worker processes behind it; results are the same.
    """

    def load(self, source: Source) -> Hash:
        """Check and compile; return the code hash, under which it stays known.

        Raise `Refusal('unsafe_code')`.
        """
        ...

    def open(self, ledger: Ledger, meter: Meter) -> "Running":
        """Begin one transaction, one scheduled call or one view."""
        ...


class Running(Protocol):
    """One transaction in the machine.

    Every method raises `Refusal`; then the ledger drops what was written, and this is of no more
    use. What one call builds in memory does not count for the next.
    """

    def invoke(self, call: Invocation) -> bytes:
        """Run one state-changing call, or `@init` when the method is `init`.

        Return the canonical bytes of the result.
        """
        ...

    def view(self, call: Invocation) -> bytes:
        """Run a read-only method."""
        ...

    def upgrade(self, call: Invocation, *, before: Hash) -> None:
        """Begin to run a contract's new code, which the ledger already names, after `before`.

        Refuse `incompatible_state` where a field has another type than before, or a new class of
        the same name could not read what the old one stored. Then run `@migrate` with the call's
        arguments; without one they are the empty tuple.
        """
        ...

    def transfer(self, order: TransferOrder) -> Amount:
        """Move money by the rule of its asset; return how much arrives, which a fee may lower."""
        ...
