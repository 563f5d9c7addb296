"""The tree is RFC 6962's, and a path proves its leaf, its place and the list's length."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.core.codec import decode, encode
from dure.core.errors import InvalidEncoding
from dure.core.merkle import (
    PATH_LENGTH_MAX,
    MerklePath,
    build_path,
    compute_root,
    compute_root_from_path,
)
from dure.core.types import NO_HASH, Hash
from scripts.make_vectors import compute_tree_hash, compute_tree_path
from tests.unit.core.vectors import load_vectors

lists = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


@pytest.mark.parametrize("case", load_vectors("merkle"), ids=lambda case: len(case["leaves"]))
def test_known_roots_and_paths(case: dict[str, Any]) -> None:
    leaves = [bytes.fromhex(leaf) for leaf in case["leaves"]]
    assert compute_root(leaves).hex() == case["root"]
    for index, siblings in enumerate(case["paths"], start=case.get("first_index", 0)):
        path = build_path(leaves, index)
        assert [node.hex() for node in path.siblings] == siblings
        root = compute_root_from_path(leaves[index], path)
        assert root is not None
        assert root.hex() == case["root"]


@given(lists, st.data())
def test_paths_equal_the_recursive_definition(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = build_path(leaves, index)
    assert list(path.siblings) == compute_tree_path(leaves, index)
    assert (path.index, path.size) == (index, len(leaves))
    assert compute_root_from_path(leaves[index], path) == compute_root(leaves)


@given(lists, lists)
def test_different_lists_have_different_roots(left: list[bytes], right: list[bytes]) -> None:
    assert (compute_root(left) == compute_root(right)) == (left == right)


@given(lists, st.data())
def test_a_path_proves_no_other_leaf_place_or_length(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path, root = build_path(leaves, index), compute_root(leaves)
    claimed_index = data.draw(st.integers(0, 80))
    claimed_size = data.draw(st.integers(0, 80))
    moved = MerklePath(index=claimed_index, size=claimed_size, siblings=path.siblings)
    same = (claimed_index, claimed_size) == (index, len(leaves))
    assert (compute_root_from_path(leaves[index], moved) == root) == same
    assert compute_root_from_path(leaves[index] + b"x", path) != root


def test_the_third_of_three_is_not_the_second_of_two() -> None:
    leaves = [b"a", b"b", b"c"]
    last = build_path(leaves, 2)
    posing = MerklePath(index=1, size=2, siblings=last.siblings)
    assert compute_root_from_path(b"c", posing) != compute_root(leaves)


def test_an_inner_node_is_no_leaf() -> None:
    leaves = [b"a", b"b", b"c", b"d"]
    inner = compute_tree_hash(leaves[:2])
    posing = MerklePath(index=0, size=2, siblings=(Hash(compute_tree_hash(leaves[2:])),))
    assert compute_root_from_path(inner, posing) != compute_root(leaves)


@given(lists, st.data())
def test_paths_of_the_wrong_length_lead_nowhere(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = build_path(leaves, index)
    longer = MerklePath(index=index, size=path.size, siblings=(*path.siblings, NO_HASH))
    assert compute_root_from_path(leaves[index], longer) is None
    if path.siblings:
        shorter = MerklePath(index=index, size=path.size, siblings=path.siblings[:-1])
        assert compute_root_from_path(leaves[index], shorter) is None


def test_a_place_outside_the_list_has_no_path() -> None:
    for index in (-1, 2):
        with pytest.raises(IndexError):
            build_path([b"a", b"b"], index)
        path = MerklePath(index=index, size=2, siblings=())
        assert compute_root_from_path(b"a", path) is None


def test_a_path_off_the_wire_is_bounded() -> None:
    path = MerklePath(index=0, size=2, siblings=(NO_HASH,) * PATH_LENGTH_MAX)
    assert decode(MerklePath, encode(path)) == path
    longer = MerklePath(index=0, size=2, siblings=(NO_HASH,) * (PATH_LENGTH_MAX + 1))
    with pytest.raises(InvalidEncoding):
        decode(MerklePath, encode(longer))


def test_nothing_has_the_empty_root() -> None:
    assert compute_root([]) == NO_HASH
