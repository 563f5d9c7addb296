"""Binary Merkle trees as in RFC 6962 section 2.1, with the number of leaves bound into the root.

Rules
-----
1. Leaf = SHA-256(0x00 ‖ bytes), inner node = SHA-256(0x01 ‖ left ‖ right): no inner node passes for
   a leaf.
2. A tree of n leaves splits at the largest power of two below n: no leaf is ever counted twice.
3. Root = SHA-256(0x02 ‖ n as 8 bytes, big-endian ‖ top node). RFC 6962 signs the size beside the
   root; here the root stands alone in a header, and without the size in it the third leaf of three
   could be shown as the second of two.
4. The root of an empty list is 32 zero bytes.

The prefixes cannot meet the domains of `dure.core.hashing`, which all begin with a letter.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Final

from msgspec import Meta

from dure.core import hashing
from dure.core.codec import Wire
from dure.core.types import INT_MAX, NO_HASH, Hash, Unsigned

LEAF: Final = b"\0"
INNER: Final = b"\1"
ROOT: Final = b"\2"

PATH_LENGTH_MAX: Final = INT_MAX.bit_length()


class MerklePath(Wire, frozen=True):
    """Proof that a leaf stands at `index` of a list of `size` leaves."""

    index: Unsigned
    """Place of the leaf in the list, from 0."""
    size: Unsigned
    """Number of leaves in the list; the root commits to it."""
    siblings: Annotated[tuple[Hash, ...], Meta(max_length=PATH_LENGTH_MAX)]
    """The nodes that the leaf's branch is joined with, from the leaf upwards."""


compute_leaf: Final[Callable[[bytes], Hash]] = hashing.build_hasher(LEAF)
"""Return the node that stands for one leaf's bytes."""

_compute_leaves: Final[Callable[[Iterable[bytes]], list[Hash]]] = hashing.build_list_hasher(LEAF)
_hash_pair: Final[Callable[[bytes], Hash]] = hashing.build_hasher(INNER)
_hash_pairs: Final[Callable[[Iterable[bytes]], list[Hash]]] = hashing.build_list_hasher(INNER)


def compute_root(leaves: Sequence[bytes]) -> Hash:
    """Return the root over the leaves' bytes; 32 zero bytes for an empty list."""
    if not leaves:
        return NO_HASH
    if len(leaves) == 1:
        # The outcome of a transaction of one call, so of most receipts.
        return _close_one(compute_leaf(leaves[0]))
    level = _compute_leaves(leaves)
    while len(level) > 1:
        level = _lift(level)
    return _close(len(leaves), level[0])


def build_path(leaves: Sequence[bytes], index: int) -> MerklePath:
    """Return the proof for the leaf at `index`; raise `IndexError` where there is none."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} in a list of {len(leaves)}")
    level = _compute_leaves(leaves)
    siblings: list[Hash] = []
    position = index
    while len(level) > 1:
        sibling = position ^ 1
        if sibling < len(level):
            siblings.append(level[sibling])
        level = _lift(level)
        position //= 2
    return MerklePath(index=index, size=len(leaves), siblings=tuple(siblings))


def compute_root_from_path(leaf: bytes, path: MerklePath) -> Hash | None:
    """Return the root that `path` leads to from the leaf's bytes; None where its shape is wrong."""
    if not 0 <= path.index < path.size:
        return None
    node = compute_leaf(leaf)
    position, last = path.index, path.size - 1
    siblings = iter(path.siblings)
    while last > 0:
        if position ^ 1 <= last:
            sibling = next(siblings, None)
            if sibling is None:
                return None
            node = _hash_pair(sibling + node if position % 2 else node + sibling)
        position //= 2
        last //= 2
    if next(siblings, None) is not None:
        return None
    return _close(path.size, node)


def _lift(level: list[Hash]) -> list[Hash]:
    """Return the next level up.

    Pairing from the left and lifting an odd last node equals the recursive split.
    """
    pairs = zip(level[::2], level[1::2], strict=False)
    odd = level[-1:] if len(level) % 2 else []
    return _hash_pairs([left + right for left, right in pairs]) + odd


def _close(size: int, top: Hash) -> Hash:
    return hashing.compute_hash(_begin_root(size), top)


def _begin_root(size: int) -> bytes:
    return ROOT + size.to_bytes(8, "big")


_close_one: Final[Callable[[bytes], Hash]] = hashing.build_hasher(_begin_root(1))
