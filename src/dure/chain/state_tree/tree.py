"""The authenticated state: a persistent 16-ary tree over hashed keys.

Rules (decision "State tree and snapshot chunks")
-------------------------------------------------
1. A key's **path** is the hash of the key: 64 nibbles, the first is the high half of the first
   byte.
2. A subtree of at most 16 entries is a **bucket**: the entries `path ‖ value digest`, sorted by
   path. A subtree of more is an **inner node**: the hashes of its 16 children by the next nibble,
   32 zero bytes for none. So the shape depends on the set of keys alone.
3. A node's hash is the hash of those bytes under its own domain; the empty tree has the root of 32
   zero bytes.
4. Nodes never change. An update returns a new root that shares every untouched node with the old
   one, so candidates on one parent, undo and snapshots cost nothing extra.

A node is kept as exactly the bytes that it hashes: a proof copies them, an update patches them. Its
hash stands in its parent alone. An inner node of buckets alone, a **twig**, keeps their entries in
one run: to copy a node is to touch each thing that it holds, and these lie far apart in memory.

Most nodes that a block touches lie above only one of its changes: from where a change is alone it
is followed down and up again without a call for each level.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, pairwise
from typing import Final

import msgspec

from dure.core import hashing
from dure.core.types import NO_HASH, Hash

BUCKET_ENTRIES_MAX: Final = 16
NIBBLES: Final = 64
PATH_BYTES: Final = 32
ENTRY_BYTES: Final = 64
HASH_BYTES: Final = 32
BUCKET_BYTES_MAX: Final = BUCKET_ENTRIES_MAX * ENTRY_BYTES

Entry = bytes
"""`path ‖ value digest`, 64 bytes; entries sort by their paths."""

Change = bytes
"""An entry that takes the place of the one of its path; or a path alone, whose entry goes."""

Bucket = bytes
"""At most sixteen entries one after another, sorted."""


# Such nodes can be no part of a reference cycle, so the collector need not look at millions.
class Twig(msgspec.Struct, frozen=True, gc=False):
    """An inner node whose children all are buckets."""

    content: bytes
    """The hashes of the sixteen children, 512 bytes."""
    entries: bytes
    """Of all buckets, one after another."""
    sizes: bytes
    """How many of them each bucket has, a byte for each."""

    @property
    def count(self) -> int:
        """Number of entries."""
        return len(self.entries) // ENTRY_BYTES

    @property
    def children(self) -> tuple[Bucket, ...]:
        """The buckets."""
        ends = [ENTRY_BYTES * end for end in accumulate(self.sizes)]
        return tuple([self.entries[start:end] for start, end in pairwise((0, *ends))])

    def get_child(self, nibble: int) -> Bucket:
        """Return the bucket of a nibble."""
        start = sum(self.sizes[:nibble]) * ENTRY_BYTES
        return self.entries[start : start + self.sizes[nibble] * ENTRY_BYTES]


class Inner(msgspec.Struct, frozen=True, gc=False):
    """An inner node of which at least one child is no bucket."""

    content: bytes
    """The hashes of the sixteen children, 512 bytes."""
    children: tuple["Node", ...]

    @property
    def count(self) -> int:
        """Number of entries below; counted anew, for an update never asks."""
        return sum(
            len(child) // ENTRY_BYTES if isinstance(child, bytes) else child.count
            for child in self.children
        )

    def get_child(self, nibble: int) -> "Node":
        """Return the child of a nibble."""
        return self.children[nibble]


Node = Bucket | Twig | Inner

EMPTY: Final[Node] = b""
"""The empty tree; as a child, one that does not exist."""

compute_path: Final[Callable[[bytes], bytes]] = hashing.build_hasher(hashing.STATE_PATH)
"""Return the 32 bytes whose nibbles lead from the root to the key's bucket."""

compute_value_digest: Final[Callable[[bytes], bytes]] = hashing.build_hasher(hashing.STATE_VALUE)
"""Return what the tree holds of a value."""

