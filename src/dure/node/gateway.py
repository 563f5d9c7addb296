"""What the rest of a program may ask of a running node.

The one port between `node` and `index`, `api`, `console`.

The real node implements it on its event loop; tests may implement it on an executor alone.
Everything that a gateway hands out is final on the engines that finalize; engines that may undo a
block hand it out again as retracted.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dure.chain.executor import Executor
from dure.chain.genesis.document import GenesisDocument
from dure.chain.transaction import Transaction
from dure.core.attestation import Attestation
from dure.core.errors import InvalidTransaction
from dure.core.types import ChainId, Height, Instant, PublicKey, TransactionId
from dure.node.dissemination import BodyCounts
from dure.node.driver.phases import Phases
from dure.node.ports import StoredBlock
from dure.node.pressure.turns import Turns
from dure.node.verification.requests import Counts
from dure.proof.file import Handover


class Finality(StrEnum):
    """How sure an item is.

    Every event, receipt and block that leaves a node carries one of these.
    """

    PENDING = "pending"
    FINAL = "final"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class Notice:
    """A block that became (or ceased to be) part of the chain."""

    stored: StoredBlock
    finality: Finality
    confirmations: int
    """Blocks on top of this one, itself counted; final engines say 1 and mean for ever."""


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """One other member of the network as this node sees it."""

    key: PublicKey
    name: str
    connected: bool
    height: Height | None
    """Its last known height."""
    bytes_sent: int = 0
    """To it, over the present connection, as `frames_sent`; before encryption."""
    frames_sent: int = 0


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """What an operator sees first."""

    name: str
    chain_id: ChainId
    chain_name: str
    test: bool
    height: Height
    block_time: Instant
    ledger_time: Instant
    state_root: bytes
    validator_key: PublicKey
    is_validator: bool
    engine: str
    """One line in words: what the engine is doing and whom it waits for."""
    explanation: tuple[str, ...]
    """Why the chain advances or does not, one sentence each; see `dure.node.diagnosis`."""
    waiting: int
    """Transactions in the mempool."""
    peers: tuple[PeerStatus, ...]
    syncing: bool


@dataclass(frozen=True, slots=True)
class KeptHistory:
    """Which blocks a node has."""

    oldest: Height
    """From here on every block up to the head is here."""
    is_growing: bool
    """Whether the older ones are being fetched."""


@dataclass(frozen=True, slots=True)
class WaitingTransaction:
    """A transaction that a node has admitted and no block holds yet."""

    transaction: Transaction
    since: Instant
    """When it came to this node, on this node's clock."""


@dataclass(frozen=True, slots=True)
class StorageUse:
    """What a node keeps on its disk."""

    log_bytes: int
    """Of the log of blocks."""
    state_bytes: int
    """Of the database that holds the state and finds blocks."""
    journal_bytes: int
    """Of what a validator wrote down before it signed."""
    history: str
    """`archive` where every block is kept, else as the node's configuration has it."""


class Gateway(Protocol):
    """A running node as seen from inside its process. All calls belong to the node's event loop."""

    @property
    def executor(self) -> Executor:
        """The ledger at the head: for reading, proving and views."""
        ...

    @property
    def document(self) -> GenesisDocument:
        """The genesis document of the chain."""
        ...

    def get_status(self) -> NodeStatus: ...

    def list_waiting(self, count: int) -> list[WaitingTransaction]:
        """Return up to `count` transactions that wait for a block, oldest first."""
        ...

    def measure_storage(self) -> StorageUse:
        """Return what the node's files take. Looks at the disk, so ask in a thread."""
        ...

    @property
    def phases(self) -> Phases:
        """How long the engine stood in each of its phases since the node started."""
        ...

    @property
    def turns(self) -> Turns:
        """How long the turns of the node's event loop take."""
        ...

    @property
    def bodies(self) -> BodyCounts:
        """What this node named of blocks instead of sending it, and what it joined and fetched."""
        ...

    @property
    def verification(self) -> Counts:
        """What the processes did that check signatures for this node."""
        ...

    async def submit(self, envelopes: Sequence[bytes]) -> list[TransactionId | InvalidTransaction]:
        """Admit envelopes to the mempool, in order.

        Each is either waiting now or refused with its reason.
        """
        ...

    async def wait_final(
        self, transaction_id: TransactionId, timeout_s: float
    ) -> tuple[StoredBlock, int]:
        """Return the block that holds the transaction and its index there.

        Raise `TimedOut`, or the refusal that dropped it.
        """
        ...

    def load_block(self, height: Height) -> StoredBlock | None:
        """Return a stored block; None above the head or where it was pruned.

        The genesis block (0) has no certificate seals.
        """
        ...

    def load_handover(self, height: Height) -> Handover | None:
        """Return the handover of a block that is itself not here."""
        ...

    def get_history(self) -> KeptHistory:
        """Return which blocks are here."""
        ...

    def find_transaction(self, transaction_id: TransactionId) -> tuple[Height, int] | None:
        """Return height and index among the block's transactions of a stored transaction."""
        ...

    def attest(self) -> Attestation:
        """Return this node's word, signed by its consensus key, that it runs and is in sync.

        Raise `Unavailable` where it is not, or may not sign.
        """
        ...

    def subscribe(self, from_height: Height) -> AsyncIterator[Notice]:
        """Yield stored blocks from `from_height` on and then each new one.

        A reader too slow, or one for whom a block between is not here, is ended with `Unavailable`.
        """
        ...
