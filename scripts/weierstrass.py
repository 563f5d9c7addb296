"""P-256 the slow and obvious way: affine points, textbook formulas, Python integers.

For test vectors only: it takes its time, and its time tells the key.

Source: FIPS 186-5, section 6; SEC 1, sections 2.3.3 and 4.1.
"""

from hashlib import sha256

PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
A = -3
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
GENERATOR = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)

Point = tuple[int, int] | None
"""None is the point at infinity."""


def add(first: Point, second: Point) -> Point:
    """Return the sum of two points."""
    if first is None or second is None:
        return first or second
    (x1, y1), (x2, y2) = first, second
    if x1 == x2 and (y1 + y2) % PRIME == 0:
        return None
    if first == second:
        slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, PRIME)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, PRIME)
    x = (slope * slope - x1 - x2) % PRIME
    return x, (slope * (x1 - x) - y1) % PRIME


def multiply(factor: int, point: Point) -> Point:
    """Return `factor` times a point."""
    total: Point = None
    while factor:
        if factor & 1:
            total = add(total, point)
        point = add(point, point)
        factor >>= 1
    return total


def write_point(point: Point) -> bytes:
    """Return the compressed form of a point."""
    if point is None:
        raise ValueError("the point at infinity has no compressed form")
    x, y = point
    return bytes([2 + y % 2]) + x.to_bytes(32, "big")


def write_key(secret: int) -> bytes:
    """Return the compressed public key of a secret number."""
    return write_point(multiply(secret, GENERATOR))


def is_on_curve(x: int) -> bool:
    """Say whether a point with this x exists."""
    square = (x**3 + A * x + B) % PRIME
    return pow(square, (PRIME - 1) // 2, PRIME) in {0, 1}


def sign(secret: int, digest: bytes, *, low: bool = True) -> tuple[int, int]:
    """Return r and s, with a nonce that is a hash of secret and digest."""
    nonce = int.from_bytes(sha256(secret.to_bytes(32, "big") + digest).digest(), "big") % ORDER
    point = multiply(nonce, GENERATOR)
    if point is None:
        raise ValueError("the nonce is a multiple of the order")
    r = point[0] % ORDER
    s = pow(nonce, -1, ORDER) * (int.from_bytes(digest, "big") + r * secret) % ORDER
    return r, min(s, ORDER - s) if low else max(s, ORDER - s)


def join(r: int, s: int) -> bytes:
    """Return r and s as 64 bytes."""
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")
