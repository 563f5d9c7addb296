"""The state tree against a plain map: its root knows the content and nothing else."""

from hashlib import sha256
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.chain.state_tree import proof, tree
from dure.core import hashing
from dure.core.codec import decode, encode
from dure.core.errors import InvalidProof
from dure.core.types import NO_HASH

KEYS = st.binary(max_size=3)
CONTENT = st.dictionaries(KEYS, st.binary(max_size=40), max_size=120)
WRITES = st.dictionaries(KEYS, st.none() | st.binary(max_size=40), max_size=60)


def build(content: dict[bytes, bytes]) -> tree.Node:
    return tree.update(tree.EMPTY, content.items())


def apply(content: dict[bytes, bytes], writes: dict[bytes, bytes | None]) -> dict[bytes, bytes]:
    merged = content | writes
    return {key: value for key, value in merged.items() if value is not None}


def compute_expected_root(entries: list[bytes], depth: int = 0) -> bytes:
    """Return the root by the words of the specification, sharing no line with the tree."""
    if not entries:
        return bytes(32)
    if len(entries) <= 16:
        return sha256(hashing.STATE_BUCKET + b"".join(sorted(entries))).digest()
    groups = [
        [entry for entry in entries if entry.hex()[depth] == nibble]
        for nibble in "0123456789abcdef"
    ]
    hashes = [compute_expected_root(group, depth + 1) for group in groups]
    return sha256(hashing.STATE_INNER + b"".join(hashes)).digest()


@given(content=CONTENT)
def test_the_root_is_the_one_of_the_specification(content: dict[bytes, bytes]) -> None:
    entries = [
        sha256(hashing.STATE_PATH + key).digest() + sha256(hashing.STATE_VALUE + value).digest()
        for key, value in content.items()
    ]
    assert tree.compute_root(build(content)) == compute_expected_root(entries)


@given(content=CONTENT, rounds=st.lists(WRITES, max_size=4))
def test_every_history_with_one_outcome_has_one_root(
    content: dict[bytes, bytes], rounds: list[dict[bytes, bytes | None]]
) -> None:
    node = build(content)
    for writes in rounds:
        before = tree.compute_root(node)
        after = tree.update(node, writes.items())
        assert tree.compute_root(node) == before, "an update changed the tree that it began with"
        node, content = after, apply(content, writes)
    assert tree.compute_root(node) == tree.compute_root(build(content))
    assert node == build(content)
    assert len(list(tree.iterate_entries(node))) == len(content)


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32), sizes=st.lists(st.integers(0, 700), min_size=2, max_size=4))
def test_trees_of_any_size_grow_and_shrink_into_each_other(seed: int, sizes: list[int]) -> None:
    """Up to where twigs become inner nodes and inner nodes twigs, in one batch and one by one."""
    chance = Random(seed)
    content: dict[bytes, bytes] = {}
    node = alone = build(content)
    for size in sizes:
        wanted = {b"%d" % i: b"%d" % chance.randrange(3) for i in chance.sample(range(700), size)}
        gone: dict[bytes, bytes | None] = dict.fromkeys(content.keys() - wanted)
        writes = gone | wanted
        node, content = tree.update(node, writes.items()), wanted
        for write in writes.items():
            alone = tree.update(alone, [write])
        assert node == alone == build(content)
        entries = [tree.compute_path(k) + tree.compute_value_digest(v) for k, v in content.items()]
        assert tree.compute_root(node) == compute_expected_root(entries)
        assert list(tree.iterate_entries(node)) == sorted(entries)


