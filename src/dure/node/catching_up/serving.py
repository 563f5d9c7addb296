"""Answers for peers that catch up: stored blocks, and the state after a block, chunk by chunk.

Rules
-----
1. Questions wait in a bounded queue and are answered one at a time, so that whoever asks a lot
   neither stops this node nor keeps others from their answers. More questions at once than an
   honest peer asks are a violation.
2. A state is frozen when somebody asks for it, and let go when nobody has asked for a while, or
   when too many of its values had to be kept. At most two are frozen at once: what is beyond one
   state costs at most `REPLACED_MAX` values and the nodes of its tree until it is prepared. Whoever
   asks for another state gives up the one that it alone asked for, after a while: so one peer never
   occupies both places, and has nobody freeze states all the time.
3. A state some blocks ago is frozen as well, by what the undo records of those blocks say, so that
   several peers can serve the same one.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import structlog

from dure.chain import state
from dure.chain.executor import Executor
from dure.chain.state_tree.frozen import FrozenState
from dure.core.codec import MESSAGE_BYTES_MAX, encode
from dure.core.errors import PeerViolation, Unavailable
from dure.core.types import Height, Instant, PublicKey
from dure.node import messages
from dure.node.catching_up.handovers import collect_handovers
from dure.node.messages import GetBlocks, GetChunk, GetHistory, GetSnapshot
from dure.node.ports import Disk, Network, StoredBlock

QUESTIONS_MAX: Final = 32
"""Questions of one peer that may wait."""
FROZEN_MAX: Final = 2
IDLE_MS: Final = 60_000
"""A state that nobody has asked for so long is let go."""
KEPT_MS: Final = 10_000
"""Nobody has a second state frozen for it so soon."""
REPLACED_MAX: Final = 400_000
"""Replaced values for which a frozen state is let go: about 60 MB."""
PREPARED_AT_ONCE: Final = 2_000
"""Keys looked at in one go: about five milliseconds."""
UNDONE_BLOCKS_MAX: Final = 256
UNDONE_KEYS_MAX: Final = 20_000
"""How far back a state may be frozen: about 100 milliseconds."""
ENVELOPE_BYTES: Final = 64 * 1024
"""Room in a frame for what stands around the block that an answer carries."""

Question = GetBlocks | GetHistory | GetSnapshot | GetChunk

log = structlog.get_logger()


@dataclass(slots=True)
class _Serving:
    """A frozen state, and who waits for it to be ready."""

    frozen: FrozenState
    offer: bytes
    asked_at: Instant
    frozen_at: Instant
    waiting: list[PublicKey] = field(default_factory=list)
    asked_by: set[PublicKey] = field(default_factory=set)


class Server:
    """Answers peers from the disk and from frozen states."""

    def __init__(self, executor: Executor, disk: Disk, network: Network) -> None:
        self._executor = executor
        self._disk = disk
        self._network = network
        self._questions: deque[tuple[PublicKey, Question]] = deque()
        self._counts: Counter[PublicKey] = Counter()
        self._states: list[_Serving] = []

    def on_question(self, peer: PublicKey, question: Question) -> None:
        """Put a question behind those that wait; raise `PeerViolation` where they are too many."""
        if self._counts[peer] >= QUESTIONS_MAX:
            raise PeerViolation("more questions at once than anybody needs")
        self._counts[peer] += 1
        self._questions.append((peer, question))

    def on_tick(self, now: Instant) -> None:
        """Let go of states that nobody asks for, or that have become too dear."""
        for serving in [*self._states]:
            is_idle = now >= serving.asked_at + IDLE_MS
            if is_idle or serving.frozen.replaced_count > REPLACED_MAX:
                self._let_go(serving)

    def work(self, now: Instant) -> bool:
        """Answer one question, or prepare a part of a state; say whether there was something."""
        if self._questions:
            peer, question = self._questions.popleft()
            self._counts[peer] -= 1
            self._answer(peer, question, now)
            return True
        for serving in self._states:
            if not serving.frozen.is_prepared:
                serving.frozen.prepare(PREPARED_AT_ONCE)
                self._tell_ready(serving)
                return True
        return False

    def stop(self) -> None:
        """Let every state go: the head is another one."""
        for serving in [*self._states]:
            self._let_go(serving)

    def _answer(self, peer: PublicKey, question: Question, now: Instant) -> None:
        match question:
            case GetBlocks(start=start, count=count):
                self._network.send(peer, encode(collect_blocks(self._disk, start, count)))
            case GetHistory(start=start, count=count):
                self._network.send(peer, encode(collect_history(self._disk, start, count)))
            case GetSnapshot(height=height):
                self._offer(peer, height, now)
            case GetChunk(height=height, prefix=prefix):
                self._send_chunk(peer, height, prefix, now)

    def _offer(self, peer: PublicKey, height: Height, now: Instant) -> None:
        serving = self._find(height) or self._freeze(peer, height, now)
        if serving is None:
            return
        serving.asked_at = now
        if serving.frozen.header.height == height:
            serving.asked_by.add(peer)
        if serving.frozen.is_prepared:
            self._network.send(peer, serving.offer)
        elif peer not in serving.waiting:
            serving.waiting.append(peer)

    def _send_chunk(self, peer: PublicKey, height: Height, prefix: bytes, now: Instant) -> None:
        serving = self._find(height)
        chunk = None
        if serving is not None and all(nibble < 16 for nibble in prefix):
            serving.asked_at = now
            chunk = serving.frozen.read_chunk(prefix)
        answer = messages.ChunkAnswer(height=height, prefix=prefix, chunk=chunk)
        self._network.send(peer, encode(answer))

    def _freeze(self, peer: PublicKey, height: Height, now: Instant) -> _Serving | None:
        """Return the state at that height or, where it cannot be had, the newest that can."""
        own = [serving for serving in self._states if serving.asked_by == {peer}]
        is_early = any(0 <= now - serving.frozen_at < KEPT_MS for serving in own)
        if is_early or len(self._states) - len(own) >= FROZEN_MAX:
            return self._states[-1]
        undone = self._collect_undone(height)
        if undone is None:
            if self._states:
                return self._states[-1]
            height, undone = self._executor.head.header.height, []
        for serving in own:
            self._let_go(serving)
        stored = self._disk.load_block(height)
        if stored is None or not stored.certificate.seals:
            return None
        try:
            handovers = collect_handovers(self._executor.view(), self._disk, height)
        except Unavailable:
            return None
        offer = messages.SnapshotOffer(
            header=stored.block.header,
            certificate=stored.certificate,
            handovers=tuple(handovers),
        )
        data = encode(offer)
        if len(data) > MESSAGE_BYTES_MAX:
            log.error("offer_too_large_to_send", height=height, size=len(data))
            return None
        serving = _Serving(self._executor.freeze(stored.block.header, undone), data, now, now)
        serving.asked_by.add(peer)
        self._states.append(serving)
        log.info("state_frozen", height=height)
        return serving

    def _collect_undone(self, height: Height) -> list[state.Writes] | None:
        """Return the undo records of the blocks above a height, newest first, if they are few."""
        head = self._executor.head.header.height
        if not head - UNDONE_BLOCKS_MAX <= height <= head:
            return None
        undone: list[state.Writes] = []
        size = 0
        for above in range(head, height, -1):
            undo = self._disk.load_undo(Height(above))
            if undo is None or (size := size + len(undo)) > UNDONE_KEYS_MAX:
                return None
            undone.append(dict(undo))
        return undone

    def _find(self, height: Height) -> _Serving | None:
        return next((s for s in self._states if s.frozen.header.height == height), None)

    def _tell_ready(self, serving: _Serving) -> None:
        if serving.frozen.is_prepared:
            for peer in serving.waiting:
                self._network.send(peer, serving.offer)
            serving.waiting.clear()

    def _let_go(self, serving: _Serving) -> None:
        self._executor.thaw(serving.frozen)
        self._states.remove(serving)
        log.info("state_let_go", height=serving.frozen.header.height)


def collect_blocks(disk: Disk, start: Height, count: int) -> messages.Blocks:
    """Return stored blocks from `start` on: at most `count`, and no more bytes than one answer."""
    items = [
        messages.CertifiedBlock(stored.block, stored.certificate)
        for stored in _load(disk, start, count, with_receipts=False)
    ]
    return messages.Blocks(start=start, items=tuple(items))


def collect_history(disk: Disk, start: Height, count: int) -> messages.History:
    """Return stored blocks with their receipts, within the same bounds."""
    items = tuple(_load(disk, start, count, with_receipts=True))
    return messages.History(start=start, items=items)


def _load(disk: Disk, start: Height, count: int, *, with_receipts: bool) -> Iterable[StoredBlock]:
    size = 0
    for height in range(start, start + count):
        stored = disk.load_block(Height(height))
        if stored is None:
            return
        own = sum(map(len, stored.block.transactions))
        own += sum(map(len, stored.receipts)) if with_receipts else 0
        if own > MESSAGE_BYTES_MAX - ENVELOPE_BYTES:
            log.error("block_too_large_to_send", height=height, size=own)
            return
        if size and size + own > messages.BLOCKS_BYTES_MAX:
            return
        size += own + 1
        yield stored
