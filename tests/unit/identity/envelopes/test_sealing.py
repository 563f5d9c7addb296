"""A data key opens for the reader to whom it was sealed, at the place for which it was."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.core.types import Address, ChainId, Hash
from dure.identity.envelopes.files import DataKey, InvalidSeal, Place, draw_data_key
from dure.identity.envelopes.sealing import (
    SEALED_KEY_BYTES,
    ReadingKey,
    derive_reading_key,
    seal_data_key,
)
from dure.identity.keys import SigningKey

PLACE = Place(ChainId(b"c" * 32), Address(b"k" * 32), Hash(b"n" * 32), 3)
ANN, BOB = Address(b"a" * 32), Address(b"b" * 32)
KEY = DataKey(b"d" * 32, b"s" * 32)
READING = derive_reading_key(SigningKey(b"1" * 32))


def test_the_reader_opens_what_was_sealed() -> None:
    key = draw_data_key()
    sealed = seal_data_key(key, READING.public, PLACE, ANN)
    assert len(sealed) == SEALED_KEY_BYTES
    assert READING.open(sealed, PLACE, ANN) == key
    assert sealed != seal_data_key(key, READING.public, PLACE, ANN)


def test_nobody_else_opens_it() -> None:
    sealed = seal_data_key(KEY, READING.public, PLACE, ANN)
    with pytest.raises(InvalidSeal):
        derive_reading_key(SigningKey(b"2" * 32)).open(sealed, PLACE, ANN)


@pytest.mark.parametrize(
    ("place", "reader"),
    [
        (PLACE, BOB),
        (Place(PLACE.chain_id, PLACE.contract, PLACE.name, 4), ANN),
        (Place(PLACE.chain_id, PLACE.contract, Hash(b"x" * 32), 3), ANN),
        (Place(PLACE.chain_id, Address(b"x" * 32), PLACE.name, 3), ANN),
        (Place(ChainId(b"x" * 32), PLACE.contract, PLACE.name, 3), ANN),
    ],
)
def test_it_opens_at_no_other_place(place: Place, reader: Address) -> None:
    sealed = seal_data_key(KEY, READING.public, PLACE, ANN)
    with pytest.raises(InvalidSeal):
        READING.open(sealed, place, reader)


@settings(deadline=None)
@given(st.integers(0, SEALED_KEY_BYTES * 8 - 1))
def test_a_changed_bit_is_refused(bit: int) -> None:
    sealed = bytearray(seal_data_key(KEY, READING.public, PLACE, ANN))
    sealed[bit // 8] ^= 1 << bit % 8
    if bit == 32 * 8 - 1:
        # RFC 7748 ignores the highest bit of a public key; HPKE binds the bytes all the same.
        assert sealed[31] & 0x80
    with pytest.raises(InvalidSeal):
        READING.open(bytes(sealed), PLACE, ANN)


@pytest.mark.parametrize("length", [0, 1, SEALED_KEY_BYTES - 1, SEALED_KEY_BYTES + 1])
def test_another_length_is_refused(length: int) -> None:
    with pytest.raises(InvalidSeal, match="bytes"):
        READING.open(bytes(length), PLACE, ANN)


@pytest.mark.parametrize("public", [b"", b"x" * 31, bytes(32)])
def test_nothing_is_sealed_to_what_is_no_key(public: bytes) -> None:
    with pytest.raises(InvalidSeal):
        seal_data_key(KEY, public, PLACE, ANN)


def test_a_reading_key_belongs_to_its_seed_and_hides_it() -> None:
    again = derive_reading_key(SigningKey(b"1" * 32))
    assert again.public == READING.public
    assert READING.public != SigningKey(b"1" * 32).public
    assert repr(READING) == f"ReadingKey(public={READING.public.hex()})"
    assert READING.public != ReadingKey(b"1" * 32).public
