"""A whole network of real engines in one process, from one seed.

A heap of (time, sequence, action) is the only clock; one `random.Random(seed)` draws everything. A
node's journal, chain and signer survive a crash, its engine does not. A crash may happen between
any two effects of one step.

Checked while it runs, by arithmetic of its own (nothing of `dure.consensus.quorum`):
agreement (one final block a height), validity (every final block is one that the executor
accepts), certificates (more than two thirds of distinct members, seals of one round), no
contradiction (`fakes.Signer`).
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from dure.consensus.interface import (
    Accuse,
    BlockLearned,
    Broadcast,
    BuildCandidate,
    CandidateBuilt,
    CandidateJudged,
    CatchUp,
    DraftSigned,
    Effect,
    Event,
    Finalize,
    HeadChanged,
    JudgeCandidate,
    Persist,
    Received,
    Send,
    SignDraft,
    Started,
    StartTimer,
    TimerFired,
    WorkChanged,
)
from dure.consensus.pbft import Message, PbftEngine, Settings
from dure.consensus.pbft.messages import Ballots, Decided, Step
from dure.consensus.pbft.table import TABLE
from dure.consensus.pbft.votes import validate_evidence
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate, SealStatement, compute_seal_message
from dure.core.types import BlockId, Height, Instant, Milliseconds, PublicKey
from tests.simulation.fakes import (
    CHAIN,
    Executor,
    Signer,
    Violation,
    make_genesis,
    make_validators,
    verify_many,
)

Perform = Callable[["Node", Effect[Message]], None]
SYNC_RETRY = 500
MOVES = frozenset(TABLE)


@dataclass(slots=True)
class Faults:
    """How bad the network is: probabilities per message or effect, times in milliseconds."""

    loss: float = 0.0
    duplication: float = 0.0
    delay_max: int = 20
    slow: float = 0.0
    """Probability of a delay of up to two seconds instead, which also reorders."""
    crash: float = 0.0
    """Probability of a crash before each single effect."""
    gossip_loss: float = 0.0
    """Probability that a transaction does not reach a node."""
    hostile: float = 0.0
    """Probability that a round's commits reach one node only, which is cut off once it decided.

    This is what forks a chain whose engine forgets, and far too rare by chance.
    """
    skew_max: int = 0
    """Largest difference of a node's clock from the true one."""


@dataclass(slots=True)
class Node:
    """One member: what survives a crash, and the engine that does not."""

    index: int
    key: PublicKey
    executor: Executor
    signer: Signer
    skew: int = 0
    journal: list[tuple[Height, bytes]] = field(default_factory=list)
    engine: PbftEngine | None = None
    life: int = 0
    """Counts restarts, so that events of an earlier life are lost."""
    sync_target: int = 0
    syncing: bool = False
    had_work: bool = False

    @property
    def name(self) -> str:
        return chr(65 + self.index)

    @property
    def height(self) -> int:
        return self.executor.head.header.height


