"""A simulated network.

Members with keys and accounts, a genesis, and one driver a member that can crash and return.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Any, Final, ParamSpec

from dure.chain import money, system
from dure.chain.executor import Executor
from dure.chain.genesis.document import (
    Allocation,
    Asset,
    ChainKind,
    EngineKind,
    Genesis,
    GenesisDocument,
    Organisation,
    compute_allocations_hash,
    compute_chain_id,
)
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.chain.transaction import (
    Body,
    Call,
    Envelope,
    KeyPolicy,
    PolicyProof,
    Transaction,
    compute_address,
    compute_asset_id,
    compute_transaction_id,
)
from dure.consensus.interface import Engine, Head
from dure.consensus.pbft.engine import PbftEngine
from dure.consensus.pbft.messages import Decided
from dure.consensus.solo import SoloEngine
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Machine
from dure.core.block import compute_block_id
from dure.core.codec import encode
from dure.core.errors import InvalidTransaction
from dure.core.types import (
    Address,
    Amount,
    BlockId,
    Gas,
    Height,
    Instant,
    TransactionId,
)
from dure.core.validators import Validator, build_validator_set
from dure.identity.keys import SigningKey
from dure.node.driver import Driver, Ports
from dure.node.ports import StoredBlock
from dure.node.workers.halt import FinalBlockNotExecuted
from dure.testing.simulation.faults import Faults
from dure.testing.simulation.ports import (
    Links,
    SimulatedClock,
    SimulatedDisk,
    SimulatedNetwork,
    SimulatedSigner,
)
from dure.testing.simulation.scheduler import Scheduler

P = ParamSpec("P")

START: Final = 1_700_000_000_000
SUPPLY: Final = Amount(1_000_000_000)


class SafetyViolation(AssertionError):
    """Two different blocks became final at one height: what must never happen."""


class Stalled(AssertionError):
    """The condition was not reached within the virtual time that it was given."""


@dataclass(slots=True)
class SimulatedNode:
    """One member: what outlives a crash, and the driver while it runs."""

    name: str
    key: SigningKey
    account: SigningKey
    disk: SimulatedDisk
    signer: SimulatedSigner
    skew_ms: int
    driver: Driver | None = None
    network: SimulatedNetwork | None = None
    dropped: list[InvalidTransaction] = field(default_factory=list)

    @property
    def address(self) -> Address:
        """Address of the member's account, which holds money from the start."""
        return compute_address(KeyPolicy(self.account.public))


