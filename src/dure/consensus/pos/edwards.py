"""Points of edwards25519, as the draw needs them: **not in constant time**.

A lottery key that signs nothing else may leak by timing what a draw tells everybody a moment later;
a key of an account never comes here. Formulas: extended coordinates of Hisil, Wong, Carter and
Dawson (2008), complete for this curve, as RFC 8032 section 5.1.4 gives them.
"""

from typing import Final

FIELD: Final = 2**255 - 19
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
"""Of the subgroup that the base point makes."""
COFACTOR: Final = 8
_D: Final = -121665 * pow(121666, FIELD - 2, FIELD) % FIELD
_ROOT_OF_MINUS_ONE: Final = pow(2, (FIELD - 1) // 4, FIELD)

Point = tuple[int, int, int, int]
"""(X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""

NEUTRAL: Final[Point] = (0, 1, 1, 0)


def add(left: Point, right: Point) -> Point:
    """Return the sum of two points."""
    x1, y1, z1, t1 = left
    x2, y2, z2, t2 = right
    a = (y1 - x1) * (y2 - x2) % FIELD
    b = (y1 + x1) * (y2 + x2) % FIELD
    c = 2 * t1 * t2 * _D % FIELD
    d = 2 * z1 * z2 % FIELD
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD


def negate(point: Point) -> Point:
    """Return the point that adds up with this one to the neutral one."""
    x, y, z, t = point
    return -x % FIELD, y, z, -t % FIELD


def multiply(scalar: int, point: Point) -> Point:
    """Return the point, `scalar` times added to itself."""
    total = NEUTRAL
    while scalar > 0:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def is_neutral(point: Point) -> bool:
    """Say whether this is the neutral point."""
    x, y, z, _ = point
    return x % FIELD == 0 and (y - z) % FIELD == 0


def encode_point(point: Point) -> bytes:
    """Return the 32 bytes of RFC 8032 section 5.1.2."""
    x, y, z, _ = point
    inverse = pow(z, FIELD - 2, FIELD)
    return ((y * inverse % FIELD) | ((x * inverse % FIELD) & 1) << 255).to_bytes(32, "little")


def decode_point(data: bytes) -> Point | None:
    """Return the point of 32 bytes, or None where they are the one form of no point."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if len(data) != 32 or y >= FIELD:
        return None
    over, under = (y * y - 1) % FIELD, (_D * y * y + 1) % FIELD
    square = over * pow(under, FIELD - 2, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if (x * x - square) % FIELD:
        x = x * _ROOT_OF_MINUS_ONE % FIELD
    if (x * x - square) % FIELD or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = FIELD - x
    return x, y, 1, x * y % FIELD


def _decode_base() -> Point:
    point = decode_point(bytes.fromhex("58" + 31 * "66"))
    assert point is not None, "the base point of RFC 8032 is on the curve"
    return point


BASE: Final = _decode_base()
