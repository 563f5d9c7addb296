"""A sealed file opens whole, unchanged, at its own place with its own key, or not at all."""

import io
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.core.types import Address, ChainId, Hash
from dure.identity.envelopes.files import (
    FILE_BYTES_MAX,
    HEADER_BYTES,
    PIECE_BYTES,
    TAG_BYTES,
    ContentDigest,
    DataKey,
    InvalidSeal,
    Place,
    compute_file_size,
    decode_header,
    draw_data_key,
    encode_header,
    open_pieces,
    seal_pieces,
)

PLACE = Place(ChainId(b"c" * 32), Address(b"k" * 32), Hash(b"n" * 32), 3)
KEY = DataKey(b"d" * 32, b"s" * 32)
SEALED_PIECE = PIECE_BYTES + TAG_BYTES
SIZES = st.sampled_from(
    [0, 1, 5, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES, 3 * PIECE_BYTES + 7]
)


def make_content(size: int) -> bytes:
    return bytes(number * 7 % 251 for number in range(min(size, 251))) * (size // 251 + 1)


def seal(content: bytes, place: Place = PLACE, key: DataKey = KEY) -> bytes:
    return b"".join(seal_pieces(key, place, len(content), [content]))


def read(sealed: bytes, place: Place = PLACE, key: DataKey = KEY) -> bytes:
    return b"".join(open_pieces(key, place, io.BytesIO(sealed)))


def cut(content: bytes, lengths: Iterable[int]) -> list[bytes]:
    parts, at = [], 0
    for length in lengths:
        parts.append(content[at : at + length])
        at += length
    return [*parts, content[at:]]


@settings(deadline=None)
@given(SIZES, st.lists(st.integers(0, 2 * PIECE_BYTES), max_size=6))
def test_what_was_sealed_in_any_parts_opens_whole(size: int, lengths: list[int]) -> None:
    content = make_content(size)[:size]
    sealed = b"".join(seal_pieces(KEY, PLACE, size, cut(content, lengths)))
    assert len(sealed) == compute_file_size(size)
    assert sealed == seal(content)
    assert read(sealed) == content


@settings(deadline=None)
@given(SIZES, st.data())
def test_a_changed_bit_anywhere_is_refused(size: int, data: st.DataObject) -> None:
    sealed = bytearray(seal(make_content(size)[:size]))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(InvalidSeal):
        read(bytes(sealed))


@settings(deadline=None)
@given(SIZES, st.data())
def test_a_file_cut_off_anywhere_is_refused(size: int, data: st.DataObject) -> None:
    sealed = seal(make_content(size)[:size])
    with pytest.raises(InvalidSeal):
        read(sealed[: data.draw(st.integers(0, len(sealed) - 1))])


def test_a_file_that_goes_on_is_refused() -> None:
    with pytest.raises(InvalidSeal, match="goes on"):
        read(seal(b"content") + b"\0")


@given(st.permutations(range(4)), st.data())
@settings(deadline=None)
def test_pieces_in_another_order_are_refused(order: list[int], data: st.DataObject) -> None:
    sealed = seal(make_content(4 * PIECE_BYTES)[: 4 * PIECE_BYTES])
    pieces = [sealed[HEADER_BYTES + at * SEALED_PIECE :][:SEALED_PIECE] for at in range(4)]
    again = sealed[:HEADER_BYTES] + b"".join(pieces[at] for at in order)
    if order == [0, 1, 2, 3]:
        assert read(again) == read(sealed)
    else:
        with pytest.raises(InvalidSeal):
            read(again)


def test_a_piece_left_out_or_given_twice_is_refused() -> None:
    sealed = seal(make_content(3 * PIECE_BYTES)[: 3 * PIECE_BYTES])
    head, rest = sealed[: HEADER_BYTES + SEALED_PIECE], sealed[HEADER_BYTES + SEALED_PIECE :]
    shorter = encode_header(PLACE, 2 * PIECE_BYTES)
    for wrong in (
        head + rest[SEALED_PIECE:],
        head + head[HEADER_BYTES:] + rest,
        shorter + sealed[HEADER_BYTES:][: 2 * SEALED_PIECE],
        shorter + sealed[HEADER_BYTES + SEALED_PIECE :],
    ):
        with pytest.raises(InvalidSeal):
            read(wrong)


@pytest.mark.parametrize(
    "other",
    [
        Place(ChainId(b"x" * 32), PLACE.contract, PLACE.name, PLACE.version),
        Place(PLACE.chain_id, Address(b"x" * 32), PLACE.name, PLACE.version),
        Place(PLACE.chain_id, PLACE.contract, Hash(b"x" * 32), PLACE.version),
        Place(PLACE.chain_id, PLACE.contract, PLACE.name, 2),
    ],
)
def test_a_file_opens_at_no_other_place(other: Place) -> None:
    sealed = seal(b"content")
    with pytest.raises(InvalidSeal, match="another record"):
        read(sealed, other)
    with pytest.raises(InvalidSeal, match="was changed"):
        read(encode_header(other, 7) + sealed[HEADER_BYTES:], other)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(InvalidSeal, match="the key is not its key"):
        read(seal(b"content"), key=DataKey(b"x" * 32, KEY.salt))


@pytest.mark.parametrize("parts", [[b"1234"], [b"123456"], [b"12", b"3456"], []])
def test_content_of_another_length_than_was_said_is_refused(parts: list[bytes]) -> None:
    with pytest.raises(InvalidSeal, match="changed its length"):
        list(seal_pieces(KEY, PLACE, 5, parts))


def test_a_size_past_the_limit_is_refused_on_both_ways() -> None:
    with pytest.raises(InvalidSeal, match="at most"):
        encode_header(PLACE, 2**30 + 1)
    header = bytearray(encode_header(PLACE, 5))
    header[-8:] = (2**30 + 1).to_bytes(8, "big")
    with pytest.raises(InvalidSeal, match="at most"):
        decode_header(bytes(header))
    assert compute_file_size(2**30) == FILE_BYTES_MAX


def test_what_is_no_sealed_file_is_refused() -> None:
    for wrong in (b"", b"PK" * 100, b"DURESEA2" + seal(b"x")[8:]):
        with pytest.raises(InvalidSeal, match="no sealed file"):
            read(wrong)


def test_the_digest_of_content_tells_nothing_without_the_salt() -> None:
    digests = set()
    for key in (draw_data_key(), draw_data_key()):
        digest = ContentDigest(key)
        assert b"".join(digest.pass_on([b"01", b"0-1234-5678"])) == b"010-1234-5678"
        digests.add(digest.finish())
    assert len(digests) == 2


def test_a_data_key_does_not_show_itself() -> None:
    assert "d" * 8 not in repr(KEY)
    assert KEY.key.hex() not in repr(KEY)
