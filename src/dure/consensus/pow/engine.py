"""Proof of work: whoever finds a header whose hash is small enough makes the block (Nakamoto 2008).

Rules
-----
1. A header fits on its parent where its time is above the median of the eleven blocks before
   (`tree.TIMES`), not more than `future` ahead of the own clock, and its target is the one that
   `asert` asks for there. Its work counts for that target. Nobody executes a block before that.
2. The head goes to the tip of the branch with the most work: back to the fork, one block after the
   other, and forth along the branch, each block executed first. One that turns out invalid takes
   its branch out, and the head goes where the most work is then.
3. One order at a time is out: after `UndoHead`, `JudgeCandidate` or `AdoptHead` the engine waits
   for the answer.
4. A miner works on its head, and begins anew when the head moves, and after `refresh` with what has
   come meanwhile.
5. A block is passed on once, when it first stands in the tree; for one whose parent is missing,
   that parent is asked for.
6. `depth` blocks below the head nothing is undone any more, whatever work it would take: a node
   that was cut off for longer has to be told whom to believe. That is a choice of this node, not of
   the chain, and no finality: a receipt's risk stands in its confirmations.

There is nothing to journal: a miner never contradicts itself, it only works in vain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from dure.consensus.body import has_own_body
from dure.consensus.interface import (
    AdoptHead,
    BlockLearned,
    Broadcast,
    BuildCandidate,
    CandidateBuilt,
    CandidateJudged,
    DraftSigned,
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
    Timer,
    TimerFired,
    UndoHead,
    WorkChanged,
    WorkFound,
)
from dure.consensus.longest.tree import Added, BlockTree, Node
from dure.consensus.pow.asert import Schedule
from dure.consensus.pow.target import expand_target
from dure.consensus.pow.work import NONCE_BYTES, Work, measure_work, read_work, set_work
from dure.core.block import Block, compute_block_id
from dure.core.codec import Wire, decode, encode
from dure.core.errors import InvalidBlock, InvalidEncoding
from dure.core.signatures import SignedItem
from dure.core.types import BlockId, ChainId, Height, Instant, Milliseconds, PublicKey, Round

ONLY_ROUND: Final = Round(0)
REFRESH_TIMER: Final = "refresh"
MESSAGE_BYTES_MAX: Final = 16 * 1024 * 1024


class Found(Wire, frozen=True, tag="pow1.block"):
    """A block that somebody worked for."""

    block: Block


WorkEffects = tuple[Effect[Found], ...]


@dataclass(frozen=True, slots=True)
class WorkRules:
    """What all nodes of a chain must have alike, and what each chooses."""

    schedule: Schedule
    """Of the difficulty; times and spacing in milliseconds."""
    future: Milliseconds
    """How far ahead of the own clock a header's time may be."""
    depth: int
    """How many blocks this node is willing to undo."""
    refresh: Milliseconds
    """After which a miner takes new transactions into its work."""
    is_miner: bool


