"""Addresses as text: BIP-350 under our prefix."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.core.address import ALPHABET, TEXT_LENGTH, decode_address, encode_address
from dure.core.errors import InvalidEncoding
from dure.core.types import Address
from tests.unit.core.vectors import load_vectors

VECTORS = load_vectors("addresses")

addresses = st.binary(min_size=32, max_size=32).map(Address)


@pytest.mark.parametrize("case", VECTORS["accepted"], ids=lambda case: case["text"])
def test_known_addresses(case: dict[str, Any]) -> None:
    address = Address(bytes.fromhex(case["address"]))
    assert encode_address(address) == case["text"]
    assert decode_address(case["text"]) == address


@pytest.mark.parametrize("case", VECTORS["capitals"], ids=lambda case: case["text"])
def test_capitals_are_read_but_never_written(case: dict[str, Any]) -> None:
    assert decode_address(case["text"]).hex() == case["address"]


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["why"])
def test_known_mistakes_are_refused(case: dict[str, str]) -> None:
    with pytest.raises(InvalidEncoding):
        decode_address(case["text"])


@given(addresses)
def test_what_was_written_is_read_again(address: Address) -> None:
    text = encode_address(address)
    assert len(text) == TEXT_LENGTH
    assert decode_address(text) == address


@given(addresses, st.data())
def test_up_to_four_wrong_characters_are_always_noticed(
    address: Address, data: st.DataObject
) -> None:
    text = list(encode_address(address))
    places = data.draw(st.sets(st.integers(5, TEXT_LENGTH - 1), min_size=1, max_size=4))
    for place in places:
        text[place] = data.draw(st.sampled_from([c for c in ALPHABET if c != text[place]]))
    with pytest.raises(InvalidEncoding):
        decode_address("".join(text))


@given(st.text(max_size=100))
def test_no_text_raises_anything_but_the_one_error(text: str) -> None:
    with pytest.raises(InvalidEncoding):
        decode_address(text)
