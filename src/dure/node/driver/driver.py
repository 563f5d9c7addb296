"""The driver's loop: events into the engine, its effects out to the ports, in order.

Rules
-----
1. Effects of a step are performed strictly in order; an answer (`DraftSigned`, `CandidateBuilt`,
   `HeadChanged` …) waits until the effects before it are done. `Persist` is flushed before any
   later effect begins.
2. A block reaches the ledger by one path only: `Finalize` → judged (again, if need be) →
   committed → durable → told.
3. A peer's message is opened, and every signature in it checked, before the engine sees it. What
   does not pass ends the connection. What the engine does not need is dropped before, unchecked.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

import structlog

from dure.chain.executor import Executor
from dure.consensus import interface as consensus
from dure.consensus.quorum import VerifyMany
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate
from dure.core.codec import decode, encode
from dure.core.errors import InvalidEncoding, PeerViolation
from dure.core.signatures import verify_many
from dure.core.types import EnvelopeId, Height, Milliseconds, PublicKey
from dure.node import messages
from dure.node.catching_up import CatchingUp, Hooks, Slice, SyncSettings
from dure.node.dissemination import Again, Dissemination
from dure.node.dissemination import Hooks as DisseminationHooks
from dure.node.driver.execution import FILL_MS_DEFAULT, Execution
from dure.node.driver.intake import Answer, Intake, Observer
from dure.node.driver.muteness import Muteness
from dure.node.driver.outbox import GATHERED
from dure.node.driver.phases import Phases
from dure.node.driver.restart import restore
from dure.node.driver.spacing import SPACED, Spacing
from dure.node.mempool import Mempool, MempoolLimits
from dure.node.ports import Clock, Disk, Network, Signer, StoredBlock

ENGINE = "engine"
TICK = "tick"
DUE = "due"
TICK_MS = Milliseconds(500)
DUE_MS_MAX = 24 * 3_600_000

EngineFactory = Callable[[consensus.Head, Sequence[bytes]], consensus.Engine[Any]]
"""Builds the engine from the head and the journal's records of the next height."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ports:
    """The doors to the outside."""

    disk: Disk
    network: Network
    clock: Clock
    signer: Signer


@dataclass(frozen=True, slots=True)
class DriverSettings:
    """What an operator may choose."""

    mempool: MempoolLimits = field(default_factory=MempoolLimits)
    sync: SyncSettings = field(default_factory=SyncSettings)
    interval: Milliseconds = field(default=Milliseconds(0))
    """Between two blocks at least, unless many transactions wait: `driver.spacing`."""
    fill: Milliseconds = field(default=Milliseconds(FILL_MS_DEFAULT))
    """How long a block is filled at least: `driver.execution`."""


DEFAULT_SETTINGS = DriverSettings()


