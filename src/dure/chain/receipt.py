"""What came of each transaction and of each scheduled call, provable call by call.

The header's `receipt_root` is a Merkle root over receipts; each receipt carries the Merkle root
over its calls' outcomes. So one payment out of a thousand in a transaction can be proved alone,
with two short paths.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Raw

from dure.contract.ports import Refusal
from dure.core.codec import Wire, encode
from dure.core.merkle import compute_root
from dure.core.types import NO_HASH, Address, Digest, Gas, Hash, Unsigned

EVENT_BYTES_MAX: Final = 256 * 1024
EVENT_NAME_MAX: Final = 64
STATUS_MAX: Final = 64
MESSAGE_BYTES_MAX: Final = 256
"""UTF-8 bytes of a refusal's message; the rest is cut off."""


class Kind(StrEnum):
    """What a receipt is for."""

    TRANSACTION = "transaction"
    SCHEDULED = "scheduled"


OK: Final = "ok"
"""Status of a receipt whose calls all happened.

Any other status is the code of the refusal that undid them.
"""
REFUSED: Final = "refused"
"""Status where a refusal came without a code that can stand in a receipt."""


class Event(Wire, frozen=True):
    """Something that a contract, or the ledger itself, said."""

    contract: Address
    name: Annotated[str, Meta(max_length=EVENT_NAME_MAX)]
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
    status: Annotated[str, Meta(max_length=STATUS_MAX)]
    message: Annotated[str, Meta(max_length=MESSAGE_BYTES_MAX)]
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


def encode_outcome(result: bytes, events: Sequence[Event]) -> bytes:
    """Return the canonical bytes of the `Outcome` of those parts."""
    return encode((result, events))


def encode_record(receipt: bytes, outcomes: Sequence[bytes]) -> bytes:
    """Return the canonical bytes of the `Record` of those parts, which are canonical bytes too."""
    return encode((Raw(receipt), [Raw(outcome) for outcome in outcomes]))


def compute_receipt_root(records: Sequence[Record]) -> Hash:
    """Return the root that a header carries for these receipts."""
    return compute_root([encode(record.receipt) for record in records])


def build_receipt(
    kind: Kind, identity: bytes, *, gas_used: Gas, outcomes: Sequence[bytes]
) -> Receipt:
    """Return the receipt of what succeeded; `outcomes` are their canonical bytes."""
    root = compute_root(outcomes)
    return Receipt(kind, identity, OK, "", None, gas_used, root)


def build_refusal(
    kind: Kind, identity: bytes, *, gas_used: Gas, refusal: Refusal, failed_call: int
) -> Receipt:
    """Return the receipt of what was undone, with as much of the refusal's words as fits."""
    code = clean_text(refusal.code, STATUS_MAX)
    status = REFUSED if code in {"", OK} else code
    message = clean_text(refusal.message, MESSAGE_BYTES_MAX)
    return Receipt(kind, identity, status, message, failed_call, gas_used, NO_HASH)


def clean_text(text: str, bytes_max: int) -> str:
    """Return the beginning of `text` that takes at most `bytes_max` bytes of UTF-8.

    Half a surrogate pair, which has no UTF-8 form, becomes a question mark.
    """
    return text.encode(errors="replace")[:bytes_max].decode(errors="ignore")
