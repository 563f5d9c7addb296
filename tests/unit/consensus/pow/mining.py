"""Miners in one process: engines under a hand-made driver, with a network that can be cut.

Work is real and easy: a header takes some hundred hashes. Every miner tries so many nonces a tick.
"""

from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Any

from dure.consensus.interface import (
    AdoptHead,
    Broadcast,
    BuildCandidate,
    CandidateBuilt,
    CandidateJudged,
    Effect,
    Event,
    FetchBlock,
    Head,
    HeadChanged,
    JudgeCandidate,
    Received,
    SeekWork,
    Settle,
    Started,
    StartTimer,
    TimerFired,
    UndoHead,
    WorkChanged,
    WorkFound,
)
from dure.consensus.pow.asert import Schedule
from dure.consensus.pow.engine import Found, WorkEngine, WorkRules
from dure.consensus.pow.target import compact_target, expand_target
from dure.consensus.pow.work import Work, compute_work_hash, read_work, seek_nonce, set_work
from dure.core.block import Block, compute_block_id
from dure.core.types import BlockId, Instant, Milliseconds
from tests.conformance.fakes import (
    CHAIN,
    Executor,
    make_block,
    make_genesis,
    make_key,
    make_validators,
)

GENESIS = make_genesis(make_validators(1))
ROOT = Block(header=GENESIS.header, transactions=())
SPACING = 1_000
EASY = 2**249
RULES = WorkRules(
    schedule=Schedule(
        height=0,
        parent_time=-SPACING,
        bits=compact_target(EASY),
        spacing=SPACING,
        half_life=60 * SPACING,
        target_max=2**250,
    ),
    future=Milliseconds(10_000),
    depth=1_000,
    refresh=Milliseconds(5_000),
    is_miner=True,
)


def work_for(block: Block, bits: int) -> Block:
    """Return the block with these bits, and work that is enough for half of `EASY`."""
    blank = set_work(block, Work(bits=bits, nonce=bytes(8)))
    header = seek_nonce(blank.header, EASY >> 1, 0, 1 << 22)
    assert header is not None
    return Block(header=header, transactions=block.transactions)


def idle_for(block: Block) -> Block:
    """Return the block with a nonce that nobody worked for."""
    bits = read_work(block.header).bits
    for number in range(1000):
        lazy = set_work(block, Work(bits=bits, nonce=number.to_bytes(8, "big")))
        if compute_work_hash(lazy.header) > expand_target(bits):
            return lazy
    raise AssertionError("a thousand nonces in a row were right")


def mine(parent: Block, name: bytes, *, time: int | None = None, bits: int | None = None) -> Block:
    """Return a right block on a parent, with one transaction."""
    before = parent.header
    head = Head(before, compute_block_id(before), GENESIS.validators, has_work=True)
    asked = RULES.schedule.compute_bits(before.height, before.time)
    block = make_block(head, before.time + SPACING if time is None else time, make_key(0), (name,))
    return work_for(block, asked if bits is None else bits)


