"""The tree of blocks that a longest-chain engine knows, and which of its branches weighs most.

Rules
-----
1. A block's weight is its own; a branch weighs what its blocks weigh together. The heaviest branch
   without an invalid block wins; of two that weigh the same, the one whose tip was known first
   (Nakamoto 2008, section 5), so that nobody changes sides for nothing.
2. A block that was found invalid takes all that stands on it with it, for ever.
3. The tree begins at a root, below which nothing is ever changed. The root moves up with the chain:
   what forks off below it is forgotten, and refused when it comes again.
4. Blocks whose parent is not known wait, `ORPHANS_MAX` of them; the oldest makes room.
5. A block stands on a parent only where `fits` says that its header may: whoever knows the parent
   can tell, before anything is executed.

A weight is a whole number above 0: hashes on average for proof of work, 1 a block for proof of
stake. The tree trusts whoever adds a block that its weight was proved.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from dure.core.block import Block, compute_block_id
from dure.core.types import BlockId, Height, Instant

ORPHANS_MAX: Final = 64
"""Blocks that may wait for a parent: more than a node asks for at once."""


TIMES: Final = 11
"""Of how many blocks the median time is taken. Source: Bitcoin's median time past."""

Fits = Callable[["Node", Block], bool]
"""Says whether a block's header may follow a node, by height, time and difficulty."""


class Added(Enum):
    """What became of a block that was added."""

    GREW = auto()
    """It stands in the tree."""
    WAITS = auto()
    """Its parent is not known."""
    KNOWN = auto()
    """It was there already, or waits already."""
    REFUSED = auto()
    """It stands on an invalid block, forks off below the root, or its header does not fit there."""


