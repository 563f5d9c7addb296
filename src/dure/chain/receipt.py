"""What came of each transaction and of each scheduled call, provable call by call.

The header's `receipt_root` is a Merkle root over receipts; each receipt carries the Merkle root over its calls'
outcomes. So one payment out of a thousand in a transaction can be proved alone, with two short paths.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from dure.core.codec import Wire, encode
from dure.core.merkle import compute_root
from dure.core.types import Address, Digest, Gas, Hash, Unsigned

EVENT_BYTES_MAX = 64 * 1024


class Kind(StrEnum):
    """What a receipt is for."""

    TRANSACTION = "transaction"
    SCHEDULED = "scheduled"


OK = "ok"
"""Status of a receipt whose calls all happened; any other status is the code of the refusal that undid them."""


class Event(Wire, frozen=True):
    """Something that a contract, or the ledger itself, said."""

    contract: Address
    name: Annotated[str, Meta(max_length=64)]
    data: Annotated[bytes, Meta(max_length=EVENT_BYTES_MAX)]
    """Canonical bytes of the tuple of the event's fields."""


class Outcome(Wire, frozen=True):
    """What one call did."""

    result: bytes
    """Canonical bytes of the call's result."""
    events: tuple[Event, ...]


class Receipt(Wire, frozen=True):
    """The leaf under the header's receipt root."""

    kind: Kind
    id: Digest
    """Transaction id, or the scheduled call's id."""
    status: Annotated[str, Meta(max_length=64)]
    message: Annotated[str, Meta(max_length=256)]
    """The contract's own words where it refused; empty otherwise."""
    failed_call: Unsigned | None
    """Index of the call that refused."""
    gas_used: Gas
    outcomes_root: Hash
    """Merkle root over the outcomes, one a call; 32 zero bytes where the calls were undone."""


class Record(Wire, frozen=True):
    """A receipt with the outcomes that it commits to, as nodes keep it."""

    receipt: Receipt
    outcomes: tuple[Outcome, ...]


def compute_outcomes_root(outcomes: tuple[Outcome, ...]) -> Hash:
    """Return the root that a receipt carries for these outcomes."""
    return compute_root([encode(outcome) for outcome in outcomes])


def compute_receipt_root(records: list[Record]) -> Hash:
    """Return the root that a header carries for these receipts."""
    return compute_root([encode(record.receipt) for record in records])
