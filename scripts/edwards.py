"""The group of Ed25519 by schoolbook arithmetic: slow, obvious, and only for making vectors.

Source: RFC 8032, section 5.1. Points are affine pairs (x, y).
"""

from hashlib import sha512
from typing import Final

PRIME: Final = 2**255 - 19
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, -1, PRIME) % PRIME
IDENTITY: Final = (0, 1)

Point = tuple[int, int]


def add(left: Point, right: Point) -> Point:
    """Return the sum on -x² + y² = 1 + d·x²·y²; the formula holds for every pair."""
    (a, b), (c, e) = left, right
    product = D * a * c * b * e
    x = (a * e + b * c) * pow(1 + product, -1, PRIME) % PRIME
    y = (b * e + a * c) * pow(1 - product, -1, PRIME) % PRIME
    return x, y


def multiply(factor: int, point: Point) -> Point:
    """Return `point` added to itself `factor` times."""
    result = IDENTITY
    while factor:
        if factor & 1:
            result = add(result, point)
        point = add(point, point)
        factor >>= 1
    return result


def find_x(y: int) -> int | None:
    """Return the even x with this y, or None where no point has it."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    if x * x % PRIME != square:
        return None
    return x if x % 2 == 0 else PRIME - x


def encode(point: Point) -> bytes:
    """Return the 32 bytes: y, and the lowest bit of x on top."""
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _find_base() -> Point:
    y = 4 * pow(5, -1, PRIME) % PRIME
    x = find_x(y)
    assert x is not None
    return x, y


BASE: Final = _find_base()


def _find_small_order_points() -> tuple[Point, ...]:
    """Return all eight points P with 8·P = 0: the multiples of one of order eight."""
    y = 2
    while True:
        x = find_x(y)
        # ORDER times any point leaves its part of small order.
        torsion = IDENTITY if x is None else multiply(ORDER, (x, y))
        if multiply(4, torsion) != IDENTITY:
            return tuple(multiply(factor, torsion) for factor in range(8))
        y += 1


SMALL_ORDER_POINTS: Final = _find_small_order_points()


def _list_small_order_encodings() -> tuple[bytes, ...]:
    """Return all that ZIP-215 reads as one of the eight: both forms of y, both signs of x = 0."""
    found = []
    for y in sorted({y for _, y in SMALL_ORDER_POINTS}):
        for form in (y, y + PRIME):
            if form < 2**255:
                found += [form.to_bytes(32, "little"), (form | 1 << 255).to_bytes(32, "little")]
    return tuple(found)


SMALL_ORDER_ENCODINGS: Final = _list_small_order_encodings()


def sign(
    seed: bytes, message: bytes, *, key_torsion: Point = IDENTITY, nonce_torsion: Point = IDENTITY
) -> tuple[bytes, bytes]:
    """Return (key, signature) of RFC 8032, with points of small order added to the key or to R."""
    digest = sha512(seed).digest()
    secret = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
    key = encode(add(multiply(secret, BASE), key_torsion))
    nonce = int.from_bytes(sha512(digest[32:] + message).digest(), "little") % ORDER
    start = encode(add(multiply(nonce, BASE), nonce_torsion))
    challenge = int.from_bytes(sha512(start + key + message).digest(), "little") % ORDER
    answer = (nonce + challenge * secret) % ORDER
    return key, start + answer.to_bytes(32, "little")