hash_bucket: Final[Callable[[Bucket], Hash]] = hashing.build_hasher(hashing.STATE_BUCKET)
hash_inner: Final[Callable[[bytes], Hash]] = hashing.build_hasher(hashing.STATE_INNER)


def compute_root(node: Node) -> Hash:
    """Return the root hash of a tree."""
    if isinstance(node, bytes):
        return hash_bucket(node) if node else NO_HASH
    return hash_inner(node.content)


def update(node: Node, writes: Iterable[tuple[bytes, bytes | None]]) -> Node:
    """Return the tree after `writes` (key, value or None to remove); `node` stays as it is.

    Each key stands in `writes` once.
    """
    changes = [
        compute_path(key) + (b"" if value is None else compute_value_digest(value))
        for key, value in writes
    ]
    return _update(node, changes, 0) if changes else node


def build(entries: list[Entry], depth: int = 0) -> Node:
    """Return the subtree at `depth` over sorted entries that share the first `depth` nibbles."""
    if len(entries) <= BUCKET_ENTRIES_MAX:
        return b"".join(entries)
    groups: list[list[Entry]] = [[] for _ in range(16)]
    for entry in entries:
        groups[get_nibble(entry, depth)].append(entry)
    children = tuple([build(group, depth + 1) for group in groups])
    content = b"".join([compute_root(child) for child in children])
    if max(map(len, groups)) > BUCKET_ENTRIES_MAX:
        return Inner(content, children)
    return Twig(content, b"".join(entries), bytes(map(len, groups)))


def get_nibble(path: bytes, depth: int) -> int:
    """Return the nibble of `path` that chooses the child at `depth`."""
    byte = path[depth >> 1]
    return byte & 15 if depth & 1 else byte >> 4


def split_bucket(content: Bucket) -> list[Entry]:
    """Return the entries of a bucket's bytes."""
    return [content[i : i + ENTRY_BYTES] for i in range(0, len(content), ENTRY_BYTES)]


def iterate_entries(node: Node) -> Iterator[Entry]:
    """Yield every entry in the order of paths."""
    if isinstance(node, Inner):
        for child in node.children:
            yield from iterate_entries(child)
    else:
        yield from split_bucket(node.entries if isinstance(node, Twig) else node)


def _update(node: Node, changes: list[Change], depth: int) -> Node:
    if isinstance(node, Inner):
        if len(changes) == 1:
            return _follow(node, changes, depth)
        return _update_inner(node, changes, depth)
    return _update_low(node, changes, depth)


def _follow(node: Inner, changes: list[Change], depth: int) -> Node:
    """Return the node after a single change."""
    (change,) = changes
    above: list[tuple[Inner, int]] = []
    below: Node = node
    while isinstance(below, Inner):
        nibble = get_nibble(change, depth)
        above.append((below, nibble))
        below = below.children[nibble]
        depth += 1
    after = _update_low(below, changes, depth)
    for inner, nibble in reversed(above):
        content, children = _put_hash(inner.content, nibble, after), list(inner.children)
        children[nibble] = after
        is_bucket = isinstance(after, bytes)
        after = _build_inner(content, children) if is_bucket else Inner(content, tuple(children))
    return after


def _update_inner(node: Inner, changes: list[Change], depth: int) -> Node:
    content, children = bytearray(node.content), list(node.children)
    for nibble, group in _group(changes, depth).items():
        after = children[nibble] = _update(children[nibble], group, depth + 1)
        content[nibble * HASH_BYTES : (nibble + 1) * HASH_BYTES] = compute_root(after)
    return _build_inner(bytes(content), children)


