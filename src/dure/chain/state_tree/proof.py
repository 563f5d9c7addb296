"""Proofs over the state tree: a key's value, its absence, and that a snapshot chunk is genuine.

A proof lists, from the root downwards, the 512 bytes of every inner node on the path, then the
bucket's bytes. Each must hash to what the one above says; what lies at the end shows the key's
value digest, or its absence. A chunk of a snapshot is a whole subtree: the inner nodes above it and
all its keys and values.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Annotated, Final

from msgspec import Meta

from dure.chain.state_tree import tree
from dure.core.codec import Wire
from dure.core.errors import InvalidProof
from dure.core.types import NO_HASH, Hash

INNER_BYTES: Final = 16 * tree.HASH_BYTES
CHUNK_ENTRIES_MAX: Final = 4096
CHUNK_BYTES_MAX: Final = 4 * 1024 * 1024
"""Keys and values of a chunk, where it can still be split: one bucket always goes whole."""

InnerBytes = Annotated[bytes, Meta(min_length=INNER_BYTES, max_length=INNER_BYTES)]
BucketBytes = Annotated[bytes, Meta(max_length=tree.BUCKET_BYTES_MAX)]
Levels = Annotated[tuple[InnerBytes, ...], Meta(max_length=tree.NIBBLES)]

Item = tuple[bytes, bytes]
"""A key and its value."""


class StateProof(Wire, frozen=True):
    """The path from the root to where a key is or would be."""

    levels: Levels
    bucket: BucketBytes
    """Empty where the path ends at a child that does not exist."""


class Chunk(Wire, frozen=True):
    """A subtree of a snapshot: every key and value whose path begins with `prefix`."""

    prefix: Annotated[bytes, Meta(max_length=tree.NIBBLES)]
    """One nibble a byte."""
    levels: Levels
    entries: Annotated[tuple[Item, ...], Meta(max_length=CHUNK_ENTRIES_MAX)]
    """Sorted by path."""


def build_proof(root: tree.Node, key: bytes) -> StateProof:
    """Return the proof of the key's value or absence in the tree `root`."""
    path = tree.compute_path(key)
    levels: list[bytes] = []
    node = root
    while not isinstance(node, bytes):
        levels.append(node.content)
        node = node.get_child(tree.get_nibble(path, len(levels) - 1))
    return StateProof(levels=tuple(levels), bucket=node)


def validate_value(root: Hash, key: bytes, value: bytes | None, proof: StateProof) -> None:
    """Raise `InvalidProof` unless `key` has `value` (None: is absent) under `root`."""
    path = tree.compute_path(key)
    expected = root
    for depth, level in enumerate(proof.levels):
        expected = _step(expected, level, tree.get_nibble(path, depth))
    entries = _open_bucket(expected, proof.bucket)
    wanted = None if value is None else tree.compute_value_digest(value)
    if entries.get(path) != wanted:
        raise InvalidProof("the state does not hold that value under that key", check="state value")


def build_chunks(root: tree.Node, get_item: Callable[[bytes], Item]) -> Iterator[Chunk]:
    """Yield the snapshot of a tree; `get_item` returns key and value of a path."""
    yield from _chunks(root, b"", (), get_item)


def validate_chunk(root: Hash, chunk: Chunk) -> tree.Node:
    """Return the chunk's subtree.

    Raise `InvalidProof` unless the chunk is exactly what `root` has under its prefix, in order.
    """
    if len(chunk.levels) != len(chunk.prefix) or any(nibble > 15 for nibble in chunk.prefix):
        raise InvalidProof("the chunk's prefix and levels do not fit", check="chunk shape")
    expected = root
    for nibble, level in zip(chunk.prefix, chunk.levels, strict=True):
        expected = _step(expected, level, nibble)
    entries = [tree.compute_path(k) + tree.compute_value_digest(v) for k, v in chunk.entries]
    if any(left >= right for left, right in pairwise(entries)):
        raise InvalidProof("the chunk's keys are not in order", check="chunk order")
    depth = len(chunk.prefix)
    for entry in entries:
        if any(tree.get_nibble(entry, i) != chunk.prefix[i] for i in range(depth)):
            raise InvalidProof("the chunk holds a key of another prefix", check="chunk prefix")
    subtree = tree.build(entries, depth)
    if tree.compute_root(subtree) != expected:
        raise InvalidProof("the chunk does not hash to the state root", check="chunk hash")
    return subtree


def _chunks(
    node: tree.Node,
    prefix: bytes,
    levels: tuple[bytes, ...],
    get_item: Callable[[bytes], Item],
) -> Iterator[Chunk]:
    entries = _gather(node, get_item)
    if entries is not None:
        if entries:
            yield Chunk(prefix=prefix, levels=levels, entries=entries)
        return
    assert not isinstance(node, bytes), "a bucket is never split"
    below = (*levels, node.content)
    for nibble, child in enumerate(node.children):
        yield from _chunks(child, prefix + bytes([nibble]), below, get_item)


def _gather(node: tree.Node, get_item: Callable[[bytes], Item]) -> tuple[Item, ...] | None:
    """Return the items below `node`, or None where they are too many for one chunk."""
    if not isinstance(node, bytes) and node.count > CHUNK_ENTRIES_MAX:
        return None
    items: list[Item] = []
    size = 0
    for entry in tree.iterate_entries(node):
        key, value = get_item(entry[: tree.PATH_BYTES])
        size += len(key) + len(value)
        if size > CHUNK_BYTES_MAX and not isinstance(node, bytes):
            return None
        items.append((key, value))
    return tuple(items)


def _step(expected: Hash, level: bytes, nibble: int) -> Hash:
    if tree.hash_inner(level) != expected:
        raise InvalidProof(
            "an inner node does not hash to what stands above it", check="state path"
        )
    return Hash(level[32 * nibble : 32 * nibble + 32])


def _open_bucket(expected: Hash, bucket: bytes) -> dict[bytes, bytes]:
    if not bucket and expected == NO_HASH:
        return {}
    if tree.hash_bucket(bucket) != expected:
        raise InvalidProof("the bucket does not hash to what stands above it", check="state bucket")
    return {entry[:32]: entry[32:] for entry in tree.split_bucket(bucket)}