@pytest.mark.parametrize("others", [3, 40])
def test_a_digest_that_looks_like_a_path_is_none(others: int) -> None:
    path = tree.compute_path(b"key")
    posing = bytes([path[0], *bytes(31)]) + path
    rest = [tree.compute_path(bytes([i])) + bytes(32) for i in range(others)]
    entries = sorted([posing, *rest])
    node = tree.update(tree.build(entries), [(b"key", b"value")])
    added = path + tree.compute_value_digest(b"value")
    assert list(tree.iterate_entries(node)) == sorted([*entries, added])
    assert tree.update(node, [(b"key", None)]) == tree.build(entries)
    both = tree.update(tree.build(entries), [(b"key", b"value"), (bytes([0]), None)])
    assert list(tree.iterate_entries(both)) == sorted([posing, *rest[1:], added])


@given(st.sets(st.integers(0, 99), min_size=2), st.integers(0, 2))
def test_several_values_of_one_twig_are_replaced(numbers: set[int], others: int) -> None:
    """Alone, and together with keys that come."""
    content = {b"%d" % number: b"before" for number in range(100)}
    node = build(content)
    assert isinstance(node, tree.Twig)
    writes = {b"%d" % number: b"after" for number in numbers}
    writes |= {b"new %d" % number: b"after" for number in range(others)}
    assert tree.update(node, writes.items()) == build(content | writes)


def test_an_empty_tree_has_the_root_of_zeros() -> None:
    assert tree.compute_root(tree.EMPTY) == NO_HASH
    assert tree.update(tree.EMPTY, []) == tree.EMPTY
    assert tree.update(build({b"a": b"1"}), [(b"a", None)]) == tree.EMPTY


def test_a_bucket_splits_and_comes_together_again() -> None:
    content = {bytes([i]): b"x" for i in range(16)}
    small = build(content)
    assert isinstance(small, tree.Bucket)
    large = tree.update(small, [(b"one more", b"x")])
    assert isinstance(large, tree.Twig)
    assert tree.update(large, [(b"one more", None)]) == small


def test_entries_come_in_the_order_of_paths() -> None:
    node = build({bytes([i]): b"" for i in range(200)})
    entries = list(tree.iterate_entries(node))
    assert entries == sorted(entries)


# Proofs


@given(content=CONTENT, key=KEYS)
def test_what_is_there_and_what_is_not_can_both_be_proved(
    content: dict[bytes, bytes], key: bytes
) -> None:
    node = build(content)
    shown = proof.build_proof(node, key)
    assert decode(proof.StateProof, encode(shown)) == shown
    proof.validate_value(tree.compute_root(node), key, content.get(key), shown)


@given(content=CONTENT, key=KEYS, other=st.none() | st.binary(max_size=40))
def test_no_other_value_can_be_proved(
    content: dict[bytes, bytes], key: bytes, other: bytes | None
) -> None:
    node = build(content)
    if other == content.get(key):
        return
    with pytest.raises(InvalidProof) as caught:
        proof.validate_value(tree.compute_root(node), key, other, proof.build_proof(node, key))
    assert caught.value.facts["check"] == "state value"