@dataclass(slots=True)
class Network:
    """The nodes, the links between them and the time."""

    size: int
    seed: int = 0
    faults: Faults = field(default_factory=Faults)
    settings: Settings = field(default_factory=Settings)
    byzantine: frozenset[int] = frozenset()
    on_byzantine: Perform | None = None
    """What a Byzantine member does instead of performing a `Broadcast` or `Send`."""
    observe: Callable[[Node, object], None] | None = None
    """Sees every event and effect of every node; the transcripts are written with it."""
    engine_type: type[PbftEngine] = PbftEngine
    now: int = 1_000_000
    events: int = 0
    restarts: int = 0
    accusations: set[tuple[int, PublicKey]] = field(default_factory=set)
    final: dict[int, BlockId] = field(default_factory=dict)
    blocked: set[tuple[int, int]] = field(default_factory=set)
    forged_block: Callable[[Node], tuple[Block, Certificate]] | None = None
    """What a Byzantine member serves to who catches up."""
    _favoured: dict[tuple[int, int], int | None] = field(default_factory=dict)
    random: Random = field(init=False)
    nodes: list[Node] = field(init=False)
    _heap: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    _sequence: int = 0
    _crashing: bool = False

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        validators = make_validators(self.size)
        genesis = make_genesis(validators)
        self.nodes = [
            Node(index, key, Executor(key, genesis), Signer(key))
            for index, key in enumerate(validators.keys)
        ]
        for node in self.nodes:
            node.skew = self.random.randint(-self.faults.skew_max, self.faults.skew_max)
            self.start(node)

    # Time.

    def call_later(self, after: int, action: Callable[[], None]) -> None:
        self._sequence += 1
        heapq.heappush(self._heap, (self.now + after, self._sequence, action))

    def run_until(self, done: Callable[[], bool], deadline: int) -> bool:
        """Run until `done` or the time is up; say whether it was done."""
        while not done():
            if not self._heap or self._heap[0][0] > deadline:
                self.now = deadline
                return done()
            self.now, _, action = heapq.heappop(self._heap)
            action()
        return True

    def run_for(self, duration: int) -> None:
        self.run_until(lambda: False, self.now + duration)

    # Life and death.

    def start(self, node: Node) -> None:
        if node.engine is not None:
            return
        head = node.executor.get_head()
        journal = [record for height, record in node.journal if height == node.height + 1]
        decided = None
        if node.executor.chain:
            block, certificate = node.executor.chain[-1]
            decided = Decided(block=block, certificate=certificate)
        node.had_work = head.has_work
        node.engine = self.engine_type(
            node.key,
            CHAIN,
            head,
            journal,
            settings=self.settings,
            decided=decided,
            verify=verify_many,
        )
        self.feed(node, Started())

    def crash(self, node: Node) -> None:
        if node.engine is None:
            return
        self.restarts += 1
        node.engine = None
        node.life += 1
        node.syncing = False

    # Events and effects.

    def feed_later(self, node: Node, event: Event[Message], after: int) -> None:
        life = node.life
        self.call_later(after, lambda: self.feed(node, event) if node.life == life else None)

    def feed(self, node: Node, event: Event[Message]) -> None:
        if node.engine is None:
            return
        self.events += 1
        if self.observe is not None:
            self.observe(node, event)
        effects = node.engine.step(event, Instant(self.now + node.skew))
        self._check_table(node.engine)
        for effect in effects:
            if self._crashing and self.random.random() < self.faults.crash:
                self.crash(node)
                self.call_later(self.random.randint(10, 4_000), lambda: self.start(node))
                return
            self.perform(node, effect)

    def _check_table(self, engine: PbftEngine) -> None:
        for move in engine.fired:
            if move.before is not move.after and move not in MOVES:
                message = f"a move that the table does not know: {move}"
                raise Violation(message)

    def perform(self, node: Node, effect: Effect[Message]) -> None:
        if self.observe is not None:
            self.observe(node, effect)
        match effect:
            case Persist(height, record):
                node.journal = [kept for kept in node.journal if kept[0] >= height]
                node.journal.append((height, record))
            case SignDraft(draft):
                place = (draft.height, draft.round, draft.step)
                self.feed_later(node, DraftSigned(draft, node.signer.sign(place, draft.message)), 0)
            case Send() | Broadcast():
                self._speak(node, effect)
            case StartTimer(timer, after):
                self.feed_later(node, TimerFired(timer), after)
            case BuildCandidate(_, height, round_, time):
                block = node.executor.build(time)
                self.feed_later(node, CandidateBuilt(height, round_, block), self._draw_work())
            case JudgeCandidate(block):
                self._judge(node, block)
            case _:
                self._perform_rare(node, effect)

    def _perform_rare(self, node: Node, effect: Effect[Message]) -> None:
        match effect:
            case Finalize(block, certificate):
                self._finalize(node, block, certificate)
            case CatchUp(height):
                node.sync_target = max(node.sync_target, height)
                self._sync(node)
            case Accuse(validator, evidence):
                self._accuse(node, validator, evidence)
            case _:
                message = f"an effect that this engine never has: {effect}"
                raise Violation(message)

    def _draw_work(self) -> int:
        return self.random.randint(0, 5)

    def _judge(self, node: Node, block: Block) -> None:
        verdict = CandidateJudged(
            block.header.height, compute_block_id(block.header), node.executor.judge(block)
        )
        self.feed_later(node, verdict, self._draw_work())

    def _finalize(self, node: Node, block: Block, certificate: Certificate) -> None:
        block_id = compute_block_id(block.header)
        if node.index not in self.byzantine:
            self._check_final(node, block, certificate)
        node.executor.commit(block, certificate)
        if self._favoured.get((block.header.height, certificate.round)) == node.index:
            self.cut(node, self.random.randint(1_000, 6_000))
        node.had_work = bool(node.executor.waiting)
        self.feed_later(node, HeadChanged(node.executor.get_head()), self._draw_work())
        assert node.executor.head.block_id == block_id

    def _check_final(self, node: Node, block: Block, certificate: Certificate) -> None:
        height, block_id = block.header.height, compute_block_id(block.header)
        if self.final.setdefault(height, block_id) != block_id:
            message = f"two final blocks at height {height}"
            raise Violation(message)
        statement = SealStatement(
            chain_id=CHAIN, height=height, round=certificate.round, block_id=block_id
        )
        message_bytes = compute_seal_message(statement)
        sealers = {
            seal.validator
            for seal in certificate.seals
            if verify_many([(seal.validator, message_bytes, seal.signature)])[0]
        } & set(node.executor.head.validators.keys)
        if 3 * len(sealers) <= 2 * (self.size - 1):
            message = f"a certificate of {len(sealers)} of {self.size} at height {height}"
            raise Violation(message)

    def _accuse(self, node: Node, validator: PublicKey, evidence: bytes) -> None:
        guilty = validate_evidence(CHAIN, evidence, verify=verify_many)
        honest = {other.key for other in self.nodes if other.index not in self.byzantine}
        if guilty != validator or guilty in honest:
            raise Violation("an honest member was accused")
        self.accusations.add((node.index, validator))

    def cut(self, node: Node, duration: int) -> None:
        """Take a node off the network for a while."""
        links = {
            link
            for other in self.nodes
            if other is not node
            for link in ((node.index, other.index), (other.index, node.index))
        }
        self.blocked |= links
        self.call_later(duration, lambda: self.blocked.difference_update(links))

    def _is_withheld(self, target: Node, message: Message) -> bool:
        """Say whether a hostile link drops this commit."""
        if not isinstance(message, Ballots) or message.vote.ballot.step is not Step.COMMIT:
            return False
        place = (message.vote.ballot.height, message.vote.ballot.round)
        if place not in self._favoured:
            hostile = self.random.random() < self.faults.hostile
            self._favoured[place] = self.random.choice(self.correct).index if hostile else None
        favoured = self._favoured[place]
        return favoured is not None and favoured != target.index

    # Links.

    def _speak(self, node: Node, effect: Send[Message] | Broadcast[Message]) -> None:
        if node.index in self.byzantine and self.on_byzantine is not None:
            self.on_byzantine(node, effect)
        elif isinstance(effect, Broadcast):
            for other in self.nodes:
                self.transmit(node, other, effect.message)
        else:
            target = next(other for other in self.nodes if other.key == effect.to)
            self.transmit(node, target, effect.message)

    def transmit(self, source: Node, target: Node, message: Message) -> None:
        """Put a message on the link; it may be lost, late or come twice."""
        if source is target or (source.index, target.index) in self.blocked:
            return
        if self.faults.hostile and self._is_withheld(target, message):
            return
        faults, draw = self.faults, self.random.random
        copies = 2 if draw() < faults.duplication else 1
        for _ in range(copies):
            if draw() < faults.loss:
                continue
            delay = 2_000 if draw() < faults.slow else faults.delay_max
            self.call_later(
                self.random.randint(1, delay), lambda: self._arrive(source, target, message)
            )

    def _arrive(self, source: Node, target: Node, message: Message) -> None:
        if target.engine is None or (source.index, target.index) in self.blocked:
            return
        if source.index in self.byzantine and not self._passes_the_door(target.engine, message):
            return
        self.feed(target, Received(message))

    @staticmethod
    def _passes_the_door(engine: PbftEngine, message: Message) -> bool:
        """Do what the driver does with bytes from a peer, for those that may be forged."""
        return all(verify_many(engine.collect_signatures(message)))

    # Block sync, as the driver does it.

    def _sync(self, node: Node) -> None:
        if node.syncing or node.engine is None or node.height >= node.sync_target:
            return
        node.syncing = True
        peer = self.random.choice([other for other in self.nodes if other is not node])
        cut = (peer.index, node.index) in self.blocked or (node.index, peer.index) in self.blocked
        if peer.engine is not None and not cut and len(peer.executor.chain) > node.height:
            block, certificate = peer.executor.chain[node.height]
            if peer.index in self.byzantine and self.forged_block is not None:
                block, certificate = self.forged_block(node)
            self.feed_later(node, BlockLearned(block, certificate), 5)
        life = node.life
        self.call_later(
            20 if not cut else SYNC_RETRY,
            lambda: self._sync_again(node) if node.life == life else None,
        )

    def _sync_again(self, node: Node) -> None:
        node.syncing = False
        self._sync(node)

    # Clients.

    def submit(self, transaction: bytes) -> None:
        """A client's transaction reaches the nodes by gossip."""
        for node in self.nodes:
            if self.random.random() >= self.faults.gossip_loss:
                node.executor.submit(transaction)
            self.notice_work(node)

    def notice_work(self, node: Node) -> None:
        has_work = bool(node.executor.waiting)
        if node.engine is not None and has_work != node.had_work:
            node.had_work = has_work
            self.feed(node, WorkChanged(has_work))

    # The two phases.

    def start_crashing(self) -> None:
        self._crashing = True

    def calm_down(self) -> None:
        """End all faults: from here on the network must make progress."""
        self._crashing = False
        self.blocked.clear()
        self._favoured.clear()
        self.faults = Faults()
        for node in self.nodes:
            self.start(node)

    @property
    def correct(self) -> list[Node]:
        return [node for node in self.nodes if node.index not in self.byzantine]

    def tell_time(self) -> Milliseconds:
        return Milliseconds(self.now - 1_000_000)
