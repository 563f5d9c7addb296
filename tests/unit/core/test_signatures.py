"""Every node agrees which signatures are valid, on the edge points too."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.core.errors import WrongKey
from dure.core.signatures import (
    CURVE_D,
    FIELD_PRIME,
    SMALL_ORDER_Y,
    is_on_curve,
    validate_public_key,
    verify,
    verify_many,
)
from dure.core.types import PublicKey, Signature
from scripts import edwards
from tests.unit.core.vectors import load_vectors

VECTORS = load_vectors("ed25519")


@pytest.mark.parametrize("case", VECTORS["verify"], ids=lambda case: case["why"])
def test_known_signatures(case: dict[str, Any]) -> None:
    key, message, signature = (
        bytes.fromhex(case[name]) for name in ("key", "message", "signature")
    )
    assert verify(PublicKey(key), message, Signature(signature)) is case["valid"]


def test_all_196_pairs_of_small_order_points_are_valid_as_zip_215_says() -> None:
    encodings = [bytes.fromhex(point) for point in VECTORS["small_order_encodings"]]
    assert len(encodings) == 14
    items = [
        (PublicKey(key), b"Zcash", Signature(start + bytes(32)))
        for key in encodings
        for start in encodings
    ]
    assert verify_many(items) == [True] * 196


@pytest.mark.parametrize("case", VECTORS["keys"], ids=lambda case: case["key"][:16] + case["why"])
def test_known_keys(case: dict[str, Any]) -> None:
    key = PublicKey(bytes.fromhex(case["key"]))
    if case["usable"]:
        validate_public_key(key)
    else:
        with pytest.raises(WrongKey):
            validate_public_key(key)


def test_the_list_of_small_order_is_complete() -> None:
    """The group is cyclic of 8·ORDER points: the multiples of one of order 8 are all there are."""
    points = edwards.SMALL_ORDER_POINTS
    assert len(set(points)) == 8
    for x, y in points:
        assert (-x * x + y * y - 1 - CURVE_D * x * x * y * y) % FIELD_PRIME == 0
        assert edwards.multiply(8, (x, y)) == edwards.IDENTITY
    assert edwards.multiply(4, points[1]) != edwards.IDENTITY
    assert {y for _, y in points} == SMALL_ORDER_Y


@given(st.integers(0, FIELD_PRIME - 1))
def test_a_y_is_on_the_curve_when_an_x_exists(y: int) -> None:
    assert is_on_curve(y) == (edwards.find_x(y) is not None)


@settings(max_examples=15)  # schoolbook signing is slow
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=64), st.data())
def test_answers_come_in_the_order_of_the_questions(
    seed: bytes, message: bytes, data: st.DataObject
) -> None:
    key, signature = edwards.sign(seed, message)
    good = (PublicKey(key), message, Signature(signature))
    bad = (PublicKey(key), message + b"x", Signature(signature))
    validate_public_key(PublicKey(key))
    pattern = data.draw(st.lists(st.booleans(), max_size=8))
    assert verify_many(good if right else bad for right in pattern) == pattern