class Driver:
    """One node's duties between its ports."""

    def __init__(
        self,
        executor: Executor,
        ports: Ports,
        *,
        engine_factory: EngineFactory,
        observer: Observer,
        settings: DriverSettings = DEFAULT_SETTINGS,
        verify: VerifyMany = verify_many,
    ) -> None:
        """Restore the ledger from the disk; nothing is sent before `start`."""
        self.executor = executor
        self._ports = ports
        self._observer = observer
        self._verify = verify
        self._events: deque[consensus.Event[Any]] = deque()
        self._timers: dict[object, consensus.Timer] = {}
        """The engine's newest timer of each kind, by the name under which the clock knows it."""
        self._stepping = False
        self._told_work = False
        self._intake = Intake(
            executor,
            ports.network,
            ports.clock,
            observer=observer,
            limits=settings.mempool,
            on_work=self._on_work,
        )
        self.dissemination = Dissemination(
            ports.network,
            ports.clock,
            DisseminationHooks(lambda: self.engine, self._find_envelope, self._receive),
        )
        self._execution = Execution(
            executor,
            self._intake,
            ports.clock,
            proposer=ports.signer.key,
            checks_sealed_signatures=settings.sync.signatures == "all",
            fill=settings.fill,
        )
        self._spacing = Spacing(
            settings.interval, ports.clock, self.mempool, executor, build=self._build
        )
        self._muteness = ports.signer if isinstance(ports.signer, Muteness) else None
        self.catching_up = CatchingUp(
            executor,
            (ports.disk, ports.network, ports.clock),
            Hooks(self._learn, self._begin_anew),
            settings=settings.sync,
            verify=verify,
        )
        self._engine_factory = engine_factory
        restore(executor, ports.disk)
        self._tell_muteness()
        self.engine = self._build_engine()
        self.phases = Phases(self.engine.phase, ports.clock.now())
        self.mute_peers: set[PublicKey] = set()
        """Who said last that it signs nothing."""

    # Life

    def start(self) -> None:
        """Begin: call once, when every port is open."""
        self._told_work = self.has_work
        self._put(consensus.Started())
        self._ports.clock.call_later(TICK_MS, TICK)
        self._arm_due()

    def on_timer(self, name: object) -> None:
        """A timer of the clock port fired."""
        timer = self._timers.pop(name, None)
        if timer is not None:
            self._put(consensus.TimerFired(timer))
        elif isinstance(name, Slice):
            self.catching_up.on_slice()
        elif isinstance(name, Again):
            self.dissemination.on_again(name)
        elif name == GATHERED:
            self._intake.outbox.on_timer()
        elif name == SPACED:
            self._spacing.on_timer()
        elif name == DUE:
            self._tell_work()
        else:
            self._on_tick()

    # Clients

    @property
    def mempool(self) -> Mempool:
        """What waits for a block."""
        return self._intake.mempool

    def submit(self, envelopes: Sequence[bytes]) -> list[Answer]:
        """Admit a client's envelopes, in order, and pass the new ones on to every peer."""
        return self._intake.submit(envelopes)

    # Peers

    def on_frame(self, peer: PublicKey, data: bytes) -> None:
        """A peer's frame arrived, from a connection that proved the peer's key."""
        kind = messages.find_kind(data)
        is_long_answer = kind in messages.ANSWERS and len(data) > messages.UNASKED_BYTES_MAX
        if is_long_answer and not self._awaits(peer):
            # Nobody asked for it: it costs nothing more.
            return
        try:
            if kind is None:
                raise PeerViolation("a frame of no known kind")
            self._on_message(peer, decode(messages.PeerMessage, data))
        except (InvalidEncoding, PeerViolation) as problem:
            log.warning("peer_violation", peer=peer.hex()[:8], reason=problem.message)
            self._ports.network.disconnect(peer, problem.message)

    def on_connected(self, peer: PublicKey) -> None:
        """A peer is there (again): tell it where we stand."""
        self.catching_up.on_connected(peer)
        self._ports.network.send(peer, encode(self._build_status()))

    def _awaits(self, peer: PublicKey) -> bool:
        return self.catching_up.awaits(peer) or self.dissemination.awaits(peer)

    def _on_message(self, peer: PublicKey, message: messages.PeerMessage) -> None:
        match message:
            case messages.EngineMessage() | messages.BareMessage():
                if not self.catching_up.is_fetching_state:
                    self._on_engine_message(peer, message)
            case messages.GetEnvelopes():
                self.dissemination.on_question(peer, message)
            case messages.Envelopes():
                self.dissemination.on_answer(peer, message)
            case messages.Gossip(envelopes=envelopes):
                if not self.catching_up.is_fetching_state:
                    self._intake.on_gossip(peer, envelopes)
            case messages.Status(height=height, mute=mute):
                (self.mute_peers.add if mute else self.mute_peers.discard)(peer)
                if self._muteness is not None:
                    self._muteness.on_status(peer, height, is_mute=mute)
                self.catching_up.on_message(peer, message)
            case _:
                self.catching_up.on_message(peer, message)

    def _on_engine_message(
        self, peer: PublicKey, frame: messages.EngineMessage | messages.BareMessage
    ) -> None:
        is_bare = isinstance(frame, messages.BareMessage)
        message = self.engine.decode_message(frame.data, is_bare=is_bare)
        if not self.engine.is_needed(message):
            return
        if not all(self._verify(self.engine.collect_signatures(message))):
            raise PeerViolation("a message with a wrong signature")
        if isinstance(frame, messages.BareMessage):
            self.dissemination.on_bare(peer, message, frame.envelope_ids)
        else:
            self._receive(message)

    def _receive(self, message: object) -> None:
        self._put(consensus.Received(message))

    def _find_envelope(self, envelope_id: EnvelopeId) -> bytes | None:
        return self.mempool.find_envelope(envelope_id)

    def _learn(self, block: Block, certificate: Certificate) -> None:
        self._put(consensus.BlockLearned(block, certificate))

    # The engine

    def _build_engine(self) -> consensus.Engine[Any]:
        head = self._build_head()
        return self._engine_factory(
            head, self._ports.disk.load_journal(Height(head.header.height + 1))
        )

    def _begin_anew(self) -> None:
        """Go on at the executor's head, which may be another one than the engine's."""
        assert not self._stepping, "an engine is not replaced while it works"
        self._tell_muteness()
        self.engine = self._build_engine()
        self._told_work = self.has_work
        self._put(consensus.Started())
        self._arm_due()

    def _put(self, event: consensus.Event[Any]) -> None:
        if self.catching_up.is_fetching_state:
            # Another engine goes on from the state that comes, or from the head that is here.
            return
        self._events.append(event)
        if self._stepping:
            return
        self._stepping = True
        try:
            while self._events:
                now = self._ports.clock.now()
                effects = self.engine.step(self._events.popleft(), now)
                self.phases.move(self.engine.phase, now)
                for effect in effects:
                    self._perform(effect)
        finally:
            self._stepping = False

    def _perform(self, effect: consensus.Effect[Any]) -> None:  # noqa: C901 - one line an effect
        ports = self._ports
        match effect:
            case consensus.Persist(height=height, record=record):
                ports.disk.append_journal(height, record)
            case consensus.SignDraft(draft=draft):
                signature = ports.signer.sign(draft.height, draft.round, draft.step, draft.message)
                self._put(consensus.DraftSigned(draft, signature))
            case consensus.Send(to=to, message=message):
                ports.network.send(to, self.dissemination.pack(message))
            case consensus.Broadcast(message=message):
                ports.network.broadcast(self.dissemination.pack(message))
            case consensus.StartTimer(timer=timer, after=after):
                self._start_timer(timer, after)
            case consensus.BuildCandidate():
                self._spacing.on_order(effect)
            case consensus.JudgeCandidate(block=block):
                self._judge(block)
            case consensus.Finalize(block=block, certificate=certificate):
                self._finalize(block, certificate)
            case (
                consensus.AdoptHead()
                | consensus.UndoHead()
                | consensus.Settle()
                | consensus.SeekWork()
                | consensus.FetchBlock()
            ):
                raise NotImplementedError("no node of this version undoes blocks")
            case consensus.CatchUp(height=height):
                self._catch_up(height)
            case consensus.Accuse(validator=validator, evidence=evidence):
                self._accuse(validator, evidence)
            case _:
                assert_never(effect)

    def _accuse(self, validator: PublicKey, evidence: bytes) -> None:
        height = Height(self._height + 1)
        log.error("equivocation", validator=validator.hex(), height=height)
        self._ports.disk.keep_evidence(height, validator, evidence)

    def _start_timer(self, timer: consensus.Timer, after: Milliseconds) -> None:
        """Have the engine's timer fire, and none of its kind that it started before."""
        name = (ENGINE, timer.kind)
        self._timers[name] = timer
        self._ports.clock.call_later(after, name)

    def _build(self, order: consensus.BuildCandidate) -> None:
        block = self._execution.build(order)
        if block is None:
            self._told_work = False
        self._put(consensus.CandidateBuilt(order.height, order.round, block))

    def _judge(self, block: Block) -> None:
        valid = self._execution.judge(block)
        block_id = compute_block_id(block.header)
        self._put(consensus.CandidateJudged(block.header.height, block_id, valid))

    def _catch_up(self, height: Height) -> None:
        others = set(self.executor.head.validators.keys) - {self._ports.signer.key}
        self.catching_up.on_proven(height, others)

    # The head moves

    def _finalize(self, block: Block, certificate: Certificate) -> None:
        if block.header.height <= self._height:
            return
        candidate = self._execution.execute_final(block)
        committed = self.executor.commit(candidate.position.block_id)
        stored = StoredBlock(
            block=candidate.block,
            certificate=certificate,
            receipts=candidate.receipts,
        )
        # Executed in the order of the block, each once.
        transaction_ids = tuple(candidate.position.executed[0])
        self._ports.disk.commit_block(
            candidate.position.block_id,
            stored,
            transaction_ids,
            writes=committed.writes,
            undo=committed.undo,
        )
        self.mempool.remove(transaction_ids)
        self._observer.on_block(stored, transaction_ids)
        # Before the engine hears of it, so that a height is begun either mute or not.
        self._tell_muteness()
        head = self._build_head()
        self._told_work = head.has_work
        self._put(consensus.HeadChanged(head))
        self._arm_due()

    def _tell_muteness(self) -> None:
        if self._muteness is not None:
            self._muteness.on_head(self._height, self.executor.head.validators)

    @property
    def _height(self) -> Height:
        return self.executor.head.header.height

    def _build_head(self) -> consensus.Head:
        position = self.executor.head
        return consensus.Head(
            header=position.header,
            block_id=position.block_id,
            validators=position.validators,
            has_work=self.has_work,
        )

    # Work

    @property
    def has_work(self) -> bool:
        """Whether a block made now would have something in it."""
        return bool(len(self.mempool)) or self.executor.has_scheduled_work(self._ports.clock.now())

    def _on_work(self) -> None:
        self._spacing.on_work()
        self._tell_work()

    def _tell_work(self) -> None:
        has_work = self.has_work
        if has_work != self._told_work:
            self._told_work = has_work
            self._put(consensus.WorkChanged(has_work))

    def _arm_due(self) -> None:
        due = self.executor.next_due()
        if due is not None:
            after = max(1, min(due - self._ports.clock.now(), DUE_MS_MAX))
            self._ports.clock.call_later(Milliseconds(after), DUE)

    # Housekeeping

    def _on_tick(self) -> None:
        self._ports.clock.call_later(TICK_MS, TICK)
        self._ports.network.broadcast(encode(self._build_status()))
        self._intake.on_tick()
        self.catching_up.on_tick()
        self._tell_work()

    def _build_status(self) -> messages.Status:
        head = self.executor.head
        mute = self._muteness is not None and self._muteness.is_mute
        return messages.Status(
            height=head.header.height,
            block_id=head.block_id,
            oldest=self.catching_up.oldest,
            mute=mute,
        )