@dataclass
class Miner:
    """One node: an engine, a ledger that can go back, and what its driver would do."""

    number: int
    rules: WorkRules = RULES
    now: int = 1_000
    orders: list[Effect[Found]] = field(default_factory=list)
    lost: int = 0
    """Blocks that were undone."""

    def __post_init__(self) -> None:
        self.key = make_key(self.number)
        self.ledger = Executor(self.key, GENESIS)
        self.heads = [GENESIS]
        self.blocks: dict[BlockId, Block] = {GENESIS.block_id: ROOT}
        self.chain: list[Block] = []
        self.peers: list[Block] = []
        self.wants: list[BlockId] = []
        self.search: SeekWork | None = None
        self.nonce = self.number << 40
        self.events: deque[Event[Found]] = deque()
        self.engine = WorkEngine(self.key, CHAIN, GENESIS, (ROOT,), self.rules)
        self.put(Started())

    def put(self, event: Event[Found]) -> None:
        self.events.append(event)
        while self.events:
            event = self.events.popleft()
            for effect in self.engine.step(event, Instant(self.now)):
                self.orders.append(effect)
                self.perform(effect)

    def perform(self, effect: Effect[Any]) -> None:
        match effect:
            case JudgeCandidate(block):
                block_id = compute_block_id(block.header)
                valid = self.judge(block)
                self.events.append(CandidateJudged(block.header.height, block_id, valid))
            case AdoptHead(block):
                self.adopt(block)
            case UndoHead(block_id):
                self.undo(block_id)
            case BuildCandidate():
                built = self.ledger.build(effect.time)
                self.events.append(CandidateBuilt(effect.height, effect.round, built))
            case SeekWork():
                self.search = effect
            case Broadcast(message):
                block = message.block
                self.blocks[compute_block_id(block.header)] = block
                self.peers.append(block)
            case FetchBlock(block_id):
                self.wants.append(block_id)
            case Settle() | StartTimer():
                pass
            case _:
                raise AssertionError(effect)

    def judge(self, block: Block) -> bool:
        """Judge by the ledger's rules, which know nothing of work."""
        head = self.ledger.head
        if block.header.previous != head.block_id or not block.transactions:
            return False
        if any(transaction in self.ledger.done for transaction in block.transactions):
            return False
        plain = make_block(head, block.header.time, block.header.proposer, block.transactions)
        return plain.header.state_root == block.header.state_root

    def adopt(self, block: Block) -> None:
        assert self.judge(block), "only what was judged becomes the head"
        self.chain.append(block)
        self.ledger.done.update(block.transactions)
        for transaction in block.transactions:
            self.ledger.waiting.pop(transaction, None)
        self.move(Head(block.header, compute_block_id(block.header), GENESIS.validators, False))

    def undo(self, block_id: BlockId) -> None:
        block = self.chain.pop()
        assert compute_block_id(block.header) == block_id
        self.lost += 1
        self.ledger.done.difference_update(block.transactions)
        for transaction in block.transactions:
            self.ledger.submit(transaction)
        header = self.chain[-1].header if self.chain else GENESIS.header
        self.move(Head(header, compute_block_id(header), GENESIS.validators, False))

    def move(self, head: Head) -> None:
        self.ledger.head = head
        self.search = None
        self.events.append(HeadChanged(self.ledger.get_head()))

    def submit(self, transaction: bytes) -> None:
        self.ledger.submit(transaction)
        self.put(WorkChanged(bool(self.ledger.waiting)))

    def hear(self, block: Block) -> None:
        self.put(Received(Found(block=block)))

    def work(self, tries: int) -> None:
        """Look for a nonce, as a worker process would."""
        if self.search is None:
            return
        block = self.search.block
        header = seek_nonce(block.header, self.search.target, self.nonce, tries)
        self.nonce += tries
        if header is not None:
            assert compute_work_hash(header) <= self.search.target
            self.search = None
            self.put(WorkFound(Block(header=header, transactions=block.transactions)))

    def list_sought(self) -> list[bytes]:
        """Return the transactions of the block that work is sought for."""
        return [] if self.search is None else list(self.search.block.transactions)

    @property
    def tip(self) -> BlockId:
        return self.ledger.head.block_id


@dataclass
class Field:
    """Miners and the lines between them."""

    count: int
    seed: int
    groups: list[int] = field(default_factory=list)
    """Of each miner; blocks pass inside a group only."""

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.miners = [Miner(number) for number in range(self.count)]
        self.groups = [0] * self.count
        self.sent = 0

    def submit(self, transaction: bytes) -> None:
        for miner in self.miners:
            miner.submit(transaction)

    def tick(self, *, tries: int = 40, does_mine: bool = True) -> None:
        """Let some time pass: everybody works, and what was sent arrives in any order."""
        for number, miner in enumerate(self.miners):
            miner.now += 200
            if does_mine:
                miner.work(tries)
            arriving = [
                (other, block)
                for other in range(self.count)
                if other != number and self.groups[other] == self.groups[number]
                for block in miner.peers
            ]
            miner.peers = []
            self.random.shuffle(arriving)
            for other, block in arriving:
                self.miners[other].hear(block)
        for number, miner in enumerate(self.miners):
            wanted, miner.wants = miner.wants, []
            for block_id in wanted:
                self._answer(number, block_id)

    def _answer(self, number: int, block_id: BlockId) -> None:
        for other, miner in enumerate(self.miners):
            known = self.groups[other] == self.groups[number] and block_id in miner.blocks
            if other != number and known:
                self.miners[number].hear(miner.blocks[block_id])
                return

    def refresh(self) -> None:
        """Have each miner's refreshing timer fire."""
        for miner in self.miners:
            timers = [order.timer for order in miner.orders if isinstance(order, StartTimer)]
            if timers:
                miner.put(TimerFired(timers[-1]))