def _build_inner(content: bytes, children: list[Node]) -> Node:
    """Return the node with those children, whose hashes are `content`."""
    buckets: list[Bucket] = []
    for child in children:
        if not isinstance(child, bytes):
            return Inner(content, tuple(children))
        buckets.append(child)
    entries = b"".join(buckets)
    if len(entries) <= BUCKET_BYTES_MAX:
        return entries
    return Twig(content, entries, bytes([len(bucket) // ENTRY_BYTES for bucket in buckets]))


def _update_low(node: Bucket | Twig, changes: list[Change], depth: int) -> Node:
    if isinstance(node, Twig):
        if len(changes) == 1:
            twig = _update_twig(node, changes[0], depth)
        else:
            twig = _replace_in_twig(node, changes, depth)
        return twig or _update_inner(Inner(node.content, node.children), changes, depth)
    if len(changes) > BUCKET_ENTRIES_MAX:
        return _rebuild(node, changes, depth)
    for change in changes:
        node = _patch(node, change)
    return node if len(node) <= BUCKET_BYTES_MAX else build(split_bucket(node), depth)


def _update_twig(twig: Twig, change: Change, depth: int) -> Twig | None:
    """Return the twig after a single change; None where it does not stay one."""
    entries, sizes, nibble = twig.entries, twig.sizes, get_nibble(change, depth)
    start = sum(sizes[:nibble]) * ENTRY_BYTES
    end = start + sizes[nibble] * ENTRY_BYTES
    bucket = _patch(entries[start:end], change)
    if len(bucket) != end - start:
        sizes = sizes[:nibble] + bytes([len(bucket) // ENTRY_BYTES]) + sizes[nibble + 1 :]
    entries = entries[:start] + bucket + entries[end:]
    if len(bucket) > BUCKET_BYTES_MAX or len(entries) <= BUCKET_BYTES_MAX:
        return None
    return Twig(_put_hash(twig.content, nibble, bucket), entries, sizes)


def _replace_in_twig(twig: Twig, changes: list[Change], depth: int) -> Twig | None:
    """Return the twig with other entries in place of its own; None where any come or go."""
    content, entries = bytearray(twig.content), bytearray(twig.entries)
    starts = [ENTRY_BYTES * count for count in accumulate(twig.sizes, initial=0)]
    for nibble, group in _group(changes, depth).items():
        start, end = starts[nibble], starts[nibble + 1]
        for change in group:
            place = entries.find(change[:PATH_BYTES], start, end)
            if place < 0 or place % ENTRY_BYTES or len(change) < ENTRY_BYTES:
                return None
            entries[place : place + ENTRY_BYTES] = change
        place = nibble * HASH_BYTES
        content[place : place + HASH_BYTES] = hash_bucket(bytes(entries[start:end]))
    return Twig(bytes(content), bytes(entries), twig.sizes)


def _rebuild(entries: bytes, changes: list[Change], depth: int) -> Node:
    merged = {entry[:PATH_BYTES]: entry for entry in split_bucket(entries)}
    merged.update((change[:PATH_BYTES], change) for change in changes)
    return build(sorted(each for each in merged.values() if len(each) == ENTRY_BYTES), depth)


def _group(changes: list[Change], depth: int) -> dict[int, list[Change]]:
    """Return the changes below each child, by its nibble."""
    groups: defaultdict[int, list[Change]] = defaultdict(list)
    half = depth >> 1
    if depth & 1:
        for change in changes:
            groups[change[half] & 15].append(change)
    else:
        for change in changes:
            groups[change[half] >> 4].append(change)
    return groups


def _put_hash(content: bytes, nibble: int, child: Node) -> bytes:
    """Return an inner node's bytes with another child."""
    start = nibble * HASH_BYTES
    return content[:start] + compute_root(child) + content[start + HASH_BYTES :]


def _patch(bucket: Bucket, change: Change) -> bytes:
    """Return a run of sorted entries after one change, which may be too long for a bucket."""
    path = change[:PATH_BYTES]
    start = bucket.find(path)
    while start > 0 and start % ENTRY_BYTES:  # a digest that looks like the path
        start = bucket.find(path, start + 1)
    if start >= 0:
        rest = bucket[start + ENTRY_BYTES :]
        return bucket[:start] + (change + rest if len(change) == ENTRY_BYTES else rest)
    if len(change) < ENTRY_BYTES:
        return bucket
    starts = range(0, len(bucket), ENTRY_BYTES)
    start = ENTRY_BYTES * bisect_left(starts, path, key=lambda i: bucket[i : i + PATH_BYTES])
    return bucket[:start] + change + bucket[start:]
