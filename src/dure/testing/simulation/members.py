"""One member of a simulated network: what outlives a crash, and the driver while it runs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from dure.chain.candidate import Candidate
from dure.chain.executor import Executor
from dure.chain.genesis.document import GenesisDocument
from dure.chain.transaction import KeyPolicy, Transaction, compute_address
from dure.consensus.pbft.messages import Message
from dure.contract.ports import Machine
from dure.core.block import Block
from dure.core.errors import InvalidTransaction, StorageError
from dure.core.types import Address, BlockId, Instant, PublicKey
from dure.identity.keys import SigningKey
from dure.node.catching_up import SyncSettings
from dure.node.driver import Driver
from dure.node.driver.muteness import Muteness
from dure.node.ports import StoredBlock
from dure.testing.simulation.ports.disk import SimulatedDisk
from dure.testing.simulation.ports.network import SimulatedNetwork
from dure.testing.simulation.ports.power import Pace, Power
from dure.testing.simulation.ports.signer import SimulatedSigner

if TYPE_CHECKING:
    from dure.testing.simulation.liars.liar import Liar
    from dure.testing.simulation.lives import Life


@dataclass(frozen=True, slots=True)
class Said:
    """A member sends an engine's message: to one peer, or (None) to all."""

    message: Message
    target: PublicKey | None


@dataclass(frozen=True, slots=True)
class MadeFinal:
    """A block is final and durable at a member."""

    stored: StoredBlock


@dataclass(frozen=True, slots=True)
class Told:
    """Something that needs no more than its words."""

    text: str


Watch = Callable[["SimulatedNode", object], None]
"""Called with a member and what happened to it: one of the above, an engine's event or effect."""


@dataclass(slots=True)
class SimulatedNode:
    """One member, in all its lives."""

    index: int
    letter: str
    """A, B, C … as stories call it, in the order of the keys, which is that of the turns."""
    name: str
    key: SigningKey
    account: SigningKey
    disk: SimulatedDisk
    signer: SimulatedSigner
    power: Power
    pace: Pace
    skew_ms: int
    life: "Life | None" = None
    """What runs, from a start to a crash; None while the member is down."""
    lives: int = 0
    network: SimulatedNetwork | None = None
    liar: "Liar | None" = None
    work_ms_max: int = 0
    """How long it takes to build or judge a block."""
    dropped: list[InvalidTransaction] = field(default_factory=list)
    refusal: StorageError | None = None
    """Why the node did not start the last time."""
    sync: SyncSettings = field(default_factory=SyncSettings)
    """How it catches up; counts from its next start on."""
    muteness: Muteness | None = None
    """What keeps it silent in this life; None where it remembers all its votes."""
    votes_lost: bool = False
    """The operator's word, for the next life, that it may have forgotten votes."""

    @property
    def is_mute(self) -> bool:
        """Whether it signs nothing, because it may have forgotten votes."""
        return self.muteness is not None and self.muteness.is_mute

    @property
    def driver(self) -> Driver | None:
        """The driver while it runs."""
        return None if self.life is None else self.life.driver

    @property
    def address(self) -> Address:
        """Address of the member's account, which holds money from the start."""
        return compute_address(KeyPolicy(self.account.public))

    @property
    def is_honest(self) -> bool:
        """Whether it is not a liar."""
        return self.liar is None


class SlowExecutor(Executor):
    """The ledger of a machine that may be slow: it keeps its node busy while it executes."""

    def __init__(
        self, document: GenesisDocument, machine: Machine, node: SimulatedNode, random: Random
    ) -> None:
        super().__init__(document, machine)
        self._node = node
        self._random = random

    def propose(
        self,
        parent: BlockId,
        *,
        time: Instant,
        proposer: PublicKey,
        transactions: Iterable[Transaction],
        engine: bytes = b"",
    ) -> Candidate | None:
        self._work()
        return super().propose(
            parent, time=time, proposer=proposer, transactions=transactions, engine=engine
        )

    def judge(self, block: Block) -> Candidate:
        self._work()
        return super().judge(block)

    def _work(self) -> None:
        if self._node.work_ms_max:
            self._node.pace.work(self._random.randint(1, self._node.work_ms_max))


def describe_engine(node: SimulatedNode) -> str:
    """Say in one line what a member is doing."""
    if node.driver is None:
        reason = "" if node.refusal is None else f": {node.refusal.message}"
        return f"stopped{reason}"
    engine: Any = node.driver.engine
    return str(engine.describe())
