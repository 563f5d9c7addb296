"""Canonical bytes, hashes and signatures."""

import hashlib
from collections.abc import Callable
from typing import Any

from dure.contract.gas import (
    DIGEST,
    DIGEST_SHIFT,
    ENCODE,
    ENCODE_BYTE,
    SIGNATURE,
)
from dure.contract.limits import TEXT_MAX
from dure.contract.runtime.frame import Frame, count_built, refuse
from dure.contract.runtime.state import Encode
from dure.core import signatures
from dure.core.types import Hash, PublicKey, Signature

_KEY_BYTES = 32
_SIGNATURE_BYTES = 64


def build_encoding(encode: Encode) -> Callable[..., bytes]:
    """Return the function behind `encode(…)` for values of certain types."""

    def encode_values(frame: Frame, *values: Any) -> bytes:
        data = encode(values)
        frame.meter.charge(ENCODE + ENCODE_BYTE * len(data))
        if len(data) > TEXT_MAX:
            refuse("too_large", "a text is too long")
        count_built(frame, len(data))
        return data

    return encode_values


def sha256(frame: Frame, data: bytes) -> Hash:
    """Return the SHA-256 digest of `data` (FIPS 180-4)."""
    frame.meter.charge(DIGEST + (len(data) >> DIGEST_SHIFT))
    return Hash(hashlib.sha256(data).digest())


def verify_ed25519(frame: Frame, key: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether `signature` of `message` is by `key` (ZIP-215), whose order is not small.

    The whole price is charged whatever the lengths, so that gas says nothing of the answer.
    """
    frame.meter.charge(SIGNATURE + (len(message) >> DIGEST_SHIFT))
    if len(key) != _KEY_BYTES or len(signature) != _SIGNATURE_BYTES:
        return False
    public_key = PublicKey(key)
    if signatures.has_small_order(public_key):
        return False
    return signatures.verify(public_key, message, Signature(signature))
