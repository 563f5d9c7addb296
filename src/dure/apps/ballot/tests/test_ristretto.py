"""The group against the vectors of RFC 9496, and what proofs prove."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.apps.ballot.offchain.proofs import (
    Range,
    check_equality,
    check_knowledge,
    check_range,
    encrypt,
    find_number,
    prove_equality,
    prove_knowledge,
    prove_range,
)
from dure.apps.ballot.offchain.ristretto import (
    BASE,
    ORDER,
    PRIME,
    ZERO,
    Draws,
    read_point,
    read_scalar,
)

MULTIPLES = [
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
    "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
    "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e",
    "f64746d3c92b13050ed8d80236a7f0007c3b3f962f5ba793d19a601ebb1df403",
    "44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d",
    "903293d8f2287ebe10e2374dc1a53e0bc887e592699f02d077d5263cdd55601c",
    "02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031",
    "20706fd788b2720a1ed2a5dad4952b01f413bcf0e7564de8cdc816689e2db95f",
    "bce83f8ba5dd2fa572864c24ba1810f9522bc6004afe95877ac73241cafdab42",
    "e4549ee16b9aa03099ca208c67adafcafa4c3f3e4e5303de6026e3ca8ff84460",
    "aa52e000df2e16f55fb1032fc33bc42742dad6bd5a8fc0be0167436c5948501f",
    "46376b80f409b29dc2b5f6f0c52591990896e5716f41477cd30085ab7f10301e",
    "e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e",
]
"""Multiples of the generator from the first on: RFC 9496, appendix A.1."""

NUMBERS = st.integers(0, ORDER - 1)


@pytest.mark.parametrize(("number", "expected"), list(enumerate(MULTIPLES, start=1)))
def test_multiples_of_the_generator_are_those_of_the_standard(number: int, expected: str) -> None:
    assert bytes(BASE * number).hex() == expected
    read = read_point(bytes.fromhex(expected))
    assert read is not None
    assert read == BASE * number
    assert hash(read) == hash(BASE * number)
    assert read * 7 == BASE * (7 * number)


def test_zero_has_an_encoding_of_zeros() -> None:
    assert bytes(ZERO) == bytes(32)
    assert read_point(bytes(32)) == ZERO
    assert BASE * ORDER == ZERO
    assert BASE - BASE == ZERO
    assert bytes(BASE) != BASE


@pytest.mark.parametrize(
    "number",
    [PRIME, PRIME + 2, 2**255 - 1, 2**256 - 1, 1, 3, PRIME - 1, 2**255],
    ids=["p", "p+2", "high bits", "all bits", "odd", "odd too", "minus one", "bit 255"],
)
def test_what_is_not_the_one_encoding_of_a_point_is_refused(number: int) -> None:
    assert read_point(number.to_bytes(32, "little")) is None
    assert read_point(b"") is None
    assert read_point(bytes(33)) is None


def test_what_is_not_on_the_curve_is_refused() -> None:
    draw = random.Random(1)
    tried = [(2 * draw.randrange(PRIME // 2)).to_bytes(32, "little") for _ in range(64)]
    read = [read_point(each) for each in tried]
    assert 10 < sum(each is None for each in read) < 64
    assert all(bytes(point) == data for point, data in zip(read, tried, strict=True) if point)


@settings(max_examples=15, deadline=None)
@given(first=NUMBERS, second=NUMBERS)
def test_points_add_up_like_their_numbers(first: int, second: int) -> None:
    left, right = BASE * first, BASE * second
    assert left + right == BASE * (first + second)
    assert left - right == BASE * (first - second)
    assert read_point(bytes(left)) == left
    assert right.prepare() * first == left * second


def test_numbers_are_below_the_order() -> None:
    assert read_scalar((ORDER - 1).to_bytes(32, "little")) == ORDER - 1
    assert read_scalar(ORDER.to_bytes(32, "little")) is None
    assert read_scalar(b"") is None
    assert Draws(b"a").draw() == Draws(b"a").draw() != Draws(b"b").draw()


def test_a_number_is_found_up_to_its_bound() -> None:
    for number in (0, 1, 15, 16, 17, 99, 100):
        assert find_number(BASE * number, 100) == number
    assert find_number(BASE * 101, 100) is None
    assert find_number(BASE * -1, 100) is None
    assert find_number(ZERO, 0) == 0


def test_a_proof_of_knowledge_holds_for_its_point_and_context_only() -> None:
    proof = prove_knowledge(7, b"here", Draws(b"seed"))
    assert check_knowledge(BASE * 7, b"here", proof)
    assert not check_knowledge(BASE * 8, b"here", proof)
    assert not check_knowledge(BASE * 7, b"there", proof)
    assert not check_knowledge(BASE * 7, b"here", proof[:-1])
    assert not check_knowledge(BASE * 7, b"here", bytes(64))


def test_a_proof_of_equality_holds_for_its_points_only() -> None:
    base = BASE * 5
    proof = prove_equality(base, 7, b"here", Draws(b"seed"))
    assert check_equality(base, BASE * 7, base * 7, b"here", proof)
    assert not check_equality(base, BASE * 7, base * 8, b"here", proof)
    assert not check_equality(base, BASE * 8, base * 7, b"here", proof)
    assert not check_equality(base, BASE * 7, base * 7, b"there", proof)
    assert not check_equality(base, BASE * 7, base * 7, b"here", b"")


@settings(max_examples=12, deadline=None)
@given(number=st.integers(-2, 5), low=st.integers(0, 2), width=st.integers(0, 2), secret=NUMBERS)
def test_a_range_proof_holds_for_what_lies_in_the_range(
    number: int, low: int, width: int, secret: int
) -> None:
    key = BASE * 11
    about = Range(key, low, low + width, b"here")
    sealed = encrypt(key, number, secret)
    proof = prove_range(about, sealed, number, secret, Draws(b"seed"))
    assert check_range(about, sealed, proof) == (low <= number <= low + width)
    assert not check_range(Range(key, low, low + width, b"there"), sealed, proof)
    assert not check_range(about, sealed + encrypt(key, 1, 1), proof)
    assert not check_range(about, sealed, proof + bytes(64))


def test_challenges_of_a_range_proof_cannot_be_moved_about() -> None:
    key = BASE * 11
    about = Range(key, 0, 1, b"here")
    sealed = encrypt(key, 1, 3)
    proof = prove_range(about, sealed, 1, 3, Draws(b"seed"))
    assert check_range(about, sealed, proof)
    swapped = proof[32:64] + proof[:32] + proof[96:] + proof[64:96]
    assert not check_range(about, sealed, swapped)
    assert not check_range(about, sealed, bytes(128))
