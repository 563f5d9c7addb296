"""The authenticated state: a persistent 16-ary tree over hashed keys, whose shape depends on the set of keys alone.

Rules (decision 0004)
---------------------
1. A key's **path** is the hash of the key: 64 nibbles, the first is the high half of the first byte.
2. A subtree of at most 16 entries is a **bucket**: the entries `path ‖ value digest`, sorted by path.
   A subtree of more is an **inner node**: the hashes of its 16 children by the next nibble, 32 zero bytes for none.
3. A node's hash is the hash of those bytes under its own domain; the empty tree has the root of 32 zero bytes.
4. Nodes never change. An update returns a new root that shares every untouched node with the old one, so candidates
   on one parent, undo and snapshots cost nothing extra.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

import msgspec

from dure.core import hashing
from dure.core.types import NO_HASH, Hash

BUCKET_ENTRIES_MAX: Final = 16
NIBBLES: Final = 64

Entry = tuple[bytes, bytes]
"""(path, value digest), 32 bytes each."""

Change = tuple[bytes, bytes | None]
"""(path, new value digest, or None to remove)."""


class Bucket(msgspec.Struct, frozen=True):
    """At most sixteen entries, sorted by path."""

    entries: tuple[Entry, ...]
    count: int
    hash: Hash


class Inner(msgspec.Struct, frozen=True):
    """More than sixteen entries, split by the next nibble."""

    children: tuple["Node | None", ...]
    count: int
    hash: Hash


Node = Bucket | Inner


def compute_path(key: bytes) -> bytes:
    """Return the 32 bytes whose nibbles lead from the root to the key's bucket."""
    return sha256(hashing.STATE_PATH + key).digest()


def compute_value_digest(value: bytes) -> bytes:
    """Return what the tree holds of a value."""
    return sha256(hashing.STATE_VALUE + value).digest()


def compute_root(node: Node | None) -> Hash:
    """Return the root hash of a tree."""
    return NO_HASH if node is None else node.hash


def update(node: Node | None, writes: Iterable[tuple[bytes, bytes | None]]) -> Node | None:
    """Return the tree after `writes` (key, value or None to remove); `node` itself stays as it is."""
    changes: list[Change] = sorted(
        (compute_path(key), None if value is None else compute_value_digest(value))
        for key, value in writes
    )
    return _update(node, changes, 0) if changes else node


def get_nibble(path: bytes, depth: int) -> int:
    """Return the nibble of `path` that chooses the child at `depth`."""
    byte = path[depth >> 1]
    return byte & 15 if depth & 1 else byte >> 4


def iterate_entries(node: Node | None) -> Iterator[Entry]:
    """Yield every entry in the order of paths."""
    match node:
        case None:
            return
        case Bucket(entries=entries):
            yield from entries
        case Inner(children=children):
            for child in children:
                yield from iterate_entries(child)


def _update(node: Node | None, changes: list[Change], depth: int) -> Node | None:
    if isinstance(node, Inner):
        return _update_inner(node, changes, depth)
    entries = dict(node.entries) if node is not None else {}
    for path, digest in changes:
        if digest is None:
            entries.pop(path, None)
        else:
            entries[path] = digest
    return build(sorted(entries.items()), depth)


def _update_inner(node: Inner, changes: list[Change], depth: int) -> Node | None:
    children = list(node.children)
    count = node.count
    start, end = 0, len(changes)
    while start < end:
        nibble = get_nibble(changes[start][0], depth)
        stop = start + 1
        while stop < end and get_nibble(changes[stop][0], depth) == nibble:
            stop += 1
        before = children[nibble]
        after = _update(before, changes[start:stop], depth + 1)
        count += (after.count if after else 0) - (before.count if before else 0)
        children[nibble] = after
        start = stop
    if count <= BUCKET_ENTRIES_MAX:
        gathered = [entry for child in children for entry in iterate_entries(child)]
        return build(gathered, depth)
    return _build_inner(children, count)


def build(entries: list[Entry], depth: int) -> Node | None:
    """Return the subtree at `depth` over `entries`, which are sorted by path and share the first `depth` nibbles."""
    if not entries:
        return None
    if len(entries) <= BUCKET_ENTRIES_MAX:
        content = b"".join([path + digest for path, digest in entries])
        content_hash = Hash(sha256(hashing.STATE_BUCKET + content).digest())
        return Bucket(tuple(entries), len(entries), content_hash)
    groups: list[list[Entry]] = [[] for _ in range(16)]
    for entry in entries:
        groups[get_nibble(entry[0], depth)].append(entry)
    return _build_inner([build(group, depth + 1) for group in groups], len(entries))


def _build_inner(children: list[Node | None], count: int) -> Inner:
    content = b"".join([NO_HASH if child is None else child.hash for child in children])
    return Inner(tuple(children), count, Hash(sha256(hashing.STATE_INNER + content).digest()))
