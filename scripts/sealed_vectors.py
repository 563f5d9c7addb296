"""Known answers for sealed files and sealed keys, computed without Dure.

X25519, ChaCha20-Poly1305 and SHA-256 are taken from libraries; HKDF (RFC 5869), HPKE (RFC 9180,
base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305) and the file's form are
written out here, from their documents.
"""

import hmac
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

PIECE = 65_536
CHAIN, CONTRACT, NAME, READER = b"c" * 32, b"k" * 32, b"n" * 32, b"r" * 32
DATA_KEY, SALT = bytes(range(32)), bytes(range(32, 64))
SEED, EPHEMERAL = b"s" * 32, b"e" * 32
VERSION = 7


def extract(salt: bytes, secret: bytes) -> bytes:
    return hmac.new(salt or bytes(32), secret, sha256).digest()


def expand(key: bytes, info: bytes, length: int) -> bytes:
    out, block, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.new(key, block + info + bytes((counter,)), sha256).digest()
        out, counter = out + block, counter + 1
    return out[:length]


def seal_file(content: bytes) -> bytes:
    """Return header and pieces."""
    header = b"DURESEA1" + CHAIN + CONTRACT + NAME
    header += VERSION.to_bytes(8, "big") + len(content).to_bytes(8, "big")
    info = b"dure/v1/sealed-file-key\0" + header
    cipher = ChaCha20Poly1305(expand(extract(b"", DATA_KEY), info, 32))
    pieces = [content[at : at + PIECE] for at in range(0, len(content), PIECE)] or [b""]
    sealed = header
    for number, piece in enumerate(pieces):
        last = b"\1" if number == len(pieces) - 1 else b"\0"
        sealed += cipher.encrypt(number.to_bytes(11, "big") + last, piece, b"")
    return sealed


def seal_key(public: bytes, info: bytes) -> bytes:
    """Return the encapsulated key and the sealed data key and salt: RFC 9180, section 6.1."""
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"

    def labelled_extract(suite_id: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
        return extract(salt, b"HPKE-v1" + suite_id + label + secret)

    def labelled_expand(
        suite_id: bytes, key: bytes, label: bytes, info: bytes, length: int
    ) -> bytes:
        text = length.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + info
        return expand(key, text, length)

    own = X25519PrivateKey.from_private_bytes(EPHEMERAL)
    encapsulated = own.public_key().public_bytes_raw()
    shared = own.exchange(X25519PublicKey.from_public_bytes(public))
    secret = labelled_extract(kem, b"", b"eae_prk", shared)
    secret = labelled_expand(kem, secret, b"shared_secret", encapsulated + public, 32)
    context = b"\0" + labelled_extract(suite, b"", b"psk_id_hash", b"")
    context += labelled_extract(suite, b"", b"info_hash", info)
    secret = labelled_extract(suite, secret, b"secret", b"")
    key = labelled_expand(suite, secret, b"key", context, 32)
    nonce = labelled_expand(suite, secret, b"base_nonce", context, 12)
    return encapsulated + ChaCha20Poly1305(key).encrypt(nonce, DATA_KEY + SALT, b"")


def build_sealed() -> dict[str, Any]:
    """Files of several lengths, and a key sealed to one reader; docs/spec/sealed-data.md."""
    secret = expand(extract(b"", SEED), b"dure/v1/reading-key\0", 32)
    public = X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    places = b"".join(b"\xc4\x20" + each for each in (CHAIN, CONTRACT, NAME))
    info = b"dure/v1/sealed-key\0\x95" + places + bytes((VERSION,)) + b"\xc4\x20" + READER
    store = b"dure/v1/sealed-place\0\x94" + places + bytes((VERSION,))
    return {
        "place": {
            "chain_id": CHAIN.hex(),
            "contract": CONTRACT.hex(),
            "name": NAME.hex(),
            "version": VERSION,
            "store_name": sha256(store).hexdigest(),
        },
        "data_key": DATA_KEY.hex(),
        "salt": SALT.hex(),
        "files": [_describe_file(size) for size in (0, 1, PIECE, PIECE + 1, 3 * PIECE)],
        "reader": {
            "address": READER.hex(),
            "seed": SEED.hex(),
            "reading_secret": secret.hex(),
            "reading_key": public.hex(),
            "info": info.hex(),
            "sealed_key": seal_key(public, info).hex(),
        },
    }


def _describe_file(size: int) -> dict[str, Any]:
    content = bytes(number % 251 for number in range(size))
    sealed = seal_file(content)
    return {
        "content": "byte number i is i modulo 251",
        "content_bytes": size,
        "salted": sha256(b"dure/v1/sealed-content\0" + SALT + content).hexdigest(),
        "sealed_bytes": len(sealed),
        "begins": sealed[:152].hex(),
        "ends": sealed[-24:].hex(),
        "sealed": sha256(b"dure/v1/sealed-file\0" + sealed).hexdigest(),
    }