@dataclass(slots=True)
class WorkEngine:
    """The engine of a public chain: anybody may work, and nobody is asked who they are."""

    own_key: PublicKey
    chain_id: ChainId
    head: Head
    line: Sequence[Block]
    """The newest blocks up to the head, each the parent of the next; no more than `TIMES`."""
    rules: WorkRules
    _tree: BlockTree = field(init=False)
    _waits_for: BlockId | None = field(default=None, init=False)
    """The block that an order is out for."""
    _work: Block | None = field(default=None, init=False)
    """What the search is for."""
    _is_building: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._tree = BlockTree(self.line, self._fits)

    def step(self, event: Event[Found], now: Instant) -> WorkEffects:
        """Take one event in and give orders out."""
        match event:
            case Started() | DraftSigned():
                return self._advance(now)
            case Received(Found(block)) | BlockLearned(block) | WorkFound(block):
                return self._on_block(block, now)
            case CandidateBuilt():
                return self._on_built(event)
            case CandidateJudged():
                return self._on_judged(event, now)
            case HeadChanged(head):
                return self._on_head(head, now)
            case WorkChanged(has_work):
                self.head = replace(self.head, has_work=has_work)
                return self._advance(now)
            case TimerFired(timer):
                if timer.height == self.head.header.height + 1:
                    self._work = None
                return self._advance(now)
            case _:
                assert_never(event)

    # Blocks

    def _fits(self, parent: Node, block: Block) -> bool:
        header = block.header
        before = parent.block.header
        bits = self.rules.schedule.compute_bits(before.height, before.time)
        return (
            header.chain_id == self.chain_id
            and header.time > parent.median_time
            and read_work(header).bits == bits
        )

    def _on_block(self, block: Block, now: Instant) -> WorkEffects:
        if block.header.time > now + self.rules.future or not has_own_body(block):
            return ()
        try:
            weight = measure_work(block.header)
        except InvalidBlock:
            return ()
        added = self._tree.add(block, weight)
        if added is Added.GREW:
            return (Broadcast(Found(block=block)), *self._fetch(), *self._advance(now))
        return self._fetch() if added is Added.WAITS else ()

    def _fetch(self) -> WorkEffects:
        return tuple(FetchBlock(block_id) for block_id in self._tree.list_wanted())

    def _on_judged(self, judged: CandidateJudged, now: Instant) -> WorkEffects:
        if judged.block_id != self._waits_for:
            return ()
        if judged.valid:
            self._tree.mark_judged(judged.block_id)
            return self._adopt(judged.block_id)
        self._waits_for = None
        self._tree.mark_invalid(judged.block_id)
        return self._advance(now)

    # The head

    def _advance(self, now: Instant) -> WorkEffects:
        """Take the next step towards the branch with the most work, or work on the head."""
        if self._waits_for is not None:
            return ()
        way = self._tree.find_way(self.head.block_id, self._tree.best.block_id)
        if way.back:
            self._waits_for = self.head.block_id
            return (UndoHead(self.head.block_id),)
        if not way.forth:
            return self._mine(now)
        node = self._tree.get(way.forth[0])
        assert node is not None, "the way leads through the tree"
        if node.is_judged:
            return self._adopt(node.block_id)
        self._waits_for = node.block_id
        return (JudgeCandidate(node.block),)

    def _adopt(self, block_id: BlockId) -> WorkEffects:
        node = self._tree.get(block_id)
        assert node is not None, "only a block of the tree is adopted"
        self._waits_for = block_id
        return (AdoptHead(node.block, None),)

    def _on_head(self, head: Head, now: Instant) -> WorkEffects:
        self.head, self._waits_for, self._work = head, None, None
        self._is_building = False
        return (*self._settle(), *self._advance(now))

    def _settle(self) -> WorkEffects:
        """Let go of what is too deep to be undone."""
        node = self._tree.get(self.head.block_id)
        assert node is not None, "the head is in the tree"
        height = Height(node.height - self.rules.depth)
        root = self._tree.get(self._tree.root)
        if root is None or height <= root.height:
            return ()
        while node.height > height:
            parent = self._tree.get(node.parent)
            assert parent is not None, "the head stands on the root"
            node = parent
        self._tree.raise_root(node.block_id)
        return (Settle(height),)

    # Work

    def _mine(self, now: Instant) -> WorkEffects:
        at_work = self._is_building or self._work is not None
        if at_work or not (self.rules.is_miner and self.head.has_work):
            return ()
        self._is_building = True
        node = self._tree.best
        time = Instant(max(now, node.median_time + 1))
        height = Height(node.height + 1)
        return (BuildCandidate(self.head.block_id, height, ONLY_ROUND, time),)

    def _on_built(self, built: CandidateBuilt) -> WorkEffects:
        wanted = self._is_building and self._waits_for is None
        self._is_building = False
        if not wanted:
            return ()
        if built.block is None:
            self.head = replace(self.head, has_work=False)
            return ()
        parent = self.head.header
        bits = self.rules.schedule.compute_bits(parent.height, parent.time)
        self._work = set_work(built.block, Work(bits=bits, nonce=bytes(NONCE_BYTES)))
        timer = Timer(REFRESH_TIMER, built.height, ONLY_ROUND)
        return (
            SeekWork(self._work, expand_target(bits)),
            StartTimer(timer, self.rules.refresh),
        )

    # Messages

    def encode_message(self, message: Found) -> bytes:
        """Return the message's bytes for the wire."""
        return encode(message)

    def decode_message(self, data: bytes, *, is_bare: bool = False) -> Found:
        """Return a peer's message; raise `InvalidEncoding`. Work is checked in `step`."""
        if len(data) > MESSAGE_BYTES_MAX:
            text = f"a message has at most {MESSAGE_BYTES_MAX} bytes, not {len(data)}"
            raise InvalidEncoding(text)
        message = decode(Found, data)
        if is_bare and message.block.transactions:
            raise InvalidEncoding("a bare message has no body")
        return message

    def take_body(self, message: Found) -> tuple[Found, Block | None]:
        """Return the message without its block's body, and that block."""
        bare = Block(header=message.block.header, transactions=())
        return Found(block=bare), message.block

    def put_body(self, message: Found, transactions: tuple[bytes, ...]) -> Found:
        """Return a bare message with its block's body; raise `InvalidEncoding` for another's."""
        block = Block(header=message.block.header, transactions=transactions)
        if not has_own_body(block):
            raise InvalidEncoding("the body is not the one that the header names")
        return Found(block=block)

    def is_needed(self, message: Found) -> bool:
        """Say whether the block is not in the tree yet."""
        return compute_block_id(message.block.header) not in self._tree

    def collect_signatures(self, message: Found) -> list[SignedItem]:
        """Nothing is signed: the work is the proof."""
        return []

    @property
    def phase(self) -> str:
        """Where the engine stands: idle, working, or moving to a branch with more work."""
        if self._waits_for is not None:
            return "moving to the branch with the most work"
        return "idle" if self._work is None else "looking for work"

    def describe(self) -> str:
        """Say in one line what the engine does."""
        node = self._tree.best
        ahead = f"height {node.height}, {node.total} hashes above where this node began"
        return f"{ahead}: {self.phase}"
