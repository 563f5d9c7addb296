"""The node driver: where engine, ledger, disk, network and clock meet.

It is a state machine over ports, with no event loop of its own: the real node and the simulator
run the same driver.

Rules
-----
1. Effects of a step are performed strictly in order; an answer (`DraftSigned`, `CandidateBuilt`,
   `HeadChanged` …) waits until the effects before it are done. `Persist` is flushed before any
   later effect begins.
2. A block reaches the ledger by one path only: `Finalize` → judged (again, if need be) →
   committed → durable → told.
3. A block that the certificate proves final and our ledger refuses is a divergence: the driver
   stops for good rather than follow either.
4. A death of the process that runs contracts proves nothing: a block that was to be judged gets no
   vote; a proposal is made again without the transaction that it died of, unless it was a
   scheduled call, which cannot be left out; under a final block the driver stops for good.
5. Transactions of clients are passed on once, to all peers; those that still wait after a while
   are passed on again.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, assert_never

import structlog

from dure.chain.assembly import REFUSED_MAX
from dure.chain.candidate import Candidate
from dure.chain.executor import Executor
from dure.chain.transaction import Transaction
from dure.consensus import interface as consensus
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate
from dure.core.codec import decode, encode
from dure.core.errors import (
    DureError,
    InvalidBlock,
    InvalidEncoding,
    InvalidTransaction,
    MalformedTransaction,
    PeerViolation,
    StorageError,
    TransactionReplayed,
    TransactionTooEarly,
    WorkerDied,
    WorkerNotStarted,
    WrongChain,
    WrongSignature,
)
from dure.core.signatures import verify_many
from dure.core.types import Height, Instant, Milliseconds, PublicKey, Round, TransactionId
from dure.node import messages
from dure.node.mempool import Mempool, MempoolLimits
from dure.node.ports import Clock, Disk, Network, Signer, StoredBlock
from dure.node.synchronizer import Synchronizer
from dure.node.workers.halt import FinalBlockNotExecuted

TICK = "tick"
DUE = "due"
TICK_MS = Milliseconds(500)
GOSSIP_AGAIN_MS = 2_000
DEATHS_MAX = 4
"""Deaths of contract workers that one proposal may cost before it is given up."""

NEVER_PASSED_ON = frozenset(
    error.code for error in (WrongSignature, MalformedTransaction, WrongChain)
)
"""What no honest peer can have overlooked; other refusals come of being a block ahead or behind."""

EngineFactory = Callable[[consensus.Head, Sequence[bytes]], consensus.Engine[Any]]
"""Builds the engine from the head and the journal's records of the next height."""

log = structlog.get_logger()


class Observer(Protocol):
    """Who is told what happened; the real node's gateway, or the simulator's checkers."""

    def on_block(self, stored: StoredBlock, transaction_ids: Sequence[TransactionId]) -> None:
        """A block is final and durable; the ids are those of its transactions, in order."""
        ...

    def on_dropped(self, transaction: Transaction, reason: InvalidTransaction) -> None:
        """A waiting transaction will not be executed."""
        ...


class Divergence(DureError):
    """The ledger refuses a block that a quorum sealed: our program or disk is at fault."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The doors to the outside."""

    disk: Disk
    network: Network
    clock: Clock
    signer: Signer