class Simulation:
    """A network of `members` nodes in virtual time."""

    def __init__(
        self,
        seed: int,
        *,
        members: int = 4,
        faults: Faults | None = None,
        machines: Callable[[int], Machine] | None = None,
    ) -> None:
        """Begin a network; `machines` makes each member's own, by number; without it all share."""
        self.seed = seed
        self.random = Random(seed)
        self.scheduler = Scheduler(START)
        self.final: dict[Height, BlockId] = {}
        self.authority = _derive_key("authority")
        """Key of the account that deploys contracts."""
        faults = faults or Faults()
        self.links = Links(self.scheduler, self.random, faults)
        self.nodes = [self._make_node(i, faults) for i in range(members)]
        self.document = self._build_genesis()
        self.asset = compute_asset_id(self.nodes[0].address, "KRW")
        shared = InProcessMachine()
        self._machines = [machines(i) if machines else shared for i in range(members)]
        self.halted: dict[int, FinalBlockNotExecuted] = {}
        """Members that stopped for good under a final block, and why."""
        for index in range(members):
            self.restart(index)

    # What happens to the network

    def crash(self, index: int) -> None:
        """End a node at once; its disk and its signer's memory stay."""
        node = self.nodes[index]
        self.links.detach(node.key.public)
        node.driver = None

    def restart(self, index: int) -> None:
        """Start a node on what its disk holds."""
        node = self.nodes[index]
        clock = SimulatedClock(self.scheduler, node.skew_ms)
        node.network = SimulatedNetwork(node.key.public, self.links)
        executor = Executor(self.document, self._machines[index])
        ports = Ports(node.disk, node.network, clock, node.signer)
        driver = Driver(
            executor,
            ports,
            engine_factory=lambda head, journal: self._build_engine(node, head, journal),
            observer=_Checker(self, node),
        )

        def guarded(action: Callable[P, None]) -> Callable[P, None]:
            def act(*arguments: P.args, **named: P.kwargs) -> None:
                if node.driver is driver:
                    try:
                        action(*arguments, **named)
                    except FinalBlockNotExecuted as problem:
                        self.halted[index] = problem
                        self.crash(index)

            return act

        clock.on_timer = guarded(driver.on_timer)
        node.driver = driver
        self.links.attach(node.key.public, guarded(driver.on_frame))
        guarded(driver.start)()

    def wipe(self, index: int) -> None:
        """Take a crashed node's disk away; its signer's memory stays."""
        assert self.nodes[index].driver is None, "crash the node first"
        self.nodes[index].disk = SimulatedDisk()

    def partition(self, *groups: Sequence[int]) -> None:
        """Cut every link between different groups."""
        side = {index: number for number, group in enumerate(groups) for index in group}
        self.links.cut = {
            (a.key.public, b.key.public)
            for i, a in enumerate(self.nodes)
            for j, b in enumerate(self.nodes)
            if side.get(i) != side.get(j)
        }

    def heal(self) -> None:
        """Let every frame through again, without loss."""
        self.links.cut = set()
        self.links.faults = Faults()

    # What clients do

    def transfer(
        self, *, source: int = 0, target: int = 1, amount: int = 1, valid_ms: int = 60_000
    ) -> bytes:
        """Return a signed transfer between two members' accounts."""
        given = system.TransferArguments(self.asset, self.nodes[target].address, Amount(amount))
        call = Call(money.LEDGER, "transfer", encode(given), None)
        return self.sign(self.nodes[source].account, call, valid_ms=valid_ms)

    def sign(
        self, key: SigningKey, call: Call, *, gas: Gas = Gas(50_000), valid_ms: int = 60_000
    ) -> bytes:
        """Return one call of the account that a key stands for, signed."""
        policy = KeyPolicy(key.public)
        body = encode(
            Body(
                version=1,
                chain_id=compute_chain_id(self.document.genesis),
                sender=compute_address(policy),
                payer=None,
                valid_until=Instant(self.scheduler.now_ms + valid_ms),
                salt=self.random.randbytes(16),
                gas_limit=gas,
                fee_limit=Amount(0),
                calls=(call,),
            )
        )
        proof = PolicyProof(policy, (key.sign(compute_transaction_id(body)),))
        return encode(Envelope(body, (proof,)))

    def submit(self, index: int, *envelopes: bytes) -> list[TransactionId | InvalidTransaction]:
        """Hand envelopes to a running node."""
        return self.get_driver(index).submit(envelopes)

    # Time

    def run_for(self, milliseconds: int) -> None:
        """Let that much virtual time pass."""
        end = self.scheduler.now_ms + milliseconds
        self.scheduler.call_later(milliseconds, lambda: None)
        while self.scheduler.now_ms < end and self.scheduler.run_next():
            pass

    def run_until(self, condition: Callable[[], bool], limit_ms: int = 60_000) -> None:
        """Let time pass until `condition` holds; raise `Stalled` after `limit_ms`."""
        end = self.scheduler.now_ms + limit_ms
        while not condition():
            if self.scheduler.now_ms > end or not self.scheduler.run_next():
                states = [n.driver.engine.describe() if n.driver else "down" for n in self.nodes]
                message = f"seed {self.seed}: not reached in {limit_ms} ms; {states}"
                raise Stalled(message)

    # What one may look at

    def get_driver(self, index: int) -> Driver:
        """Return a running node's driver."""
        driver = self.nodes[index].driver
        assert driver is not None, f"node {index} is down"
        return driver

    def height(self, index: int) -> Height:
        """Return a running node's height."""
        return self.get_driver(index).executor.head.header.height

    def state_root(self, index: int) -> bytes:
        """Return the state root at a running node's head."""
        return self.get_driver(index).executor.head.header.state_root

    def balance(self, index: int, of: int) -> Amount:
        """Return what node `index` believes member `of` to have."""
        view = self.get_driver(index).executor.view()
        return money.Money(view).get_balance(self.asset, self.nodes[of].address)

    def note_final(self, block_id: BlockId, height: Height, name: str) -> None:
        """Compare a final block with what any node called final before."""
        known = self.final.setdefault(height, block_id)
        if known != block_id:
            message = f"seed {self.seed}: {name} finalized another block {height}"
            raise SafetyViolation(message)

    # Inside

    def _make_node(self, index: int, faults: Faults) -> SimulatedNode:
        key = _derive_key(f"validator {index}")
        skew = faults.clock_skew_ms_max
        return SimulatedNode(
            name=f"member-{index}",
            key=key,
            account=_derive_key(f"account {index}"),
            disk=SimulatedDisk(),
            signer=SimulatedSigner(key),
            skew_ms=self.random.randint(-skew, skew),
        )

    def _build_genesis(self) -> GenesisDocument:
        allocations = tuple(Allocation(node.address, node.name, (SUPPLY,)) for node in self.nodes)
        solo = len(self.nodes) == 1
        genesis = Genesis(
            version=1,
            name="simulation",
            kind=ChainKind.PRIVATE if solo else ChainKind.CONSORTIUM,
            engine=EngineKind.SOLO if solo else EngineKind.PBFT,
            time=Instant(START - 1_000_000),
            test=True,
            offset=0,
            story_clock=self.nodes[0].address,
            parameters=DEFAULT_PARAMETERS,
            validators=build_validator_set(
                [Validator(node.key.public, node.name) for node in self.nodes]
            ),
            organisations=tuple(
                Organisation(node.name, KeyPolicy(_derive_key(node.name).public))
                for node in self.nodes
            ),
            authority=KeyPolicy(self.authority.public),
            assets=(Asset("KRW", 0, self.nodes[0].address),),
            allocations_hash=compute_allocations_hash(allocations),
            predecessor=None,
        )
        return GenesisDocument(genesis, allocations, ())

    def _build_engine(
        self, node: SimulatedNode, head: Head, journal: Sequence[bytes]
    ) -> Engine[Any]:
        chain_id = head.header.chain_id
        if len(self.nodes) == 1:
            return SoloEngine(node.key.public, chain_id, head, journal)
        newest = node.disk.load_head()
        decided = None if newest is None else Decided(newest.block, newest.certificate)
        return PbftEngine(node.key.public, chain_id, head, journal, decided=decided)


def _derive_key(label: str) -> SigningKey:
    return SigningKey(sha256(label.encode()).digest())


class _Checker:
    """The driver's observer: every final block is compared at once."""

    def __init__(self, simulation: Simulation, node: SimulatedNode) -> None:
        self._simulation = simulation
        self._node = node

    def on_block(self, stored: StoredBlock, transaction_ids: Sequence[TransactionId]) -> None:
        header = stored.block.header
        self._simulation.note_final(compute_block_id(header), header.height, self._node.name)

    def on_dropped(self, transaction: Transaction, reason: InvalidTransaction) -> None:
        self._node.dropped.append(reason)
