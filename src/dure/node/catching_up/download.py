"""Blocks that are wanted one after the other, asked for in ranges from several peers at once.

What arrives waits until it is its turn. While `WAITING_BYTES_MAX` wait or may still arrive, nothing
more is asked for but what comes next; ranges are as long as answers of the size seen lately can be.
Heights may be wanted upwards (blocks that follow the head) or downwards (the history below one).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from dure.core.types import Height, Instant, PublicKey
from dure.node.catching_up.asking import Means, Topic
from dure.node.messages import BLOCKS_BYTES_MAX, BLOCKS_MAX, CertifiedBlock, PeerMessage
from dure.node.ports import StoredBlock

AHEAD_MAX: Final = 512
"""Heights beyond the next that may be asked for."""
WAITING_BYTES_MAX: Final = 24 * 1024 * 1024
"""What may wait for its turn, with what may still arrive."""

ItemT = TypeVar("ItemT", CertifiedBlock, StoredBlock)


@dataclass(frozen=True, slots=True)
class Arrived(Generic[ItemT]):
    """A block, and who sent it."""

    peer: PublicKey
    item: ItemT
    size: int


class Download(Generic[ItemT]):
    """The blocks of one purpose."""

    def __init__(
        self,
        kind: str,
        means: Means,
        build_question: Callable[[Height, int], PeerMessage],
    ) -> None:
        self._kind = kind
        self._asking = means.asking
        self._claims = means.claims
        self._build_question = build_question
        self._ready: dict[Height, Arrived[ItemT]] = {}
        self._ranges: dict[Topic, range] = {}
        self._size = 0
        self._mean_size = BLOCKS_BYTES_MAX / BLOCKS_MAX

    @property
    def waiting_bytes(self) -> int:
        """Size of the blocks that wait for their turn."""
        return self._size

    def advance(self, near: Height, far: Height, now: Instant) -> None:
        """Ask for what is missing from `near` on to `far`, which may lie above or below."""
        self._ranges = {t: r for t, r in self._ranges.items() if self._asking.is_open(t)}
        for wanted in self._list_missing(near, far):
            due = len(self._ranges) + 1
            is_full = self._size + due * BLOCKS_BYTES_MAX > WAITING_BYTES_MAX
            if is_full and near not in wanted:
                return
            topic: Topic = (self._kind, wanted.start)
            question = self._build_question(Height(wanted.start), len(wanted))
            able = self._claims.find_holders(Height(wanted.start))
            if not self._asking.ask(topic, question, able, now):
                return
            self._ranges[topic] = wanted

    def on_answer(self, peer: PublicKey, start: int, items: Sequence[ItemT], now: Instant) -> None:
        """Take in what was asked for; name whoever sends something else."""
        topic: Topic = (self._kind, start)
        if not self._asking.close(peer, topic):
            # Nobody asked for it: it costs nothing more.
            return
        if not self._asking.is_open(topic):
            # It may have come late, when another peer was asked the same.
            self._ranges.pop(topic, None)
        if not items:
            self._on_nothing(peer, Height(start), now)
            return
        heights = [item.block.header.height for item in items]
        if heights != list(range(start, start + len(items))):
            self._asking.note_lie(peer, "its blocks are not those that it was asked for", now)
            return
        # What is asked for at once counts on it: a block beyond these bytes goes alone.
        if len(items) > 1 and sum(map(_measure_content, items)) > BLOCKS_BYTES_MAX:
            self._asking.note_lie(peer, "its answer is longer than one may be", now)
            return
        for height, item in zip(heights, items, strict=True):
            self._keep(height, Arrived(peer, item, _measure(item)))

    def get(self, height: Height) -> Arrived[ItemT] | None:
        """Return what came for a height."""
        return self._ready.get(height)

    def drop(self, height: Height) -> None:
        """Forget what came for a height."""
        arrived = self._ready.pop(height, None)
        if arrived is not None:
            self._size -= arrived.size

    def drop_from(self, peer: PublicKey) -> None:
        """Forget everything that came from a peer."""
        for height in [h for h, arrived in self._ready.items() if arrived.peer == peer]:
            self.drop(height)

    def drop_outside(self, lowest: Height, highest: Height) -> None:
        """Forget what came for any height outside of a range."""
        for height in [h for h in self._ready if not lowest <= h <= highest]:
            self.drop(height)

    def clear(self) -> None:
        """Forget everything, and what is still to come."""
        self._ready.clear()
        self._ranges.clear()
        self._size = 0
        self._asking.forget(self._kind)

    def _list_missing(self, near: Height, far: Height) -> Iterator[range]:
        """Yield ranges of heights that are neither here nor asked for, the nearest first."""
        step = 1 if far >= near else -1
        last = min(far, near + AHEAD_MAX) if step > 0 else max(far, near - AHEAD_MAX)
        asked = {height for wanted in self._ranges.values() for height in wanted}
        longest = max(1, min(BLOCKS_MAX, int(BLOCKS_BYTES_MAX / self._mean_size)))
        run: list[int] = []
        for height in range(near, last + step, step):
            if height in self._ready or height in asked:
                if run:
                    yield _to_range(run)
                run = []
                continue
            run.append(height)
            if len(run) == longest:
                yield _to_range(run)
                run = []
        if run:
            yield _to_range(run)

    def _on_nothing(self, peer: PublicKey, start: Height, now: Instant) -> None:
        if self._claims.has_claimed(peer, start):
            self._asking.note_lie(peer, f"it does not have block {start}, which it claimed", now)
        else:
            self._claims.drop(peer)
            self._asking.note_failure(peer)

    def _keep(self, height: Height, arrived: Arrived[ItemT]) -> None:
        if height not in self._ready:
            self._ready[height] = arrived
            self._size += arrived.size
            self._mean_size += (arrived.size - self._mean_size) / 16


def _to_range(run: list[int]) -> range:
    return range(min(run), max(run) + 1)


def _measure(item: CertifiedBlock | StoredBlock) -> int:
    return _measure_content(item) + 1024


def _measure_content(item: CertifiedBlock | StoredBlock) -> int:
    size = sum(map(len, item.block.transactions))
    return size + sum(map(len, item.receipts)) if isinstance(item, StoredBlock) else size
