"""A draw of lots that its owner cannot choose and everybody can check: ECVRF of RFC 9381.

Suite ECVRF-EDWARDS25519-SHA512-TAI (suite byte 0x03). One key and one input have exactly one
output, 64 bytes that look drawn at random to whoever lacks the key; the proof of 80 bytes shows
that this is the one. Keys are checked as in RFC 9381 section 5.4.5, so that none of small order
makes every output the same.

Encoding to the curve tries until it hits a point, twice on average: the input is public in every
use here. Nothing is done in constant time (`edwards`): a draw's key signs nothing else.
"""

from hashlib import sha512
from typing import Final

from dure.consensus.pos import edwards
from dure.consensus.pos.edwards import BASE, COFACTOR, ORDER, Point

PROOF_BYTES: Final = 80
OUTPUT_BYTES: Final = 64
SUITE: Final = b"\x03"
TRIES: Final = 256
_CHALLENGE_BYTES: Final = 16


def derive_draw_key(secret: bytes) -> bytes:
    """Return the 32 bytes of the public key of a secret of 32 bytes."""
    scalar, _ = _expand(secret)
    return edwards.encode_point(edwards.multiply(scalar, BASE))


def prove_draw(secret: bytes, alpha: bytes) -> bytes:
    """Return the proof of the one output of `alpha` under a secret of 32 bytes."""
    scalar, nonce_key = _expand(secret)
    public = edwards.encode_point(edwards.multiply(scalar, BASE))
    point = _encode_to_curve(public, alpha)
    encoded = edwards.encode_point(point)
    gamma = edwards.multiply(scalar, point)
    nonce = int.from_bytes(sha512(nonce_key + encoded).digest(), "little") % ORDER
    challenge = _compute_challenge(
        public,
        encoded,
        gamma,
        edwards.multiply(nonce, BASE),
        edwards.multiply(nonce, point),
    )
    response = (nonce + challenge * scalar) % ORDER
    return (
        edwards.encode_point(gamma)
        + challenge.to_bytes(_CHALLENGE_BYTES, "little")
        + response.to_bytes(32, "little")
    )


def verify_draw(public: bytes, alpha: bytes, proof: bytes) -> bytes | None:
    """Return the 64 bytes that the proof shows to be the output, or None where it shows nothing.

    Never raises: key, input and proof may come from anybody.
    """
    key = edwards.decode_point(public)
    opened = _open_proof(proof)
    if key is None or opened is None or edwards.is_neutral(edwards.multiply(COFACTOR, key)):
        return None
    gamma, challenge, response = opened
    point = _encode_to_curve(public, alpha)
    left = edwards.add(
        edwards.multiply(response, BASE), edwards.negate(edwards.multiply(challenge, key))
    )
    right = edwards.add(
        edwards.multiply(response, point), edwards.negate(edwards.multiply(challenge, gamma))
    )
    encoded = edwards.encode_point(point)
    if _compute_challenge(public, encoded, gamma, left, right) != challenge:
        return None
    return _compute_output(gamma)


def compute_output(proof: bytes) -> bytes:
    """Return the output of one's own proof, unchecked."""
    opened = _open_proof(proof)
    assert opened is not None, "only one's own proof is read without a check"
    return _compute_output(opened[0])


def _expand(secret: bytes) -> tuple[int, bytes]:
    assert len(secret) == 32, "a secret has 32 bytes"
    digest = sha512(secret).digest()
    scalar = int.from_bytes(digest[:32], "little")
    scalar = scalar & ~7 & (1 << 254) - 1 | 1 << 254
    return scalar, digest[32:]


def _encode_to_curve(public: bytes, alpha: bytes) -> Point:
    texts = (SUITE + b"\x01" + public + alpha + bytes([number, 0]) for number in range(TRIES))
    tried = (edwards.decode_point(sha512(text).digest()[:32]) for text in texts)
    points = (edwards.multiply(COFACTOR, point) for point in tried if point is not None)
    # 256 misses in a row: one input in 2^256.
    return next(point for point in points if not edwards.is_neutral(point))


def _compute_challenge(
    public: bytes, encoded: bytes, gamma: Point, left: Point, right: Point
) -> int:
    points = b"".join(map(edwards.encode_point, (gamma, left, right)))
    text = SUITE + b"\x02" + public + encoded + points + b"\x00"
    return int.from_bytes(sha512(text).digest()[:_CHALLENGE_BYTES], "little")


def _compute_output(gamma: Point) -> bytes:
    point = edwards.encode_point(edwards.multiply(COFACTOR, gamma))
    return sha512(SUITE + b"\x03" + point + b"\x00").digest()


def _open_proof(proof: bytes) -> tuple[Point, int, int] | None:
    if len(proof) != PROOF_BYTES:
        return None
    gamma = edwards.decode_point(proof[:32])
    response = int.from_bytes(proof[48:], "little")
    if gamma is None or response >= ORDER:
        return None
    return gamma, int.from_bytes(proof[32:48], "little"), response