@given(data=st.data(), content=st.dictionaries(KEYS, st.binary(max_size=4), min_size=1))
def test_a_proof_with_one_other_bit_fails(data: st.DataObject, content: dict[bytes, bytes]) -> None:
    node, key = build(content), data.draw(st.sampled_from(sorted(content)))
    shown = proof.build_proof(node, key)
    parts = [*shown.levels, shown.bucket]
    index = data.draw(st.integers(0, len(parts) - 1))
    position = data.draw(st.integers(0, len(parts[index]) * 8 - 1))
    changed = bytearray(parts[index])
    changed[position // 8] ^= 1 << position % 8
    parts[index] = bytes(changed)
    broken = proof.StateProof(tuple(parts[:-1]), parts[-1])
    with pytest.raises(InvalidProof):
        proof.validate_value(tree.compute_root(node), key, content[key], broken)


def test_a_proof_of_another_key_or_a_shorter_one_shows_nothing() -> None:
    content = {bytes([i]): b"v" for i in range(100)}
    node = build(content)
    root = tree.compute_root(node)
    shown = proof.build_proof(node, b"\x05")
    for broken in (
        proof.StateProof(shown.levels, b""),
        proof.StateProof((), shown.bucket),
        proof.StateProof(shown.levels[:-1], shown.bucket),
        proof.StateProof((*shown.levels, shown.levels[0]), shown.bucket),
        proof.StateProof(shown.levels, shown.bucket[:-1]),
    ):
        with pytest.raises(InvalidProof):
            proof.validate_value(root, b"\x05", b"v", broken)
    with pytest.raises(InvalidProof):
        proof.validate_value(root, b"absent", b"v", proof.StateProof((), b""))


def test_proofs_go_through_several_levels() -> None:
    content = {i.to_bytes(3, "big"): b"v" for i in range(6_000)}
    node = build(content)
    for key in (b"\0\0\1", b"absent"):
        shown = proof.build_proof(node, key)
        assert len(shown.levels) >= 2
        proof.validate_value(tree.compute_root(node), key, content.get(key), shown)


# Snapshots


def list_chunks(content: dict[bytes, bytes]) -> list[proof.Chunk]:
    by_path = {tree.compute_path(key): (key, value) for key, value in content.items()}
    return list(proof.build_chunks(build(content), by_path.__getitem__))


@settings(max_examples=20)
@given(content=CONTENT)
def test_chunks_hold_all_and_each_proves_itself(content: dict[bytes, bytes]) -> None:
    root = tree.compute_root(build(content))
    gathered: dict[bytes, bytes] = {}
    for chunk in list_chunks(content):
        proof.validate_chunk(root, decode(proof.Chunk, encode(chunk)))
        gathered.update(chunk.entries)
    assert gathered == content


def test_a_large_state_comes_in_bounded_chunks() -> None:
    content = {i.to_bytes(3, "big"): b"v" for i in range(6_000)}
    chunks = list_chunks(content)
    root = tree.compute_root(build(content))
    assert len(chunks) == 16
    assert dict(entry for chunk in chunks for entry in chunk.entries) == content
    for chunk in chunks:
        proof.validate_chunk(root, chunk)


def test_large_values_make_chunks_of_fewer_entries() -> None:
    content = {bytes([i]): bytes([i]) * 300_000 for i in range(20)}
    chunks = list_chunks(content)
    assert len(chunks) > 1
    for chunk in chunks:
        proof.validate_chunk(tree.compute_root(build(content)), chunk)
        assert sum(len(value) for _, value in chunk.entries) <= 16 * 300_000
    assert dict(entry for chunk in chunks for entry in chunk.entries) == content


def test_a_bucket_is_never_split() -> None:
    content = {bytes([i]): bytes(proof.CHUNK_BYTES_MAX // 2) for i in range(4)}
    assert len(list_chunks(content)) == 1


def test_a_chunk_with_a_change_is_refused() -> None:
    content = {i.to_bytes(3, "big"): b"v" for i in range(6_000)}
    root = tree.compute_root(build(content))
    first, second = list_chunks(content)[:2]
    (key, value), *rest = first.entries
    broken = {
        "chunk hash": [
            proof.Chunk(first.prefix, first.levels, first.entries[1:]),
            proof.Chunk(first.prefix, first.levels, ((key, value + b"!"), *rest)),
        ],
        "chunk order": [
            proof.Chunk(first.prefix, first.levels, first.entries[::-1]),
            proof.Chunk(first.prefix, first.levels, (first.entries[0], *first.entries)),
        ],
        "chunk prefix": [proof.Chunk(second.prefix, second.levels, first.entries)],
        "chunk shape": [
            proof.Chunk(b"", first.levels, first.entries),
            proof.Chunk(b"\x10", first.levels, first.entries),
        ],
        "state path": [proof.Chunk(first.prefix, (bytes(512),), first.entries)],
    }
    for check, chunks in broken.items():
        for chunk in chunks:
            with pytest.raises(InvalidProof) as caught:
                proof.validate_chunk(root, chunk)
            assert caught.value.facts["check"] == check
