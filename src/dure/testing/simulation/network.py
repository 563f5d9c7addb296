"""A simulated network.

Members with keys and accounts, a genesis, and one driver a member that can crash and return.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

from dure.chain import money
from dure.chain.admission import TransactionCache
from dure.chain.executor import Executor
from dure.chain.genesis.document import GenesisDocument
from dure.chain.transaction import Call
from dure.consensus.pbft.engine import DEFAULT_SETTINGS
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Machine
from dure.core.errors import InvalidTransaction, StorageError
from dure.core.types import Amount, BlockId, Gas, Height, Instant, TransactionId
from dure.identity.keys import SigningKey
from dure.node.driver import Driver
from dure.node.driver.halt import FinalBlockNotExecuted
from dure.testing.simulation.checks.agreement import Agreement
from dure.testing.simulation.checks.violations import SafetyViolation, Stalled
from dure.testing.simulation.checks.wire import WireWatch
from dure.testing.simulation.faults import Fault, Faults
from dure.testing.simulation.founding import GOVERNANCE_GAS, START, TRANSFER_GAS, Founding
from dure.testing.simulation.liars.liar import Habit, Liar
from dure.testing.simulation.lives import Life
from dure.testing.simulation.members import SimulatedNode, Told, Watch, describe_engine
from dure.testing.simulation.ports.disk import SimulatedDisk
from dure.testing.simulation.ports.frames import FrameReader
from dure.testing.simulation.ports.links import Links
from dure.testing.simulation.ports.power import Pace, Power, PowerCut
from dure.testing.simulation.ports.signer import SimulatedSigner
from dure.testing.simulation.scheduler import Scheduler
from dure.testing.simulation.verification import SharedVerification

RETURN_MS: Final = (10, 4_000)
"""How long a node that lost its power stays away."""
BANISHED_MS: Final = (1_000, 6_000)
"""How long a member is cut off that alone knows a decision."""
SHAKEN: Final = 0.5
"""Chance that one more member is power-cycled then."""


class Simulation:
    """A network of `members` validators, and `spares` that follow, in virtual time."""

    def __init__(
        self,
        seed: int,
        *,
        members: int = 4,
        spares: int = 0,
        faults: Faults | None = None,
        machines: Callable[[int], Machine] | None = None,
        liars: Mapping[int, Sequence[type[Habit]]] | None = None,
    ) -> None:
        """Begin a network.

        `machines` makes each member's own contract machine, by number; without it all share one.
        `liars` gives some members, by number, the habits with which they lie.
        """
        self.seed = seed
        self.random = Random(seed)
        self.scheduler = Scheduler(START)
        self.founding = Founding(members, spares)
        self.faults = faults or Faults()
        self.clock_skew_ms_max = self.faults.clock_skew_ms_max
        self.counts: Counter[Fault] = Counter()
        self.steps = 0
        """Events that engines have taken in."""
        self.watch: Watch | None = None
        """Sees what happens to every member; stories are told with it."""
        self.is_closed = False
        """Whether frames come from members alone: then no honest one is ever refused."""
        self.forgetful: set[int] = set()
        """Members that lost their disk, or whose journal was damaged."""
        self.misled: set[int] = set()
        """Members whose clock ever jumped."""
        self.halted: dict[int, FinalBlockNotExecuted] = {}
        """Members that stopped for good under a final block, and why."""
        self.verification = SharedVerification()
        self.transactions = TransactionCache()
        """Opened transactions, which all members share: each is verified once."""
        self.reader = FrameReader(DEFAULT_SETTINGS.block_bytes_max)
        self.links = Links(self.scheduler, self.random, self.faults, self.reader)
        self.wire = WireWatch(self.founding.chain_id, self.verification)
        shared = InProcessMachine()
        genesis = Executor(self.document, shared).head
        self.agreement = Agreement(genesis.block_id, genesis.validators.keys, self.verification)
        count = members + spares
        self.machines = [machines(i) if machines else shared for i in range(count)]
        self.nodes = [self._make_node(i) for i in range(count)]
        for index, habits in (liars or {}).items():
            self.nodes[index].liar = Liar(self, self.nodes[index], habits)
        self.links.paces = {node.key.public: node.pace for node in self.nodes}
        self.links.favourites = tuple(n.key.public for n in self.honest[:members])
        for index in range(count):
            self.restart(index)

    # What happens to the network

    def crash(self, index: int) -> None:
        """End a node at once; its disk and its signer's memory stay."""
        node = self.nodes[index]
        if node.life is None:
            return
        self.links.detach(node.key.public)
        node.life = None
        self.counts[Fault.CRASH] += 1
        self.show(node, Told("crashes"))

    def restart(self, index: int) -> None:
        """Start a node on what its disk holds, unless it runs; raise `StorageError` as it would."""
        if not self.try_restart(index):
            refusal = self.nodes[index].refusal
            assert refusal is not None, "a node that does not start says why"
            raise refusal

    def try_restart(self, index: int) -> bool:
        """Start a node unless it runs; say whether it did not refuse: its `refusal` says why."""
        node = self.nodes[index]
        if node.life is not None:
            return True
        node.refusal = None
        try:
            node.life = Life(self, node)
        except StorageError as problem:
            node.refusal = problem
            self.show(node, Told(f"does not start: {problem.message}"))
        except PowerCut:
            self._return_later(node)
        else:
            node.lives += 1
            self._check_memory(node)
            mute = ", mute" if node.is_mute else ""
            self.show(node, Told(f"restarts{mute}" if node.lives > 1 else "starts"))
            node.life.begin()
        return node.refusal is None

    def lose_power(self, index: int) -> None:
        """End a node in the middle of what it does; it comes back by itself."""
        self.counts[Fault.CRASH_AT_EFFECT] += 1
        self.crash(index)
        self._return_later(self.nodes[index])

    def banish(self, index: int) -> None:
        """Cut a member off that alone knows a decision, and maybe shake one that helped to it."""
        self.cut_off(index, self.random.randint(*BANISHED_MS))
        other = self.random.choice(self.honest)
        if other.index != index and self.random.random() < SHAKEN:
            self.crash(other.index)
            self._return_later(other)

    def wipe(self, index: int) -> None:
        """Take a crashed node's disk away; its signer's memory stays."""
        node = self.nodes[index]
        assert node.life is None, "crash the node first"
        self.counts[Fault.TORN_WRITE] += node.disk.journal.torn_writes
        node.disk = self._make_disk(node.key, node.power)
        self.forgetful.add(index)
        self.counts[Fault.WIPED_DISK] += 1
        self.show(node, Told("loses its disk"))

    def corrupt_journal(self, index: int) -> bool:
        """Damage a crashed node's journal before intact records, where it has that many."""
        node = self.nodes[index]
        assert node.life is None, "crash the node first"
        done = node.disk.journal.corrupt()
        self.counts[Fault.CORRUPTED_JOURNAL] += done
        if done:
            self.forgetful.add(index)
            self.show(node, Told("has a damaged journal"))
        return done

    def declare_votes_lost(self, index: int) -> bool:
        """Restart a mute member with its operator's word that votes are lost; say whether it was.

        It votes again as soon as the chain is past all that it may have signed.
        """
        node = self.nodes[index]
        if node.life is None or not node.is_mute or node.votes_lost:
            return False
        self.crash(index)
        node.votes_lost = True
        self.try_restart(index)
        return True

    def jump_clock(self, index: int, skew_ms: int) -> None:
        """Set a node's clock to `skew_ms` from true time."""
        self.nodes[index].skew_ms = skew_ms
        self.misled.add(index)
        self.counts[Fault.CLOCK_JUMP] += 1

    def partition(self, *groups: Sequence[int], one_way: bool = False) -> None:
        """Cut every link between different groups; `one_way` only those out of the first."""
        side = {index: number for number, group in enumerate(groups) for index in group}
        self.links.cut = {
            (a.key.public, b.key.public)
            for i, a in enumerate(self.nodes)
            for j, b in enumerate(self.nodes)
            if side.get(i) != side.get(j) and not (one_way and side.get(i) != 0)
        }
        self.counts[Fault.ONE_WAY_PARTITION if one_way else Fault.PARTITION] += 1

    def cut_off(self, index: int, milliseconds: int) -> None:
        """Take a node off the network for a while."""
        keys = [node.key.public for node in self.nodes if node.index != index]
        self.links.isolate(self.nodes[index].key.public, keys, milliseconds)

    def heal(self) -> None:
        """Let every frame through again, without loss; nothing fails by chance any more."""
        self.faults = Faults()
        self.links.calm_down()
        for node in self.nodes:
            node.power.chance = 0.0
            node.work_ms_max = 0

    def unleash(self) -> None:
        """From now on nodes die by chance: `Faults.crash`."""
        for node in self.nodes:
            node.power.chance = self.faults.crash

    # What clients do

    def transfer(
        self, *, source: int = 0, target: int = 1, amount: int = 1, valid_ms: int = 60_000
    ) -> bytes:
        """Return a signed transfer between two members' accounts."""
        call = self.founding.build_transfer(target, amount)
        return self.sign(self.nodes[source].account, call, gas=TRANSFER_GAS, valid_ms=valid_ms)

    def sign(
        self,
        key: SigningKey,
        call: Call,
        *,
        gas: Gas = TRANSFER_GAS,
        valid_ms: int = 60_000,
    ) -> bytes:
        """Return one call of the account that a key stands for, signed."""
        until = Instant(self.scheduler.now_ms + valid_ms)
        salt = self.random.randbytes(16)
        return self.founding.sign(key, call, valid_until=until, salt=salt, gas=gas)

    def change_validators(self, *members: int, after: int = 2) -> bytes:
        """Return the signed order that these members decide, `after` blocks from the highest one.

        Each of them that runs attests that it does.
        """
        attestations = []
        for index in members:
            driver = self.nodes[index].driver
            if driver is not None:
                head, now = driver.executor.head, Instant(self.scheduler.now_ms)
                attestations.append(
                    self.founding.attest(index, head.header.height, head.block_id, now)
                )
        from_height = Height(self.agreement.height + 1 + after)
        call = self.founding.build_validator_change(members, from_height, attestations)
        return self.sign(self.authority, call, gas=GOVERNANCE_GAS)

    def submit(self, index: int, *envelopes: bytes) -> list[TransactionId | InvalidTransaction]:
        """Hand envelopes to a running node; no answer comes from one that dies of it."""
        driver, life = self.get_driver(index), self.nodes[index].life
        answers: list[TransactionId | InvalidTransaction] = []
        if life is not None:
            life.act(lambda: answers.extend(driver.submit(envelopes)))
        return answers

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
                message = f"seed {self.seed}: not reached in {limit_ms} ms; {self.describe()}"
                raise Stalled(message)

    # What one may look at

    @property
    def authority(self) -> SigningKey:
        """Key of the account that deploys contracts and changes the validators."""
        return self.founding.authority

    @property
    def document(self) -> GenesisDocument:
        """The genesis document of the chain."""
        return self.founding.document

    @property
    def honest(self) -> list[SimulatedNode]:
        """The members that do not lie."""
        return [node for node in self.nodes if node.is_honest]

    def describe(self) -> str:
        """Say in one line what every member is doing."""
        return "; ".join(f"{node.letter}: {describe_engine(node)}" for node in self.nodes)

    def count_faults(self) -> Counter[Fault]:
        """Return how often each kind of fault really happened."""
        own = {
            Fault.TORN_WRITE: sum(node.disk.journal.torn_writes for node in self.nodes),
            Fault.SLOW_NODE: sum(node.pace.worked for node in self.nodes),
        }
        return self.counts + self.links.counts + Counter(own)

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
        return money.Money(view).get_balance(self.founding.asset, self.nodes[of].address)

    def note_final(self, block_id: BlockId, height: Height, name: str) -> None:
        """Compare a final block with what any node called final before."""
        try:
            self.agreement.note_final(block_id, height, name)
        except SafetyViolation as problem:
            raise SafetyViolation(f"seed {self.seed}: {problem}") from problem

    def show(self, node: SimulatedNode, happened: object) -> None:
        """Let whoever watches know what happened to a member."""
        if self.watch is not None:
            self.watch(node, happened)

    # Inside

    def _check_memory(self, node: SimulatedNode) -> None:
        if node.is_mute and node.index not in self.forgetful:
            raise SafetyViolation(f"{node.name} is mute, though nothing was taken from it")

    def _return_later(self, node: SimulatedNode) -> None:
        after = self.random.randint(*RETURN_MS)
        self.scheduler.call_later(after, lambda: self.try_restart(node.index))

    def _make_node(self, index: int) -> SimulatedNode:
        name, key = self.founding.names[index], self.founding.voting_keys[index]
        power = Power(self.random)
        skew = self.faults.clock_skew_ms_max
        node = SimulatedNode(
            index=index,
            letter=self.founding.get_letter(index),
            name=name,
            key=key,
            account=self.founding.accounts[index],
            disk=self._make_disk(key, power),
            signer=SimulatedSigner(key, power, lambda text: _report(f"{name} {text}")),
            power=power,
            pace=Pace(self.scheduler),
            skew_ms=self.random.randint(-skew, skew),
        )
        self.counts[Fault.CLOCK_SKEW] += node.skew_ms != 0
        return node

    def _make_disk(self, key: SigningKey, power: Power) -> SimulatedDisk:
        random = Random(self.random.getrandbits(32))
        return SimulatedDisk.make(key.public, random, power, torn=self.faults.torn)


def _report(text: str) -> None:
    raise SafetyViolation(text)
