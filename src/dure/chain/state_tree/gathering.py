"""A whole state put together from chunks, each of which proves itself.

The inner nodes above a chunk name every subtree beside it. So whoever has one chunk knows what else
there is: a state is complete when no subtree that was named is missing, and nobody has to be
believed how many chunks there are.

```
missing = {the root}
a chunk comes: missing = missing + the subtrees beside its path - what the chunk holds
```
"""

from typing import Final

from dure.chain.state_tree import tree
from dure.chain.state_tree.proof import Chunk, validate_chunk
from dure.core.errors import InvalidProof
from dure.core.types import NO_HASH, Hash

WHOLE: Final = b""
"""The prefix of the whole tree."""


class Gathering:
    """The chunks of the state with one root, as they come in."""

    def __init__(self, root: Hash) -> None:
        """Begin with nothing, under a root that is known to be final."""
        self.items: dict[bytes, bytes] = {}
        """The keys and values so far."""
        self._root = root
        self._missing: dict[bytes, None] = {WHOLE: None}
        self._levels: dict[bytes, bytes] = {}
        self._subtrees: dict[bytes, tree.Node] = {}

    @property
    def missing(self) -> tuple[bytes, ...]:
        """The prefixes of subtrees that are known to exist and have not come yet."""
        return tuple(self._missing)

    @property
    def is_complete(self) -> bool:
        """Whether every subtree is here."""
        return not self._missing

    def add(self, wanted: bytes, chunk: Chunk) -> bool:
        """Take in the answer to a question for the subtree of prefix `wanted`; say if it was new.

        Raise `InvalidProof` where the chunk does not belong to the state, or to the question.
        """
        prefix = chunk.prefix
        if not (prefix.startswith(wanted) or wanted.startswith(prefix)):
            raise InvalidProof("the chunk is not the one that was asked for", check="chunk prefix")
        subtree = validate_chunk(self._root, chunk)
        if not subtree and prefix:
            raise InvalidProof("the chunk holds nothing", check="chunk prefix")
        if not any(_is_related(prefix, known) for known in self._missing):
            return False
        self._note_beside(chunk)
        self._missing = {p: None for p in self._missing if not p.startswith(prefix)}
        self._subtrees[prefix] = subtree
        self.items.update(chunk.entries)
        return True

    def build(self) -> tree.Node:
        """Return the tree; the state is complete."""
        assert self.is_complete, "subtrees are missing"
        root = self._build(WHOLE)
        assert tree.compute_root(root) == self._root, "every part was checked"
        return root

    def _note_beside(self, chunk: Chunk) -> None:
        """Replace the missing subtree that the chunk lies in by what that one consists of."""
        for depth, level in enumerate(chunk.levels):
            above = chunk.prefix[:depth]
            self._levels[above] = level
            if above not in self._missing:
                continue
            del self._missing[above]
            for nibble in range(16):
                start = nibble * tree.HASH_BYTES
                if level[start : start + tree.HASH_BYTES] != NO_HASH:
                    self._missing[above + bytes([nibble])] = None

    def _build(self, prefix: bytes) -> tree.Node:
        known = self._subtrees.get(prefix)
        if known is not None:
            return known
        level = self._levels.get(prefix)
        if level is None:
            return tree.EMPTY
        children = [self._build(prefix + bytes([nibble])) for nibble in range(16)]
        if all(isinstance(child, bytes) for child in children):
            entries = [entry for child in children for entry in tree.iterate_entries(child)]
            return tree.build(entries, len(prefix))
        return tree.Inner(level, tuple(children))


def _is_related(one: bytes, other: bytes) -> bool:
    return one.startswith(other) or other.startswith(one)
