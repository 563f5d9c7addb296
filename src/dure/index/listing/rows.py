"""The rows of the chain's own lists. Each field is the column of that name in the description."""

from dataclasses import dataclass

from dure.core.types import Address, Height, TransactionId


@dataclass(frozen=True, slots=True)
class CallName:
    """Which method of which contract a transaction calls."""

    contract: Address
    method: str


@dataclass(frozen=True, slots=True)
class ListedTransaction:
    """One transaction of a block that is here."""

    transaction_id: TransactionId
    height: Height
    position: int
    time: int
    """Of its block, as for all rows below."""
    sender: Address
    payer: Address | None
    calls: tuple[CallName, ...]
    """Those that were reached: all of them, or up to the one that refused."""
    calls_total: int
    status: str
    """`ok`, or the code of the refusal that undid it."""
    message: str
    gas_used: int
    finality: str


@dataclass(frozen=True, slots=True)
class ListedCall:
    """One call of a transaction. Its arguments are in the stored block alone."""

    height: Height
    position: int
    call: int
    """Number in the transaction, from 0."""
    transaction_id: TransactionId
    time: int
    sender: Address
    contract: Address
    method: str
    status: str
    """Of the whole transaction: its calls happen all together or not at all."""


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """One account that has sent, paid for, or been named in the ledger's own events.

    Accounts are gathered in quiet moments: under load the list is some seconds old.
    """

    address: Address
    first_height: Height
    last_height: Height
    sent: int
    """Transactions that it sent."""
    paid: int
    """Transactions of others that it paid for."""
    named: int
    """Events of the ledger in which it stands: money moved, keys changed."""


@dataclass(frozen=True, slots=True)
class ListedContract:
    """One contract whose deployment, or first event, stands in a block that is here."""

    address: Address
    name: str
    """Of its class when it was first seen; empty where nobody could tell."""
    height: Height
    """Of the block of the deployment, or of the first event."""
    position: int | None
    call: int | None
    transaction_id: TransactionId | None
    """The call of a transaction that deployed it.

    None where a contract's decision did, or a chain before this one.
    """
