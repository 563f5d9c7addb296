"""Binary Merkle trees over lists, as in RFC 6962 section 2.1, under our own domains.

Leaves and inner nodes are hashed with different prefixes, so that no inner node can be passed off as a leaf; the tree
of n leaves splits at the largest power of two below n, so that no leaf is ever counted twice.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from dure.core.codec import Wire
from dure.core.types import NO_HASH, Hash, Unsigned

LEAF: Final = b"\0"
INNER: Final = b"\1"


class MerklePath(Wire, frozen=True):
    """Proof that a leaf stands at `index` of a list of `size` leaves; `siblings` from the leaf upwards."""

    index: Unsigned
    size: Unsigned
    siblings: tuple[Hash, ...]


def compute_leaf(data: bytes) -> Hash:
    """Return the hash of one leaf's bytes."""
    return Hash(sha256(LEAF + data).digest())


def compute_root(leaves: Sequence[bytes]) -> Hash:
    """Return the root over the leaves' bytes; 32 zero bytes for an empty list."""
    if not leaves:
        return NO_HASH
    return _fold([sha256(LEAF + leaf).digest() for leaf in leaves])


def _fold(level: list[bytes]) -> Hash:
    # Pairing from the left and lifting an odd last node equals RFC 6962's recursive split.
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [
            sha256(INNER + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)
        ] + odd
    return Hash(level[0])


def build_path(leaves: Sequence[bytes], index: int) -> MerklePath:
    """Return the proof for the leaf at `index`; raise `IndexError` where there is none."""
    if not 0 <= index < len(leaves):
        message = f"no leaf {index} in a list of {len(leaves)}"
        raise IndexError(message)
    level = [sha256(LEAF + leaf).digest() for leaf in leaves]
    siblings: list[Hash] = []
    position = index
    while len(level) > 1:
        sibling = position ^ 1
        if sibling < len(level):
            siblings.append(Hash(level[sibling]))
        odd = level[-1:] if len(level) % 2 else []
        level = [
            sha256(INNER + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)
        ] + odd
        position //= 2
    return MerklePath(index=index, size=len(leaves), siblings=tuple(siblings))


def compute_root_from_path(leaf: bytes, path: MerklePath) -> Hash | None:
    """Return the root that `path` leads to from the leaf's bytes, or None where the path has the wrong shape."""
    if path.index >= path.size:
        return None
    node = sha256(LEAF + leaf).digest()
    position, last = path.index, path.size - 1
    siblings = iter(path.siblings)
    while last > 0:
        if position ^ 1 <= last:
            sibling = next(siblings, None)
            if sibling is None:
                return None
            pair = sibling + node if position % 2 else node + sibling
            node = sha256(INNER + pair).digest()
        position //= 2
        last //= 2
    return None if next(siblings, None) is not None else Hash(node)
