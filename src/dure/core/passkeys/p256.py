"""ECDSA over P-256, with one form for each key and each signature.

Rules
-----
1. A key is the compressed point of SEC 1, section 2.3.3: 33 bytes, 2 or 3 and then x, big-endian
   and below the field's prime, with a y on the curve.
2. A signature is r and s, 32 bytes each, big-endian: 1 ≤ r < n and 1 ≤ s ≤ n/2. Of the two values
   of s that fit, only the low one counts, so nobody can alter somebody else's signature.
3. Who is asked gives the SHA-256 digest, because WebAuthn hashes twice.

Within these rules nothing is left to a library's taste: OpenSSL answers as the equation does.

Source: FIPS 186-5, section 6; SEC 1; SEC 2, section 2.4.2 for the numbers.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from dure.core.errors import WrongKey

KEY_BYTES: Final = 33
DIGEST_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

FIELD_PRIME: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
LOW_S_MAX: Final = ORDER // 2

_CURVE: Final = ec.SECP256R1()
_ALGORITHM: Final = ec.ECDSA(Prehashed(SHA256()))


def verify(key: bytes, digest: bytes, signature: bytes) -> bool:
    """Say whether `signature` is valid for a SHA-256 digest under a key; wrong forms are not."""
    if len(digest) != DIGEST_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (1 <= r < ORDER and 1 <= s <= LOW_S_MAX):
        return False
    point = _find_point(key)
    if point is None:
        return False
    try:
        point.verify(encode_dss_signature(r, s), digest, _ALGORITHM)
    except InvalidSignature:
        return False
    return True


def validate_key(key: bytes) -> None:
    """Raise `WrongKey` unless the bytes are the one form of a point of the curve."""
    if _find_point(key) is None:
        raise WrongKey("a passkey's public key is a compressed point of the curve P-256")


def lower_s(signature: bytes) -> bytes:
    """Return the same signature in the form that counts; authenticators give either."""
    s = int.from_bytes(signature[32:], "big")
    return signature if s <= LOW_S_MAX else signature[:32] + (ORDER - s).to_bytes(32, "big")


def _find_point(key: bytes) -> ec.EllipticCurvePublicKey | None:
    if len(key) != KEY_BYTES or key[0] not in {2, 3}:
        return None
    if int.from_bytes(key[1:], "big") >= FIELD_PRIME:
        return None
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, key)
    except ValueError:
        return None
