"""What a sender signs: a list of calls that happen all together or not at all."""

from collections.abc import Callable
from typing import Annotated, Final

from msgspec import Meta

from dure.core import hashing
from dure.core.codec import Wire, encode
from dure.core.types import (
    Address,
    Amount,
    AssetId,
    ChainId,
    Gas,
    Instant,
    TransactionId,
    Unsigned,
)

BODY_VERSION: Final = 1
CALLS_MAX: Final = 1024
METHOD_NAME_MAX: Final = 64
TRANSACTION_BYTES_MAX: Final = 1024 * 1024
"""No envelope is longer, whatever a chain's parameters say."""

MethodName = Annotated[str, Meta(min_length=1, max_length=METHOD_NAME_MAX)]


class Payment(Wire, frozen=True):
    """Money that moves from the caller to the called contract just before the call."""

    asset: AssetId
    amount: Amount


class Call(Wire, frozen=True):
    """One call of a transaction."""

    contract: Address
    method: MethodName
    arguments: Annotated[bytes, Meta(max_length=TRANSACTION_BYTES_MAX)]
    """Canonical bytes of the tuple of arguments, typed by the method."""
    pays: Payment | None


class Body(Wire, frozen=True):
    """What the sender signs."""

    version: Unsigned
    """Format of this body: 1."""
    chain_id: ChainId
    sender: Address
    payer: Address | None
    """Account whose organisation's quota (or fee balance) is charged instead of the sender's."""
    valid_until: Instant
    """Last block time at which the transaction may be executed."""
    salt: Annotated[bytes, Meta(min_length=8, max_length=32)]
    """Makes two otherwise equal transactions different."""
    gas_limit: Gas
    fee_limit: Amount
    """Largest fee in the chain's fee asset; 0 where the chain has none."""
    calls: Annotated[tuple[Call, ...], Meta(min_length=1, max_length=CALLS_MAX)]


compute_transaction_id: Final[Callable[[bytes], TransactionId]] = hashing.build_hasher(
    hashing.TRANSACTION
)
"""Return the hash of a body's bytes."""


def compute_asset_id(issuer: Address, code: str) -> AssetId:
    """Return the id of the asset that the contract `issuer` calls `code`."""
    return AssetId(hashing.compute_hash(hashing.ASSET, encode((issuer, code))))


def compute_contract_address(transaction_id: TransactionId, call_index: int) -> Address:
    """Return the address of the contract deployed by that call of that transaction."""
    return Address(hashing.compute_hash(hashing.CONTRACT, encode((transaction_id, call_index))))
