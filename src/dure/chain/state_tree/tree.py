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

A node keeps exactly the bytes that it hashes: a proof copies them, an update patches them.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

import msgspec

from dure.core import hashing
from dure.core.types import NO_HASH, Hash

BUCKET_ENTRIES_MAX: Final = 16
NIBBLES: Final = 64
PATH_BYTES: Final = 32
ENTRY_BYTES: Final = 64
HASH_BYTES: Final = 32

Entry = bytes
"""`path ‖ value digest`, 64 bytes; entries sort by their paths."""

Change = tuple[bytes, bytes]
"""(path, new value digest, or no bytes to remove)."""


# Neither kind of node can be part of a reference cycle, so the collector need not look at millions.
class Bucket(msgspec.Struct, frozen=True, gc=False):
    """At most sixteen entries."""

    content: bytes
    """The entries one after another, sorted."""
    hash: Hash

    @property
    def count(self) -> int:
        """Number of entries."""
        return len(self.content) // ENTRY_BYTES


class Inner(msgspec.Struct, frozen=True, gc=False):
    """More than sixteen entries, split by the next nibble."""

    content: bytes
    """The hashes of the sixteen children, 512 bytes."""
    children: tuple["Node | None", ...]
    count: int
    """Number of entries below."""
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
    """Return the tree after `writes` (key, value or None to remove); `node` stays as it is.

    Each key stands in `writes` once.
    """
    changes = [
        (compute_path(key), b"" if value is None else compute_value_digest(value))
        for key, value in writes
    ]
    return _update(node, changes, 0) if changes else node


def build(entries: list[Entry], depth: int = 0) -> Node | None:
    """Return the subtree at `depth` over sorted entries that share the first `depth` nibbles."""
    if not entries:
        return None
    if len(entries) <= BUCKET_ENTRIES_MAX:
        return _build_bucket(b"".join(entries))
    groups: list[list[Entry]] = [[] for _ in range(16)]
    for entry in entries:
        groups[get_nibble(entry, depth)].append(entry)
    children = [build(group, depth + 1) for group in groups]
    content = b"".join([compute_root(child) for child in children])
    return _build_inner(content, children, len(entries))


def get_nibble(path: bytes, depth: int) -> int:
    """Return the nibble of `path` that chooses the child at `depth`."""
    byte = path[depth >> 1]
    return byte & 15 if depth & 1 else byte >> 4


def split_bucket(content: bytes) -> list[Entry]:
    """Return the entries of a bucket's bytes."""
    return [content[i : i + ENTRY_BYTES] for i in range(0, len(content), ENTRY_BYTES)]


def iterate_entries(node: Node | None) -> Iterator[Entry]:
    """Yield every entry in the order of paths."""
    if isinstance(node, Inner):
        for child in node.children:
            yield from iterate_entries(child)
    elif node is not None:
        yield from split_bucket(node.content)


def _update(node: Node | None, changes: list[Change], depth: int) -> Node | None:
    if isinstance(node, Inner):
        return _update_inner(node, changes, depth)
    content = b"" if node is None else node.content
    if len(changes) > BUCKET_ENTRIES_MAX:
        merged = {entry[:PATH_BYTES]: entry[PATH_BYTES:] for entry in split_bucket(content)}
        merged.update(changes)
        return build(sorted(path + digest for path, digest in merged.items() if digest), depth)
    for path, digest in changes:
        content = _patch(content, path, digest)
    if len(content) <= BUCKET_ENTRIES_MAX * ENTRY_BYTES:
        return _build_bucket(content) if content else None
    return build(split_bucket(content), depth)


def _patch(content: bytes, path: bytes, digest: bytes) -> bytes:
    """Return a run of sorted entries after one change."""
    starts = range(0, len(content), ENTRY_BYTES)
    index = bisect_left(starts, path, key=lambda i: content[i : i + PATH_BYTES])
    start = index * ENTRY_BYTES
    is_there = content[start : start + PATH_BYTES] == path
    rest = content[start + ENTRY_BYTES if is_there else start :]
    return content[:start] + (path + digest + rest if digest else rest)


def _update_inner(node: Inner, changes: list[Change], depth: int) -> Node | None:
    groups: dict[int, list[Change]] = {}
    half, is_low = divmod(depth, 2)
    for change in changes:
        byte = change[0][half]
        groups.setdefault(byte & 15 if is_low else byte >> 4, []).append(change)
    content, children, count = bytearray(node.content), list(node.children), node.count
    for nibble, group in groups.items():
        before = children[nibble]
        after = children[nibble] = _update(before, group, depth + 1)
        content[nibble * HASH_BYTES : (nibble + 1) * HASH_BYTES] = compute_root(after)
        count += (after.count if after else 0) - (before.count if before else 0)
    if count > BUCKET_ENTRIES_MAX:
        return _build_inner(bytes(content), children, count)
    return build([entry for child in children for entry in iterate_entries(child)], depth)


def _build_bucket(content: bytes) -> Bucket:
    return Bucket(content, Hash(sha256(hashing.STATE_BUCKET + content).digest()))


def _build_inner(content: bytes, children: list[Node | None], count: int) -> Inner:
    return Inner(
        content, tuple(children), count, Hash(sha256(hashing.STATE_INNER + content).digest())
    )