class Driver:
    """One node's duties between its ports."""

    def __init__(
        self,
        executor: Executor,
        ports: Ports,
        *,
        engine_factory: EngineFactory,
        observer: Observer,
        limits: MempoolLimits | None = None,
    ) -> None:
        self.executor = executor
        self.mempool = Mempool(limits or MempoolLimits())
        self.synchronizer = Synchronizer(self._ask)
        self._ports = ports
        self._observer = observer
        self._events: deque[consensus.Event[Any]] = deque()
        self._stepping = False
        self._told_work = False
        self._restore()
        head = self._build_head()
        journal = ports.disk.load_journal(Height(head.header.height + 1))
        self.engine = engine_factory(head, journal)

    # Life

    def start(self) -> None:
        """Begin: call once, when every port is open."""
        self._told_work = self._has_work()
        self._put(consensus.Started())
        self._ports.clock.call_later(TICK_MS, TICK)
        self._arm_due()

    def on_timer(self, name: object) -> None:
        """A timer of the clock port fired."""
        if isinstance(name, consensus.Timer):
            self._put(consensus.TimerFired(name))
        elif name == DUE:
            self._tell_work()
        else:
            self._on_tick()

    # Transactions

    def submit(self, envelopes: Sequence[bytes]) -> list[TransactionId | InvalidTransaction]:
        """Admit a client's envelopes, in order, and pass the new ones on to every peer."""
        answers, fresh = self._admit(envelopes)
        self._pass_on(fresh)
        return answers

    def _pass_on(self, transactions: Sequence[Transaction]) -> None:
        for gossip in messages.split_gossip([t.envelope for t in transactions]):
            self._ports.network.broadcast(encode(gossip))

    def _admit(
        self, envelopes: Sequence[bytes]
    ) -> tuple[list[TransactionId | InvalidTransaction], list[Transaction]]:
        now = self._ports.clock.now()
        size = self.executor.parameters.transaction_bytes_max
        answers: list[TransactionId | InvalidTransaction] = []
        fresh: list[Transaction] = []
        for opened in self.executor.transactions.open_many(envelopes, bytes_max=size):
            if isinstance(opened, InvalidTransaction):
                answers.append(opened)
                continue
            try:
                if opened.transaction_id not in self.mempool:
                    self.executor.check(opened, now)
                    self.mempool.add(opened, now)
                    fresh.append(opened)
            except InvalidTransaction as problem:
                answers.append(problem)
            else:
                answers.append(opened.transaction_id)
        if fresh:
            self._tell_work()
        return answers, fresh

    # Peers

    def on_frame(self, peer: PublicKey, data: bytes) -> None:
        """A peer's frame arrived, from a connection that proved the peer's key."""
        try:
            self._on_message(peer, decode(messages.PeerMessage, data))
        except (InvalidEncoding, PeerViolation) as problem:
            log.warning("peer_violation", peer=peer.hex()[:8], reason=problem.message)
            self._ports.network.disconnect(peer, problem.message)

    def on_connected(self, peer: PublicKey) -> None:
        """A peer is there (again): tell it where we stand."""
        self._ports.network.send(peer, encode(self._build_status()))

    def _on_message(self, peer: PublicKey, message: messages.PeerMessage) -> None:
        match message:
            case messages.EngineMessage(data=data):
                self._on_engine_message(data)
            case messages.Gossip(envelopes=envelopes):
                self._on_gossip(peer, envelopes)
            case messages.Status(height=height):
                self.synchronizer.on_status(peer, height)
                self.synchronizer.advance(self._height, self._ports.clock.now())
            case messages.GetBlocks(start=start, count=count):
                self._ports.network.send(peer, encode(self._collect_blocks(start, count)))
            case messages.Blocks(items=items):
                self._on_blocks(peer, items)
            case _:
                assert_never(message)

    def _on_engine_message(self, data: bytes) -> None:
        message = self.engine.decode_message(data)
        if not all(verify_many(self.engine.collect_signatures(message))):
            raise PeerViolation("a message with a wrong signature")
        self._put(consensus.Received(message))

    def _on_gossip(self, peer: PublicKey, envelopes: Sequence[bytes]) -> None:
        answers, _ = self._admit(envelopes)
        refused = Counter(a.code for a in answers if isinstance(a, InvalidTransaction))
        # Honest peers pass on again what has become final meanwhile.
        if unexpected := {c: n for c, n in refused.items() if c != TransactionReplayed.code}:
            log.info("gossip_refused", peer=peer.hex()[:8], codes=unexpected)
        for code in refused.keys() & NEVER_PASSED_ON:
            message = f"passed on a transaction that it must have refused: {code}"
            raise PeerViolation(message)

    def _collect_blocks(self, start: Height, count: int) -> messages.Blocks:
        items: list[messages.CertifiedBlock] = []
        size = 0
        for height in range(start, min(start + count, self._height + 1)):
            stored = self._ports.disk.load_block(Height(height))
            if stored is None:
                break
            size += sum(map(len, stored.block.transactions))
            if items and size > messages.BLOCKS_BYTES_MAX:
                break
            items.append(messages.CertifiedBlock(stored.block, stored.certificate))
        return messages.Blocks(start=start, items=tuple(items))

    def _on_blocks(self, peer: PublicKey, items: Sequence[messages.CertifiedBlock]) -> None:
        if not self.synchronizer.is_asked(peer):
            # An answer that came too late, or one that nobody asked for: no work for either.
            return
        before = self._height
        for item in items:
            if item.block.header.height == self._height + 1:
                self._put(consensus.BlockLearned(item.block, item.certificate))
        self.synchronizer.on_answer(peer, useful=self._height > before)
        self.synchronizer.advance(self._height, self._ports.clock.now())

    def _ask(self, peer: PublicKey, question: messages.GetBlocks) -> None:
        self._ports.network.send(peer, encode(question))

    # The engine

    def _put(self, event: consensus.Event[Any]) -> None:
        self._events.append(event)
        if self._stepping:
            return
        self._stepping = True
        try:
            while self._events:
                for effect in self.engine.step(self._events.popleft(), self._ports.clock.now()):
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
                ports.network.send(to, self._encode(message))
            case consensus.Broadcast(message=message):
                ports.network.broadcast(self._encode(message))
            case consensus.StartTimer(timer=timer, after=after):
                ports.clock.call_later(after, timer)
            case consensus.BuildCandidate():
                self._build(effect)
            case consensus.JudgeCandidate(block=block):
                self._judge(block)
            case consensus.Finalize(block=block, certificate=certificate):
                self._finalize(block, certificate)
            case consensus.AdoptHead():
                raise NotImplementedError("no engine of this version undoes blocks")
            case consensus.CatchUp(height=height):
                others = set(self.executor.head.validators.keys) - {ports.signer.key}
                self.synchronizer.on_proven(height, others)
                self.synchronizer.advance(self._height, ports.clock.now())
            case consensus.Accuse(validator=validator, evidence=evidence):
                log.error("equivocation", validator=validator.hex(), evidence=evidence.hex())
            case _:
                assert_never(effect)

    def _encode(self, message: object) -> bytes:
        return encode(messages.EngineMessage(data=self.engine.encode_message(message)))

    def _build(self, order: consensus.BuildCandidate) -> None:
        candidate = self._propose(order)
        if candidate is not None:
            self._drop(candidate.refused)
        else:
            self._told_work = False
            self._clean_mempool(REFUSED_MAX)
        block = candidate.block if candidate else None
        self._put(consensus.CandidateBuilt(order.height, order.round, block))

    def _propose(self, order: consensus.BuildCandidate) -> Candidate | None:
        for _ in range(DEATHS_MAX):
            try:
                return self.executor.propose(
                    order.parent,
                    time=order.time,
                    proposer=self._ports.signer.key,
                    transactions=self.mempool.iterate(),
                )
            except InvalidBlock:
                return None
            except WorkerDied as death:
                if not self._quarantine(death):
                    break
        log.error("nothing_proposed", height=order.height)
        return None

    def _quarantine(self, death: WorkerDied) -> bool:
        """Take the transaction that it died of out of the mempool; say whether there is one."""
        log.error("worker_died_proposing", **death.facts)
        culprit = death.facts.get("transaction")
        if isinstance(death, WorkerNotStarted) or not isinstance(culprit, bytes):
            return False
        found = self.mempool.quarantine(TransactionId(culprit))
        if found is not None:
            log.error("transaction_quarantined", transaction=culprit)
            self._observer.on_dropped(*found)
        return found is not None

    def _judge(self, block: Block) -> None:
        block_id = compute_block_id(block.header)
        try:
            valid = self._try_judge(block) is not None
        except WorkerDied as death:
            log.warning("block_not_judged", block=block_id, **death.facts)
            valid = False
        self._put(consensus.CandidateJudged(block.header.height, block_id, valid))

    def _try_judge(self, block: Block) -> Candidate | None:
        try:
            return self.executor.judge(block)
        except InvalidBlock as problem:
            log.warning("block_refused", height=block.header.height, reason=problem.message)
            return None

    def _finalize(self, block: Block, certificate: Certificate) -> None:
        if block.header.height <= self._height:
            return
        follows = block.header.previous == self.executor.head.block_id
        try:
            candidate = self._try_judge(block) if follows else None
        except WorkerDied as death:
            raise FinalBlockNotExecuted(block, death) from death
        if candidate is None:
            height = block.header.height
            message = f"block {height} is sealed by a quorum and refused by this node's ledger"
            raise Divergence(message, height=height)
        self._commit(candidate, certificate)

    def _commit(self, candidate: Candidate, certificate: Certificate) -> None:
        committed = self.executor.commit(candidate.position.block_id)
        stored = StoredBlock(
            block=candidate.block,
            certificate=certificate,
            receipts=tuple(encode(record) for record in candidate.records),
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
        head = self._build_head()
        self._told_work = head.has_work
        self._put(consensus.HeadChanged(head))
        self._arm_due()

    # Work

    @property
    def _height(self) -> Height:
        return self.executor.head.header.height

    def _has_work(self) -> bool:
        return bool(len(self.mempool)) or self.executor.has_scheduled_work(self._ports.clock.now())

    def _tell_work(self) -> None:
        has_work = self._has_work()
        if has_work != self._told_work:
            self._told_work = has_work
            self._put(consensus.WorkChanged(has_work))

    def _arm_due(self) -> None:
        due = self.executor.next_due()
        if due is not None:
            after = max(1, min(due - self._ports.clock.now(), 24 * 3_600_000))
            self._ports.clock.call_later(Milliseconds(after), DUE)

    def _build_head(self) -> consensus.Head:
        position = self.executor.head
        return consensus.Head(
            header=position.header,
            block_id=position.block_id,
            validators=position.validators,
            has_work=self._has_work(),
        )

    # Housekeeping

    def _on_tick(self) -> None:
        self._ports.clock.call_later(TICK_MS, TICK)
        self._ports.network.broadcast(encode(self._build_status()))
        self._clean_mempool(messages.GOSSIP_MAX)
        now = self._ports.clock.now()
        self.synchronizer.advance(self._height, now)
        old = self.mempool.list_older_than(
            Instant(max(0, now - GOSSIP_AGAIN_MS)), messages.GOSSIP_MAX
        )
        self._pass_on(old)
        self._tell_work()

    def _build_status(self) -> messages.Status:
        head = self.executor.head
        return messages.Status(height=head.header.height, block_id=head.block_id)

    def _clean_mempool(self, count: int) -> None:
        """Drop what expired and, of the `count` oldest, what can no longer be executed."""
        now = self._ports.clock.now()
        for transaction, reason in self.mempool.drop_expired(now):
            self._observer.on_dropped(transaction, reason)
        stale: list[tuple[Transaction, InvalidTransaction]] = []
        for transaction in self.mempool.list_older_than(now, count):
            try:
                self.executor.check(transaction, now)
            except TransactionTooEarly:
                continue
            except InvalidTransaction as problem:
                stale.append((transaction, problem))
        self._drop(stale)

    def _drop(self, refused: Sequence[tuple[Transaction, InvalidTransaction]]) -> None:
        self.mempool.remove(transaction.transaction_id for transaction, _ in refused)
        for transaction, reason in refused:
            if not isinstance(reason, TransactionReplayed):
                self._observer.on_dropped(transaction, reason)

    def _restore(self) -> None:
        disk = self._ports.disk
        stored = disk.load_head()
        if stored is None:
            self._store_genesis()
            return
        header = stored.block.header
        horizon = header.time - self.executor.parameters.replay_window
        recent: list[Block] = []
        block = stored.block
        while block.header.height > 0 and block.header.time >= horizon:
            recent.append(block)
            before = disk.load_block(Height(block.header.height - 1))
            if before is None:
                raise StorageError("the store lacks blocks of the replay window")
            block = before.block
        self.executor.restore(header, disk.load_state(), reversed(recent))

    def _store_genesis(self) -> None:
        position = self.executor.head
        stored = StoredBlock(
            block=Block(header=position.header, transactions=()),
            certificate=Certificate(round=Round(0), seals=()),
            receipts=(),
        )
        self._ports.disk.commit_block(
            position.block_id, stored, (), writes=self.executor.copy_state(), undo={}
        )
