"""Reading keys, and data keys sealed to them.

Rules
-----
1. A reading key is an X25519 key derived from the seed of an ordinary key file, by a label of its
   own: one file and one passphrase stand for both, and neither key tells anything of the other.
2. A data key and its salt are sealed with HPKE (RFC 9180, base mode) to one reader. Chain,
   contract, record, version and reader are bound into it, so that it opens at no other place.
3. Who sealed it is not proved by it and need not be: a wrong data key does not open the file whose
   digest stands on the chain.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dure.core import hashing
from dure.core.codec import encode
from dure.core.types import Address
from dure.identity.envelopes.files import KEY_BYTES, SALT_BYTES, DataKey, InvalidSeal, Place
from dure.identity.keys import SigningKey

PUBLIC_KEY_BYTES: Final = 32
SEALED_KEY_BYTES: Final = 32 + KEY_BYTES + SALT_BYTES + 16
"""The encapsulated key, key and salt encrypted, and their tag."""

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class ReadingKey:
    """An X25519 key pair that opens what is sealed to it."""

    __slots__ = ("_private", "public")

    def __init__(self, secret: bytes) -> None:
        """Take the 32 bytes of RFC 7748."""
        self._private = X25519PrivateKey.from_private_bytes(secret)
        self.public = self._private.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"ReadingKey(public={self.public.hex()})"

    def open(self, sealed: bytes, place: Place, reader: Address) -> DataKey:
        """Return the data key that was sealed to this key at that place; raise `InvalidSeal`."""
        if len(sealed) != SEALED_KEY_BYTES:
            raise InvalidSeal(f"a sealed key has {SEALED_KEY_BYTES} bytes, not {len(sealed)}")
        try:
            both = _SUITE.decrypt(sealed, self._private, _build_info(place, reader))
        except (InvalidTag, ValueError):
            message = "the sealed key is not for this reading key, record and version"
            raise InvalidSeal(message) from None
        return DataKey(both[:KEY_BYTES], both[KEY_BYTES:])


def derive_reading_key(key: SigningKey) -> ReadingKey:
    """Return the reading key that belongs to a key file's seed."""
    derivation = HKDF(SHA256(), 32, salt=None, info=hashing.READING_KEY)
    return ReadingKey(derivation.derive(key.export_seed()))


def seal_data_key(key: DataKey, public: bytes, place: Place, reader: Address) -> bytes:
    """Return the data key sealed to a reader; raise `InvalidSeal` for a key that is none."""
    info = _build_info(place, reader)
    try:
        return _SUITE.encrypt(key.key + key.salt, X25519PublicKey.from_public_bytes(public), info)
    except ValueError:
        raise InvalidSeal("the reader's public key is none that a key can be sealed to") from None


def _build_info(place: Place, reader: Address) -> bytes:
    named = (place.chain_id, place.contract, place.name, place.version, reader)
    return hashing.SEALED_KEY + encode(named)
