"""The digest under which a phone number stands in the directory.

HMAC-SHA256 (RFC 2104) with a key that the banks share and nobody else has, of the number in the
form of ITU-T E.164. There are some billions of numbers: a hash without a key is found by trying.
"""

import hmac
import re
from hashlib import sha256
from typing import Final

from dure.apps.payments.offchain.errors import UnreadableMessage
from dure.contract.language import Hash

KEY_BYTES: Final = 32
_SPACING: Final = re.compile(r"[ ().\-]")
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def compute_digest(key: bytes, number: str) -> Hash:
    """Return the digest of a phone number such as `+82 10-1234-5678`."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"the key of the directory has {KEY_BYTES} bytes, not {len(key)}")
    text = f"dure payments directory {normalise_number(number)}"
    return Hash(hmac.digest(key, text.encode(), sha256))


def normalise_number(number: str) -> str:
    """Return a number as E.164 has it; raise `UnreadableMessage` where it is none."""
    found = _SPACING.sub("", number[:64])
    if not _E164.fullmatch(found):
        raise UnreadableMessage(f"no phone number with its country: {number[:64]!r}")
    return found
