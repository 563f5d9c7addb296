"""One life of one member: the real driver on simulated ports, from a start to a crash.

Whatever reaches a member goes through `act`: it waits while the member is busy, is lost when this
life is over, and ends the life where the power fails in the middle of it.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from dure.chain.transaction import Transaction
from dure.consensus import solo
from dure.consensus.interface import (
    Accuse,
    BlockLearned,
    BuildCandidate,
    CatchUp,
    Engine,
    Event,
    Head,
    WorkChanged,
)
from dure.consensus.pbft import records
from dure.consensus.pbft.engine import DEFAULT_SETTINGS
from dure.consensus.pbft.messages import Decided
from dure.consensus.pbft.turn import PbftEffect
from dure.consensus.solo import SoloEngine
from dure.core.block import Header
from dure.core.errors import DureError, InvalidTransaction
from dure.core.types import Height, PublicKey, TransactionId
from dure.node.driver import Driver, DriverSettings, Ports
from dure.node.driver.halt import FinalBlockNotExecuted
from dure.node.driver.muteness import Muteness
from dure.node.ports import Network, Signer, StoredBlock
from dure.testing.simulation.checks.bounds import check_bounds
from dure.testing.simulation.checks.engines import WatchedEngine
from dure.testing.simulation.checks.violations import SafetyViolation
from dure.testing.simulation.members import MadeFinal, Said, SimulatedNode, SlowExecutor
from dure.testing.simulation.ports.clock import SimulatedClock
from dure.testing.simulation.ports.frames import Frame
from dure.testing.simulation.ports.network import SimulatedNetwork
from dure.testing.simulation.ports.power import PowerCut
from dure.testing.simulation.ports.signer import CarelessSigner

if TYPE_CHECKING:
    from dure.testing.simulation.network import Simulation

BOUNDS_EVERY: Final = 128
"""Steps of a member between two looks at how much it holds."""
SHOWN: Final = (WorkChanged, BlockLearned, BuildCandidate, CatchUp, Accuse)
"""What an engine takes in or orders that an onlooker is shown."""


class Life:
    """A running member; also who its driver, its network and its engine report to."""

    def __init__(self, simulation: "Simulation", node: SimulatedNode) -> None:
        """Open everything; raise `StorageError` as a real node does, or `PowerCut`."""
        self._simulation = simulation
        self._node = node
        self._steps = 0
        node.disk.reopen()
        node.muteness = self._recollect()
        clock = SimulatedClock(simulation.scheduler, node.power, lambda: node.skew_ms)
        node.network = SimulatedNetwork(
            node.key.public,
            simulation.links,
            simulation.reader,
            power=node.power,
        )
        self.driver = Driver(
            self._build_executor(),
            Ports(node.disk, self._choose_network(node.network), clock, self._choose_signer()),
            engine_factory=self._build_engine,
            observer=self,
            settings=DriverSettings(sync=node.sync),
            verify=simulation.verification.verify_many,
        )
        node.network.onlooker = self
        clock.on_timer = lambda name: self.act(lambda: self.driver.on_timer(name))

    def begin(self) -> None:
        """Listen to the others and start."""
        self._simulation.links.attach(self._node.key.public, self._on_frame)
        self.act(self.driver.start)

    def act(self, action: Callable[[], object]) -> None:
        """Do something in this life: now, when the member is free, or never."""
        node = self._node
        if node.life is not self:
            return
        if node.pace.busy_ms:
            self._simulation.scheduler.call_later(node.pace.busy_ms, lambda: self.act(action))
            return
        try:
            action()
        except PowerCut:
            self._simulation.lose_power(node.index)
        except FinalBlockNotExecuted as problem:
            self._simulation.halted[node.index] = problem
            self._simulation.crash(node.index)
        except DureError:
            # A liar's own program may come to grief over its lies.
            if node.is_honest:
                raise
            self._simulation.lose_power(node.index)

    # The driver's observer

    def on_block(self, stored: StoredBlock, transaction_ids: Sequence[TransactionId]) -> None:
        """Compare every final block at once."""
        simulation, node = self._simulation, self._node
        simulation.show(node, MadeFinal(stored))
        if not node.is_honest:
            return
        header = stored.block.header
        simulation.agreement.on_final(node.name, stored, transaction_ids)
        keys = self.driver.executor.head.validators.keys
        simulation.agreement.on_validators(node.name, Height(header.height + 1), keys)
        self._check_time(header)
        if simulation.links.is_favoured(node.key.public, header.height, stored.certificate.round):
            simulation.banish(node.index)

    def on_dropped(self, transaction: Transaction, reason: InvalidTransaction) -> None:
        """Keep the reason for tests."""
        self._node.dropped.append(reason)

    # The network's onlooker

    def on_said(self, frame: Frame, target: PublicKey | None) -> None:
        """Watch every frame for contradictions."""
        message, node = frame.engine_message, self._node
        if message is None:
            return
        self._simulation.wire.on_said(node.name, node.key.public, message)
        self._simulation.show(node, Said(message, target))

    def on_disconnected(self, peer: PublicKey, reason: str) -> None:
        """Raise where an honest member finds fault with another, and nobody else used its name."""
        if not self._simulation.is_closed:
            return
        honest = any(other.key.public == peer for other in self._simulation.honest)
        if honest and self._node.is_honest:
            name = self._simulation.founding.find_name(peer)
            raise SafetyViolation(f"{self._node.name} refuses {name}, which is honest: {reason}")

    # Inside

    def _on_frame(self, source: PublicKey, data: bytes) -> None:
        liar = self._node.liar
        if liar is None or not liar.receive(source, data):
            self.act(lambda: self.driver.on_frame(source, data))

    def _on_step(self, event: Event[Any], effects: tuple[PbftEffect, ...]) -> None:
        simulation, node = self._simulation, self._node
        simulation.steps += 1
        self._steps += 1
        for happened in (event, *effects):
            if isinstance(happened, SHOWN):
                simulation.show(node, happened)
            if isinstance(happened, Accuse) and node.is_honest:
                simulation.wire.on_accused(node.name, happened.validator, happened.evidence)
        if self._steps % BOUNDS_EVERY == 0:
            self._check_bounds()

    def _check_bounds(self) -> None:
        engine = self.driver.engine
        if isinstance(engine, WatchedEngine):
            check_bounds(self._node.name, engine, len(self._simulation.nodes))

    def _check_time(self, header: Header) -> None:
        """Raise for a block from the future, where too few clocks or members are wrong for that."""
        simulation = self._simulation
        wrong = simulation.misled | {n.index for n in simulation.nodes if not n.is_honest}
        validators = simulation.founding.members
        if 3 * len(wrong) >= validators:
            return
        skew = simulation.clock_skew_ms_max
        ahead = header.time - simulation.scheduler.now_ms
        if ahead > skew + DEFAULT_SETTINGS.clock_ahead_max:
            raise SafetyViolation(f"{self._node.name} finalized a block {ahead} ms ahead of time")

    def _build_executor(self) -> SlowExecutor:
        simulation, node = self._simulation, self._node
        machine = simulation.machines[node.index]
        executor = SlowExecutor(simulation.document, machine, node, simulation.random)
        executor.transactions = simulation.transactions
        return executor

    def _choose_network(self, honest: SimulatedNetwork) -> Network:
        return honest if self._node.liar is None else self._node.liar.build_network(honest)

    def _choose_signer(self) -> Signer:
        node = self._node
        if not node.is_honest:
            return CarelessSigner(node.key)
        return node.muteness or node.signer

    def _recollect(self) -> Muteness | None:
        """Compare what the member holds of its own votes, as a real node does at its start."""
        node = self._node
        if not node.is_honest:
            return None
        is_solo = self._simulation.founding.members == 1
        loss = node.disk.recollect(node.signer, solo.read_place if is_solo else records.read_place)
        if loss is None:
            return None
        return Muteness(
            node.signer,
            loss.describe(),
            votes_lost=node.votes_lost,
            begin_journal_anew=node.disk.journal.begin_anew,
        )

    def _build_engine(self, head: Head, journal: Sequence[bytes]) -> Engine[Any]:
        simulation, node = self._simulation, self._node
        chain_id = head.header.chain_id
        if simulation.founding.members == 1:
            return SoloEngine(node.key.public, chain_id, head, journal)
        newest = node.disk.load_head()
        engine = WatchedEngine(
            node.key.public,
            chain_id,
            head,
            journal,
            decided=None if newest is None else Decided(newest.block, newest.certificate),
            verify=simulation.verification.verify_many,
        )
        engine.watch = self._on_step
        engine.decode = simulation.reader.decode_message
        return engine
