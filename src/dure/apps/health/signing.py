"""What a test device does: it signs a result over its cartridge, for one contract of care."""

from typing import Final

from dure.core.codec import encode
from dure.core.types import Address, Hash
from dure.identity.keys import SigningKey

RESULT_WORDS: Final = "TEST RESULT"


def sign_result(key: SigningKey, contract: Address, cartridge: Hash, result: Hash) -> bytes:
    """Return the device's signature of a result's salted digest."""
    return key.sign(encode((RESULT_WORDS, contract, cartridge, result)))
