"""Real blocks of Bitcoin hold; whatever is changed in one is found."""

import bz2
import contextlib
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.consensus.pow.bitcoin import (
    BitcoinBlock,
    compute_merkle_root,
    decode_block,
    decode_header,
    hash_twice,
    validate_block,
    validate_chain,
    validate_work,
)
from dure.core.errors import DureError, InvalidBlock, InvalidEncoding
from tests.unit.core.vectors import load_vectors

BLOCKS = {
    vector["height"]: bytes.fromhex(vector["block"]) for vector in load_vectors("bitcoin")["blocks"]
}
SHARED = Path(__file__).resolve().parents[5] / "shared" / "data" / "bitcoin" / "blocks1-256.bz2"


@pytest.mark.parametrize("height", BLOCKS)
def test_a_real_block_holds(height: int) -> None:
    block = decode_block(BLOCKS[height])
    validate_block(block)
    assert block.header.encode() == BLOCKS[height][:80]


def test_the_first_blocks_follow_one_another() -> None:
    headers = [decode_block(BLOCKS[height]).header for height in range(1, 9)]
    assert headers[0].name == "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048"
    # At the lowest difficulty a header takes 2^32 hashes and a little more.
    assert validate_chain(headers) == 8 * (2**32 + 2**16 + 1)
    with pytest.raises(InvalidBlock, match="header 1 does not follow"):
        validate_chain([headers[0], headers[2]])


def test_all_blocks_of_the_shared_data_hold() -> None:
    if not SHARED.exists():
        pytest.skip("the real blocks of the shared data are not beside the project")
    data, place, blocks = bz2.decompress(SHARED.read_bytes()), 0, []
    while place < len(data):
        _, size = struct.unpack_from("<II", data, place)
        blocks.append(decode_block(data[place + 8 : place + 8 + size]))
        place += 8 + size
    for block in blocks:
        validate_block(block)
    assert len(blocks) == 255
    assert validate_chain(block.header for block in blocks) > 255 * 2**32


@given(st.integers(0, 80 * 8 - 1))
def test_a_changed_bit_of_a_header_costs_its_work(bit: int) -> None:
    data = bytearray(BLOCKS[170][:80])
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidBlock):
        validate_work(decode_header(bytes(data)))


def test_a_changed_transaction_is_found() -> None:
    block = decode_block(BLOCKS[170])
    first, second = block.transactions
    forged = replace(block, transactions=(first, second[:-1] + b"\1"))
    with pytest.raises(InvalidBlock, match="not those of the header"):
        validate_block(forged)
    with pytest.raises(InvalidBlock, match="pays nobody"):
        validate_block(BitcoinBlock(block.header, ()))


def test_a_list_that_shares_its_root_with_another_is_refused() -> None:
    leaves = [bytes([number]) * 32 for number in range(6)]
    assert compute_merkle_root(leaves[:3]) != compute_merkle_root(leaves[:4])
    with pytest.raises(InvalidBlock, match="two equal hashes"):
        compute_merkle_root([*leaves, *leaves[4:]])


def test_witnesses_do_not_count_into_the_transaction_id() -> None:
    header = BLOCKS[1][:80]
    inputs = b"\1" + bytes(36) + b"\0" + bytes(4)
    outputs = b"\1" + bytes(8) + b"\0"
    plain = b"\2\0\0\0" + inputs + outputs + bytes(4)
    witnessed = b"\2\0\0\0" + b"\0\1" + inputs + outputs + b"\2\1a\2bc" + bytes(4)
    assert decode_block(header + b"\1" + witnessed).transactions == (plain,)
    assert hash_twice(plain) != hash_twice(witnessed)


@given(st.integers(0, len(BLOCKS[170]) - 1))
def test_a_block_that_is_cut_off_is_refused(end: int) -> None:
    with pytest.raises(InvalidEncoding):
        decode_block(BLOCKS[170][:end])


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with contextlib.suppress(DureError):
        decode_block(BLOCKS[1][:80] + data)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (b"\xfd\x01\x00", "longer than it needs"),
        (b"\xfd\xff\xff", "cut off"),
        (b"\xfe\xff\xff\xff\xff", "more than a block can hold"),
    ],
)
def test_a_wrong_count_is_refused(count: bytes, words: str) -> None:
    with pytest.raises(InvalidEncoding, match=words):
        decode_block(BLOCKS[1][:80] + count + BLOCKS[1][81:])


def test_what_follows_or_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidEncoding, match="follow the last"):
        decode_block(BLOCKS[1] + b"\0")
    with pytest.raises(InvalidEncoding, match="at most"):
        decode_block(bytes(4_000_001))
    with pytest.raises(InvalidEncoding, match="80 bytes"):
        decode_header(bytes(79))
