"""Signatures: Ed25519 by the ZIP-215 rule, and P-256 for passkeys.

The one predicate that every node uses, so that all agree which signatures are valid. The length of
the key says which of the two is meant; what a passkey's message is, `dure.core.passkeys` says.

Libraries disagree on edge points (measured: OpenSSL accepts two of five, libsodium none, zebra all
five), therefore no other library ever stands in for this one. Keys of small order or of
non-canonical encoding verify under ZIP-215, so they are refused wherever a key is registered:
`validate_public_key`.

Source: ZIP-215; RFC 8032 for signing.
"""

from collections.abc import Iterable
from typing import Final

import ed25519_zebra

from dure.core.errors import WrongKey
from dure.core.passkeys import p256
from dure.core.types import PasskeyKey, PublicKey, Signature

FIELD_PRIME: Final = 2**255 - 19

CURVE_D: Final = -121665 * pow(121666, -1, FIELD_PRIME) % FIELD_PRIME
"""The curve is -x² + y² = 1 + d·x²·y²."""

SMALL_ORDER_Y: Final = frozenset(
    {
        0,
        1,
        FIELD_PRIME - 1,
        2707385501144840649318225287225658788936804267575313519463743609750303402022,
        55188659117513257062467267217118295137698188065244968500265048394206261417927,
    }
)
"""The y coordinates of the eight points whose order divides eight; x and -x share one."""


SignedItem = tuple[PublicKey | PasskeyKey, bytes, Signature]
"""(public key, message, signature); under a passkey's key the message is a SHA-256 digest."""


def verify(public_key: PublicKey | PasskeyKey, message: bytes, signature: Signature) -> bool:
    """Say whether `signature` is valid for `message` under `public_key`.

    Wrong lengths are simply not valid.
    """
    if len(public_key) == p256.KEY_BYTES:
        return p256.verify(public_key, message, signature)
    return bool(ed25519_zebra.ed_verify(signature, message, public_key))


def verify_many(items: Iterable[SignedItem]) -> list[bool]:
    """Return one answer an item, in order.

    A native batch verifier may replace the loop: ZIP-215 allows it.
    """
    return [verify(public_key, message, signature) for public_key, message, signature in items]


def validate_public_key(public_key: PublicKey) -> None:
    """Raise `WrongKey` unless the key may stand in a policy, a validator set or a certificate."""
    if len(public_key) != 32:
        raise WrongKey(f"a public key has 32 bytes, not {len(public_key)}")
    y = int.from_bytes(public_key, "little") & (2**255 - 1)
    if y >= FIELD_PRIME:
        raise WrongKey("the public key is not in canonical form")
    if y in SMALL_ORDER_Y:
        raise WrongKey("the public key has small order")
    if not is_on_curve(y):
        raise WrongKey("the public key is not a point of the curve")


def has_small_order(public_key: PublicKey) -> bool:
    """Say whether the order of a 32-byte key divides eight, in whatever form it is written.

    Such a key signs everything: it must not stand for anybody.
    """
    return int.from_bytes(public_key, "little") % 2**255 % FIELD_PRIME in SMALL_ORDER_Y


def is_on_curve(y: int) -> bool:
    """Say whether a point with this y exists, 0 ≤ y < 2²⁵⁵ - 19 (RFC 8032, section 5.1.3)."""
    x_squared = (y * y - 1) * pow(CURVE_D * y * y + 1, -1, FIELD_PRIME) % FIELD_PRIME
    return x_squared == 0 or pow(x_squared, (FIELD_PRIME - 1) // 2, FIELD_PRIME) == 1
