"""The state after one block, readable in chunks while the chain goes on.

Nothing is copied. The tree of that block never changes, and of the values only those are kept that
later blocks replace: `keep` is told of each, as the undo record of a block says it.

Which keys belong to which chunk has to be found out once, by the path of every key. That is done in
slices (`prepare`), because it takes a second for a million keys. Beside the replaced values a
frozen state holds one reference a key and, until it is prepared, the nodes of its tree.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dure.chain.state_tree import tree
from dure.chain.state_tree.proof import (
    CHUNK_BYTES_MAX,
    CHUNK_ENTRIES_MAX,
    Chunk,
    Item,
)
from dure.core.block import Header

HEX: Final = "0123456789abcdef"


@dataclass(slots=True)
class _Part:
    """A subtree that is, or may become, one chunk."""

    prefix: str
    """One hexadecimal digit a nibble."""
    levels: tuple[bytes, ...]
    node: tree.Node
    keys: list[bytes] = field(default_factory=list)
    size: int = 0
    """Bytes of its keys and values."""


class FrozenState:
    """The state after the block of `header`, whose tree is `root`."""

    def __init__(
        self,
        header: Header,
        root: tree.Node,
        live: Mapping[bytes, bytes],
        replaced: dict[bytes, bytes | None],
    ) -> None:
        """Begin with the `live` state of a later block, and what the blocks between replaced."""
        self.header = header
        self._live = live
        self._replaced = replaced
        self._waiting = [*live, *(key for key in replaced if key not in live)]
        self._parts = _cut(root)
        self._prefixes = [part.prefix for part in self._parts]

    @property
    def is_prepared(self) -> bool:
        """Whether chunks can be read."""
        return not self._waiting

    @property
    def replaced_count(self) -> int:
        """How many values are kept because later blocks replaced them."""
        return len(self._replaced)

    def keep(self, undo: Mapping[bytes, bytes | None]) -> None:
        """Note what stood under the keys that a block has just written; None where nothing did."""
        for key, value in undo.items():
            self._replaced.setdefault(key, value)

    def prepare(self, count: int) -> None:
        """Find the chunks of `count` more keys: about two microseconds for each."""
        taken, self._waiting = self._waiting[-count:], self._waiting[:-count]
        for key in taken:
            value = self._read(key)
            if value is None:
                continue
            part = self._parts[self._locate(tree.compute_path(key).hex())]
            part.keys.append(key)
            part.size += len(key) + len(value)
        if self.is_prepared:
            self._parts = [final for part in self._parts for final in self._split(part)]
            self._prefixes = [part.prefix for part in self._parts]

    def read_chunk(self, prefix: bytes) -> Chunk | None:
        """Return the chunk in which the keys of `prefix` (one nibble a byte) begin.

        That is the first chunk below the prefix, or the one that the prefix lies in; None where
        there is no such key, or where nothing is prepared yet.
        """
        wanted = "".join(HEX[nibble] for nibble in prefix)
        if not self.is_prepared or not self._parts:
            return None
        index = self._locate(wanted)
        if not wanted.startswith(self._parts[index].prefix):
            index = bisect_right(self._prefixes, wanted)
            if index == len(self._parts) or not self._prefixes[index].startswith(wanted):
                return None
        return self._build_chunk(self._parts[index])

    def list_prefixes(self) -> list[bytes]:
        """Return the prefixes of all chunks, in the order of paths; the state is prepared."""
        return [bytes(map(HEX.index, prefix)) for prefix in self._prefixes]

    def _build_chunk(self, part: _Part) -> Chunk:
        entries = [self._get_item(key) for key in sorted(part.keys, key=tree.compute_path)]
        prefix = bytes(map(HEX.index, part.prefix))
        return Chunk(prefix=prefix, levels=part.levels, entries=tuple(entries))

    def _get_item(self, key: bytes) -> Item:
        value = self._read(key)
        assert value is not None, "only keys with a value were taken up"
        return key, value

    def _read(self, key: bytes) -> bytes | None:
        return self._replaced[key] if key in self._replaced else self._live.get(key)

    def _locate(self, path: str) -> int:
        """Return the last part that begins at or before a path."""
        return max(0, bisect_right(self._prefixes, path) - 1)

    def _split(self, part: _Part) -> list[_Part]:
        """Return the chunks of a part, none larger than a chunk may be, but for single buckets."""
        node, part.node = part.node, tree.EMPTY
        if part.size <= CHUNK_BYTES_MAX or isinstance(node, bytes):
            return [part]
        children = {child.prefix[-1]: child for child in _open(part, node)}
        depth = len(part.prefix)
        for key in part.keys:
            child = children[tree.compute_path(key).hex()[depth]]
            child.keys.append(key)
            child.size += sum(map(len, self._get_item(key)))
        return [final for child in children.values() for final in self._split(child)]


def _cut(root: tree.Node) -> list[_Part]:
    """Return the subtrees of a tree that have no more entries than a chunk, in their order."""
    parts: list[_Part] = []
    waiting = [_Part("", (), root)] if root else []
    while waiting:
        part = waiting.pop()
        if isinstance(part.node, bytes) or part.node.count <= CHUNK_ENTRIES_MAX:
            parts.append(part)
        else:
            waiting.extend(reversed(_open(part, part.node)))
    return parts


def _open(part: _Part, node: tree.Inner | tree.Twig) -> list[_Part]:
    levels = (*part.levels, node.content)
    return [
        _Part(part.prefix + HEX[nibble], levels, child)
        for nibble, child in enumerate(node.children)
        if child
    ]