@dataclass(slots=True)
class Node:
    """A block in the tree."""

    block_id: BlockId
    block: Block
    total: int
    """Weight of the branch up to here, counted from the first root."""
    order: int
    """Grows with the time at which blocks became known."""
    times: tuple[Instant, ...]
    """Header times of this block and those before it, the newest last; `TIMES` of them."""
    is_judged: bool = False
    """Whether the ledger executed it and found it right."""
    children: list[BlockId] = field(default_factory=list)

    @property
    def height(self) -> Height:
        """The block's height."""
        return self.block.header.height

    @property
    def parent(self) -> BlockId:
        """The id of the block before."""
        return self.block.header.previous

    @property
    def median_time(self) -> Instant:
        """The median time past: no few miners can move it."""
        return Instant(sorted(self.times)[len(self.times) // 2])


@dataclass(frozen=True, slots=True)
class Way:
    """How to get from one block of the tree to another."""

    back: tuple[BlockId, ...]
    """Blocks to undo, the newest first."""
    forth: tuple[BlockId, ...]
    """Blocks to adopt, the oldest first."""


class BlockTree:
    """Blocks above a root that is never undone."""

    def __init__(self, line: Sequence[Block], fits: Fits, total: int = 0) -> None:
        """Begin at the last block of `line`, which is never undone and whose branch weighs `total`.

        `line` are up to `TIMES` blocks, each the parent of the next.
        """
        root = line[-1]
        block_id = compute_block_id(root.header)
        times = tuple(block.header.time for block in line)[-TIMES:]
        self.root = block_id
        self._fits = fits
        self._order = 0
        self._nodes = {block_id: Node(block_id, root, total, 0, times, is_judged=True)}
        self._best = block_id
        self._invalid: set[BlockId] = set()
        self._orphans: OrderedDict[BlockId, tuple[Block, int]] = OrderedDict()

    def __contains__(self, block_id: BlockId) -> bool:
        return block_id in self._nodes

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Node]:
        """Yield every block of the tree, in no order."""
        return iter(self._nodes.values())

    def get(self, block_id: BlockId) -> Node | None:
        """Return a block of the tree."""
        return self._nodes.get(block_id)

    @property
    def best(self) -> Node:
        """The tip of the branch that weighs most."""
        return self._nodes[self._best]

    @property
    def orphans(self) -> int:
        """How many blocks wait for a parent."""
        return len(self._orphans)

    def list_wanted(self) -> tuple[BlockId, ...]:
        """Return the parents that orphans wait for and nobody has, the newest asked for last."""
        waiting = self._orphans.keys()
        parents = (block.header.previous for block, _ in self._orphans.values())
        return tuple(dict.fromkeys(parent for parent in parents if parent not in waiting))

    def add(self, block: Block, weight: int) -> Added:
        """Take a block in whose weight was proved, and whatever waited for it."""
        assert weight > 0, "a block that weighs nothing would make a branch for nothing"
        block_id = compute_block_id(block.header)
        if block_id in self._nodes or block_id in self._orphans:
            return Added.KNOWN
        if block_id in self._invalid or block.header.previous in self._invalid:
            self._invalid.add(block_id)
            return Added.REFUSED
        parent = self._nodes.get(block.header.previous)
        root = self._nodes[self.root]
        if parent is None and block.header.height <= root.height + 1:
            return Added.REFUSED
        if parent is None:
            self._orphans[block_id] = (block, weight)
            if len(self._orphans) > ORPHANS_MAX:
                self._orphans.popitem(last=False)
            return Added.WAITS
        if not self._may_follow(parent, block):
            return Added.REFUSED
        self._grow(parent, block_id, block, weight)
        return Added.GREW

    def _may_follow(self, parent: Node, block: Block) -> bool:
        return block.header.height == parent.height + 1 and self._fits(parent, block)

    def _grow(self, parent: Node, block_id: BlockId, block: Block, weight: int) -> None:
        self._order += 1
        times = (*parent.times, block.header.time)[-TIMES:]
        node = Node(block_id, block, parent.total + weight, self._order, times)
        self._nodes[block_id] = node
        parent.children.append(block_id)
        if node.total > self.best.total:
            self._best = block_id
        waiting = [
            (child, orphan)
            for child, orphan in self._orphans.items()
            if orphan[0].header.previous == block_id
        ]
        for child, (orphan, orphan_weight) in waiting:
            del self._orphans[child]
            if self._may_follow(node, orphan):
                self._grow(node, child, orphan, orphan_weight)

    def find_way(self, start: BlockId, end: BlockId) -> Way:
        """Return which blocks to undo and which to adopt; both are in the tree."""
        back: list[BlockId] = []
        forth: list[BlockId] = []
        left, right = self._nodes[start], self._nodes[end]
        while left.block_id != right.block_id:
            if left.height >= right.height:
                back.append(left.block_id)
                left = self._nodes[left.parent]
            else:
                forth.append(right.block_id)
                right = self._nodes[right.parent]
        return Way(tuple(back), tuple(reversed(forth)))

    def mark_judged(self, block_id: BlockId) -> None:
        """Keep that the ledger found a block right."""
        self._nodes[block_id].is_judged = True

    def mark_invalid(self, block_id: BlockId) -> None:
        """Take a block out, and all that stands on it."""
        assert block_id != self.root, "the root is never undone"
        self._nodes[self._nodes[block_id].parent].children.remove(block_id)
        for node in self._list_branch(block_id):
            self._invalid.add(node.block_id)
            del self._nodes[node.block_id]
        self._choose()

    def raise_root(self, block_id: BlockId) -> None:
        """Make a block of the tree the root: nothing below it is undone from now on."""
        keep = {node.block_id for node in self._list_branch(block_id)}
        self._nodes = {key: node for key, node in self._nodes.items() if key in keep}
        self.root = block_id
        height = self._nodes[block_id].height
        for orphan_id, (block, _) in tuple(self._orphans.items()):
            if block.header.height <= height + 1:
                del self._orphans[orphan_id]
        self._invalid.clear()
        self._choose()

    def _list_branch(self, block_id: BlockId) -> list[Node]:
        """Return a block and everything on it, parents before children."""
        found = [self._nodes[block_id]]
        for node in found:
            found.extend(self._nodes[child] for child in node.children)
        return found

    def _choose(self) -> None:
        best = max(self._nodes.values(), key=lambda node: (node.total, -node.order))
        self._best = best.block_id
