"""The group ristretto255 (RFC 9496): points of prime order, each with one encoding of 32 bytes.

Plain Python whose time depends on what it computes with: fit to check what is public, and to try
out; a voter's own device wants a library that hides its timing.
"""

from functools import cached_property
from hashlib import sha512
from typing import Final

PRIME: Final = 2**255 - 19
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
SCALAR_BYTES: Final = 32
POINT_BYTES: Final = 32
_D: Final = -121665 * pow(121666, -1, PRIME) % PRIME
_SQRT_M1: Final = pow(2, (PRIME - 1) // 4, PRIME)
_WINDOW: Final = 4

_Coordinates = tuple[int, int, int, int]
_ZERO: Final[_Coordinates] = (0, 1, 1, 0)


def _abs(number: int) -> int:
    number %= PRIME
    return PRIME - number if number & 1 else number


def _find_root(above: int, below: int) -> tuple[bool, int]:
    """Return whether above / below is a square, and a root of it or of its product with i."""
    cubed = below * below * below % PRIME
    power = pow(above * cubed * cubed * below % PRIME, (PRIME - 5) // 8, PRIME)
    root = above * cubed * power % PRIME
    check = below * root * root % PRIME
    above %= PRIME
    is_flipped = check == (-above) % PRIME
    if is_flipped or check == -above * _SQRT_M1 % PRIME:
        root = root * _SQRT_M1 % PRIME
    return check == above or is_flipped, _abs(root)


_INVERSE_ROOT: Final = _find_root(1, (-1 - _D) % PRIME)[1]


def _add(left: _Coordinates, right: _Coordinates) -> _Coordinates:
    x1, y1, z1, t1 = left
    x2, y2, z2, t2 = right
    a = (y1 - x1) * (y2 - x2) % PRIME
    b = (y1 + x1) * (y2 + x2) % PRIME
    c = 2 * _D * t1 % PRIME * t2 % PRIME
    d = 2 * z1 * z2 % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def _double(point: _Coordinates) -> _Coordinates:
    x, y, z, _ = point
    a, b = x * x % PRIME, y * y % PRIME
    h = a + b
    e = h - (x + y) * (x + y) % PRIME
    g = a - b
    f = 2 * z * z + g
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def _multiply(point: _Coordinates, scalar: int) -> _Coordinates:
    multiples = [_ZERO, point]
    for _ in range(2, 1 << _WINDOW):
        multiples.append(_add(multiples[-1], point))
    found = _ZERO
    for shift in range(252, -1, -_WINDOW):
        if found != _ZERO:
            for _ in range(_WINDOW):
                found = _double(found)
        digit = scalar >> shift & 15
        if digit:
            found = _add(found, multiples[digit])
    return found


class Point:
    """An element of the group; `+`, `-` and `*` with a whole number."""

    __slots__ = ("__dict__", "_own")

    def __init__(self, coordinates: _Coordinates) -> None:
        """Take coordinates on the curve; `read_point` makes points of bytes."""
        self._own = coordinates

    def __add__(self, other: "Point") -> "Point":
        """Return the sum."""
        return Point(_add(self._own, other._own))

    def __neg__(self) -> "Point":
        """Return the inverse."""
        x, y, z, t = self._own
        return Point((-x % PRIME, y, z, -t % PRIME))

    def __sub__(self, other: "Point") -> "Point":
        """Return the difference."""
        return self + -other

    def __mul__(self, scalar: int) -> "Point":
        """Return the point so many times."""
        scalar %= ORDER
        rows = self.__dict__.get("_rows")
        if rows is None:
            return Point(_multiply(self._own, scalar))
        found = _ZERO
        for row in rows:
            digit = scalar & 15
            scalar >>= _WINDOW
            if digit:
                found = _add(found, row[digit])
        return Point(found)

    def __eq__(self, other: object) -> bool:
        """Say whether both stand for the same element (RFC 9496 section 4.3.3)."""
        if not isinstance(other, Point):
            return NotImplemented
        x1, y1, _, _ = self._own
        x2, y2, _, _ = other._own
        return (x1 * y2 - y1 * x2) % PRIME == 0 or (y1 * y2 - x1 * x2) % PRIME == 0

    def __hash__(self) -> int:
        """Return the same number for the same element."""
        return hash(bytes(self))

    def __bytes__(self) -> bytes:
        """Return the one encoding (RFC 9496 section 4.3.2)."""
        return self._encoding

    @cached_property
    def _encoding(self) -> bytes:
        x0, y0, z0, t0 = self._own
        u1 = (z0 + y0) * (z0 - y0) % PRIME
        u2 = x0 * y0 % PRIME
        _, root = _find_root(1, u1 * u2 % PRIME * u2 % PRIME)
        first, second = root * u1 % PRIME, root * u2 % PRIME
        inverse = first * second * t0 % PRIME
        x, y, factor = x0, y0, second
        if t0 * inverse % PRIME & 1:
            x, y = y0 * _SQRT_M1 % PRIME, x0 * _SQRT_M1 % PRIME
            factor = first * _INVERSE_ROOT % PRIME
        if x * inverse % PRIME & 1:
            y = -y % PRIME
        return _abs(factor * (z0 - y)).to_bytes(POINT_BYTES, "little")

    def prepare(self) -> "Point":
        """Return this point with a table by which it is multiplied four times as fast."""
        rows, power = [], self._own
        for _ in range(64):
            row = [_ZERO, power]
            for _ in range(2, 1 << _WINDOW):
                row.append(_add(row[-1], power))
            rows.append(row)
            power = _add(row[-1], power)
        prepared = Point(self._own)
        prepared.__dict__["_rows"] = rows
        return prepared


def read_point(data: bytes) -> Point | None:
    """Return the point of 32 bytes (RFC 9496 section 4.3.1); None where they are no point's."""
    number = int.from_bytes(data, "little")
    if len(data) != POINT_BYTES or number >= PRIME or number & 1:
        return None
    squared = number * number % PRIME
    u1, u2 = 1 - squared, 1 + squared
    u2_squared = u2 * u2 % PRIME
    below = (-_D * u1 * u1 - u2_squared) % PRIME
    is_square, root = _find_root(1, below * u2_squared % PRIME)
    den_x = root * u2 % PRIME
    den_y = root * den_x % PRIME * below % PRIME
    x, y = _abs(2 * number * den_x), u1 * den_y % PRIME
    t = x * y % PRIME
    if not is_square or t & 1 or y == 0:
        return None
    return Point((x, y, 1, t))


def read_scalar(data: bytes) -> int | None:
    """Return the number of 32 bytes; None where it is not below the group's order."""
    number = int.from_bytes(data, "little")
    return number if len(data) == SCALAR_BYTES and number < ORDER else None


def write_scalar(number: int) -> bytes:
    """Return a number below the group's order as 32 bytes."""
    return (number % ORDER).to_bytes(SCALAR_BYTES, "little")


def hash_to_scalar(*parts: bytes) -> int:
    """Return a number that depends on every part and on where each of them ends."""
    digest = sha512(b"Dure ballot 1")
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return int.from_bytes(digest.digest(), "little") % ORDER


def _find_base() -> Point:
    y = 4 * pow(5, -1, PRIME) % PRIME
    _, x = _find_root(y * y - 1, _D * y * y + 1)
    return Point((x, y, 1, x * y % PRIME)).prepare()


ZERO: Final = Point(_ZERO)
BASE: Final = _find_base()
"""The generator."""


class Draws:
    """Numbers below the group's order that follow from a seed, which stays secret."""

    def __init__(self, *seed: bytes) -> None:
        """Begin; the same seed gives the same numbers."""
        self._seed = seed
        self._drawn = 0

    def draw(self) -> int:
        """Return the next number."""
        self._drawn += 1
        return hash_to_scalar(b"draw", *self._seed, self._drawn.to_bytes(8, "little"))
