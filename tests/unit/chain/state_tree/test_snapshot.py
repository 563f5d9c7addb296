"""A frozen state in chunks, and a whole state out of chunks."""

from collections.abc import Iterable
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.chain.state_tree import proof, tree
from dure.chain.state_tree.frozen import FrozenState
from dure.chain.state_tree.gathering import WHOLE, Gathering
from dure.core.block import Header
from dure.core.errors import InvalidProof
from dure.core.types import Hash
from tests.unit.node.blocks import build_stored

SMALL = 6
"""Entries of a chunk in these tests, so that small states have many chunks."""

KEYS = st.binary(min_size=1, max_size=3)
CONTENT = st.dictionaries(KEYS, st.binary(max_size=3), min_size=1, max_size=200)
CHANGES = st.dictionaries(KEYS, st.none() | st.binary(max_size=3), max_size=40)

Content = dict[bytes, bytes]
Changes = dict[bytes, bytes | None]


def build(content: Content) -> tree.Node:
    return tree.update(tree.EMPTY, content.items())


def build_header(content: Content) -> Header:
    _, stored = build_stored(1)
    root = tree.compute_root(build(content))
    return msgspec.structs.replace(stored.block.header, state_root=root)


def freeze(content: Content) -> FrozenState:
    return FrozenState(build_header(content), build(content), content, {})


def prepare(frozen: FrozenState, count: int = 10**6) -> FrozenState:
    while not frozen.is_prepared:
        frozen.prepare(count)
    return frozen


def change(content: Content, changes: Changes, frozen: Iterable[FrozenState] = ()) -> Changes:
    """Write into a live state as an executor does; return the undo record."""
    undo = {key: content.get(key) for key in changes}
    for each in frozen:
        each.keep(undo)
    for key, value in changes.items():
        if value is None:
            content.pop(key, None)
        else:
            content[key] = value
    return undo


def list_chunks(frozen: FrozenState) -> list[proof.Chunk]:
    chunks = [frozen.read_chunk(prefix) for prefix in frozen.list_prefixes()]
    return [chunk for chunk in chunks if chunk is not None]


def cut_by_definition(content: Content) -> list[proof.Chunk]:
    by_path = {tree.compute_path(key): (key, value) for key, value in content.items()}
    return list(proof.build_chunks(build(content), by_path.__getitem__))


def gather(root: Hash, frozen: FrozenState) -> Gathering:
    gathering = Gathering(root)
    while not gathering.is_complete:
        wanted = gathering.missing[-1]
        chunk = frozen.read_chunk(wanted)
        assert chunk is not None, wanted
        assert gathering.add(wanted, chunk)
    return gathering


@pytest.fixture
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.chain.state_tree.proof.CHUNK_ENTRIES_MAX", SMALL * 4)
    monkeypatch.setattr("dure.chain.state_tree.frozen.CHUNK_ENTRIES_MAX", SMALL * 4)
    monkeypatch.setattr("dure.chain.state_tree.proof.CHUNK_BYTES_MAX", 120)
    monkeypatch.setattr("dure.chain.state_tree.frozen.CHUNK_BYTES_MAX", 120)


@pytest.mark.usefixtures("_small_chunks")
@settings(max_examples=60)
@given(content=CONTENT, slice_=st.integers(1, 50))
def test_a_frozen_state_has_the_chunks_of_the_definition(content: Content, slice_: int) -> None:
    assert list_chunks(prepare(freeze(content), slice_)) == cut_by_definition(content)


@pytest.mark.usefixtures("_small_chunks")
@settings(max_examples=60)
@given(content=CONTENT, before=CHANGES, between=CHANGES, after=CHANGES)
def test_a_frozen_state_stays_while_the_live_one_changes(
    content: Content, before: Changes, between: Changes, after: Changes
) -> None:
    expected = dict(content)
    undo = change(content, before)
    frozen = FrozenState(build_header(expected), build(expected), content, undo)
    change(content, between, [frozen])
    frozen.prepare(10)
    change(content, after, [frozen])
    assert list_chunks(prepare(frozen)) == cut_by_definition(expected)


