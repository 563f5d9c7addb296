"""The old chain's state as a file: what is not it is refused, and where it is wrong is said."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.chain.genesis.state_file import MAGIC, encode_state_file, read_state_file
from dure.chain.state_tree import tree
from dure.chain.state_tree.proof import CHUNK_ENTRIES_MAX, build_chunks
from dure.core.errors import InvalidGenesis
from dure.core.types import NO_HASH, Hash

MANY = {number.to_bytes(8, "big"): b"x" * (number % 7) for number in range(CHUNK_ENTRIES_MAX + 9)}
END = bytes(4)


def build(items: dict[bytes, bytes]) -> tuple[Hash, list[bytes]]:
    """Return the root and the parts of the file: magic, frames, end."""
    root = tree.update(tree.EMPTY, items.items())
    by_path = {tree.compute_path(key): (key, value) for key, value in items.items()}
    parts = list(encode_state_file(build_chunks(root, by_path.__getitem__)))
    return tree.compute_root(root), parts


ROOT, PARTS = build(MANY)
FILE = b"".join(PARTS)


def read(data: bytes, root: Hash = ROOT) -> dict[bytes, bytes]:
    return read_state_file(io.BytesIO(data).read, root)


@given(st.dictionaries(st.binary(max_size=40), st.binary(max_size=40), max_size=60))
def test_a_state_comes_back(items: dict[bytes, bytes]) -> None:
    root, parts = build(items)
    assert read(b"".join(parts), root) == items


def test_a_state_of_many_chunks_comes_back() -> None:
    assert len(PARTS) > 4
    assert read(FILE) == MANY
    assert read(MAGIC + END, NO_HASH) == {}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a state file"),
        (b"DUREJRN1" + FILE[8:], "not a state file"),
        (MAGIC, "cut off"),
        (FILE[:-1], "cut off"),
        (FILE[:-4], "cut off"),
        (FILE[:-100], "cut off"),
        (FILE + b"\0", "something follows"),
        (MAGIC + END, "lacks chunks"),
        (b"".join((*PARTS[:3], *PARTS[4:])), "lacks chunks"),
        (MAGIC + b"\xff\xff\xff\xff" + b"x" * 99, "chunk 0 of the state file is too long"),
        (MAGIC + b"\0\0\0\x03abc" + END, "chunk 0 of the state file does not read"),
    ],
)
def test_what_is_not_the_whole_file_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidGenesis, match=reason):
        read(data)


def test_another_state_is_refused_at_its_first_chunk() -> None:
    other = b"".join(build(MANY | {b"one": b"more"})[1])
    with pytest.raises(InvalidGenesis, match="chunk 0 of the state file does not belong there"):
        read(other)


@given(st.integers(min_value=0, max_value=len(FILE) - 1), st.integers(min_value=0, max_value=7))
def test_one_flipped_bit_is_noticed(place: int, bit: int) -> None:
    spoiled = bytearray(FILE)
    spoiled[place] ^= 1 << bit
    with pytest.raises(InvalidGenesis):
        read(bytes(spoiled))


def test_a_spoiled_chunk_is_named() -> None:
    spoiled = bytearray(FILE)
    spoiled[len(PARTS[0]) + len(PARTS[1]) + len(PARTS[2]) - 9] ^= 1
    with pytest.raises(InvalidGenesis) as refused:
        read(bytes(spoiled))
    assert refused.value.facts["chunk"] == 1


def test_more_than_a_node_could_hold_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.chain.genesis.state_file.STATE_BYTES_MAX", 1000)
    with pytest.raises(InvalidGenesis, match="more than a node could"):
        read(FILE)
