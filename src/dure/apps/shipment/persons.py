"""A personal customs code as a keyed digest, so that nobody can try all codes.

A Korean code is `P` and twelve digits: a plain hash of it is found by trying. The customs office
holds the key and gives a buyer the digest for one order; other orders have other digests, so that
the chain does not say which of them are one person's.
"""

import hmac
import re
from hashlib import sha256
from typing import Final

from dure.core.codec import encode
from dure.core.errors import ConfigurationError
from dure.core.types import Hash

KEY_BYTES_MIN: Final = 32
_CODE: Final = re.compile(r"P[0-9]{12}")


def compute_person_digest(key: bytes, code: str, goods: Hash) -> Hash:
    """Return HMAC-SHA-256 of a code for the order of these goods; raise `ConfigurationError`."""
    if len(key) < KEY_BYTES_MIN:
        raise ConfigurationError(f"the key of customs codes has at least {KEY_BYTES_MIN} bytes")
    if not _CODE.fullmatch(code):
        raise ConfigurationError("a personal customs code is P and twelve digits")
    return Hash(hmac.digest(key, encode(("personal customs code", code, goods)), sha256))