@pytest.mark.usefixtures("_small_chunks")
@settings(max_examples=60)
@given(content=CONTENT, order=st.randoms(use_true_random=False))
def test_chunks_in_any_order_tile_the_tree(content: Content, order: Random) -> None:
    frozen = prepare(freeze(content))
    root = frozen.header.state_root
    gathering = Gathering(root)
    chunks = list_chunks(frozen)
    order.shuffle(chunks)
    for number, chunk in enumerate(chunks):
        assert not gathering.is_complete, f"complete without {len(chunks) - number} chunks"
        assert gathering.add(WHOLE, chunk)
        assert not gathering.add(chunk.prefix, chunk)
    assert gathering.is_complete
    assert gathering.items == content
    assert gathering.build() == build(content)


@pytest.mark.usefixtures("_small_chunks")
@settings(max_examples=40)
@given(content=CONTENT)
def test_asking_for_what_is_missing_finds_all(content: Content) -> None:
    frozen = prepare(freeze(content))
    gathering = gather(frozen.header.state_root, frozen)
    assert gathering.items == content
    assert tree.compute_root(gathering.build()) == frozen.header.state_root


def test_a_large_state_is_cut_and_gathered() -> None:
    content = {i.to_bytes(3, "big"): b"v" * (i % 7) for i in range(30_000)}
    content |= {b"large" + i.to_bytes(2, "big"): bytes(250_000 + i) for i in range(300)}
    frozen = prepare(freeze(content), 4_000)
    assert len(frozen.list_prefixes()) > 16
    gathering = gather(frozen.header.state_root, frozen)
    assert gathering.items == content
    assert gathering.build() == build(content)


def test_a_gathered_tree_goes_on_like_any_other() -> None:
    content = {i.to_bytes(3, "big"): b"v" for i in range(9_000)}
    frozen = prepare(freeze(content))
    writes = {i.to_bytes(3, "big"): None if i % 3 else b"w" for i in range(8_990)}
    after = tree.update(gather(frozen.header.state_root, frozen).build(), writes.items())
    change(content, writes)
    assert tree.compute_root(after) == tree.compute_root(build(content))


def test_what_was_not_asked_for_or_holds_nothing_is_refused() -> None:
    content = {i.to_bytes(3, "big"): b"v" for i in range(6_000)}
    frozen = prepare(freeze(content))
    first, second = list_chunks(frozen)[:2]
    gathering = Gathering(frozen.header.state_root)
    with pytest.raises(InvalidProof) as caught:
        gathering.add(second.prefix, first)
    assert caught.value.facts["check"] == "chunk prefix"
    changed = (first.entries[0][0], b"other")
    for broken in (
        msgspec.structs.replace(first, entries=first.entries[:-1]),
        msgspec.structs.replace(first, entries=(changed, *first.entries[1:])),
        msgspec.structs.replace(first, levels=()),
    ):
        with pytest.raises(InvalidProof):
            gathering.add(WHOLE, broken)
    assert gathering.missing == (WHOLE,)
    assert gathering.items == {}


def test_an_empty_subtree_is_no_answer() -> None:
    content = {bytes([i]): b"v" for i in range(40)}
    root = build(content)
    assert not isinstance(root, bytes)
    empty = next((i for i, child in enumerate(root.children) if not child), None)
    while empty is None:
        content.popitem()
        root = build(content)
        assert not isinstance(root, bytes)
        empty = next((i for i, child in enumerate(root.children) if not child), None)
    chunk = proof.Chunk(prefix=bytes([empty]), levels=(root.content,), entries=())
    with pytest.raises(InvalidProof):
        Gathering(tree.compute_root(root)).add(WHOLE, chunk)


def test_before_it_is_prepared_and_where_nothing_is_there_is_no_chunk() -> None:
    content = {i.to_bytes(3, "big"): b"v" for i in range(6_000)}
    frozen = freeze(content)
    assert frozen.read_chunk(WHOLE) is None
    prepare(frozen)
    assert frozen.read_chunk(WHOLE) == list_chunks(frozen)[0]
    deep = frozen.read_chunk(bytes([15]) * 64)
    assert deep is not None
    assert deep.prefix == b"\x0f"
    assert prepare(freeze({})).read_chunk(WHOLE) is None
