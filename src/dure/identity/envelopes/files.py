"""A sealed file: a header, then the content in authenticated pieces of 64 KiB.

Rules
-----
1. The header says to which chain, contract, record and version the file belongs, and how long its
   content is. The key of the pieces is derived from the data key and the whole header, so that no
   piece opens under another header.
2. Piece number i is encrypted with ChaCha20-Poly1305 (RFC 8439) under a nonce that holds i and
   whether it is the last: pieces cannot be exchanged, left out, added or cut off.
3. A data key encrypts one file, once. It comes with a salt, which makes the digest of the content
   say nothing to whoever could guess the content.
4. Nothing here holds more than one piece; content leaves `open_pieces` only after it was checked.

Source: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-
Encryption and its Nonce-Reuse Misuse-Resistance, 2015) as the age format uses it; HKDF, RFC 5869.
"""

import secrets
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dure.core import hashing
from dure.core.errors import DureError
from dure.core.types import Address, ChainId, Hash

MAGIC: Final = b"DURESEA1"
_LAYOUT: Final = struct.Struct(">8s32s32s32sQQ")
HEADER_BYTES: Final = _LAYOUT.size
PIECE_BYTES: Final = 64 * 1024
TAG_BYTES: Final = 16
CONTENT_BYTES_MAX: Final = 1024 * 1024 * 1024
"""1 GiB."""

KEY_BYTES: Final = 32
SALT_BYTES: Final = 32


class InvalidSeal(DureError):
    """A sealed file or key that was changed, cut off, exchanged, or is not for this reader."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed file belongs: everything that its keys are bound to."""

    chain_id: ChainId
    contract: Address
    name: Hash
    """The record's random name."""
    version: int


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """What opens one file: its key, and the salt of its content's digest."""

    key: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Digests:
    """What the chain says of a version."""

    salted: Hash
    """Of salt and content."""
    sealed: Hash
    """Of the whole sealed file."""
    size: int
    """Bytes of the sealed file."""


def draw_data_key() -> DataKey:
    """Return a new key and salt from the operating system's randomness."""
    return DataKey(secrets.token_bytes(KEY_BYTES), secrets.token_bytes(SALT_BYTES))


def compute_file_size(content_size: int) -> int:
    """Return how many bytes the sealed file of so much content has."""
    return HEADER_BYTES + content_size + TAG_BYTES * count_pieces(content_size)


FILE_BYTES_MAX: Final = (
    CONTENT_BYTES_MAX + HEADER_BYTES + TAG_BYTES * (CONTENT_BYTES_MAX // PIECE_BYTES)
)


def count_pieces(content_size: int) -> int:
    """Return the number of pieces; empty content is one empty piece."""
    return max(1, -(-content_size // PIECE_BYTES))


def encode_header(place: Place, content_size: int) -> bytes:
    """Return the first bytes of the file; raise `InvalidSeal` where there is too much content."""
    if not 0 <= content_size <= CONTENT_BYTES_MAX:
        message = f"a sealed file holds at most {CONTENT_BYTES_MAX} bytes"
        raise InvalidSeal(message, size=content_size)
    named = (place.chain_id, place.contract, place.name, place.version, content_size)
    return _LAYOUT.pack(MAGIC, *named)


def decode_header(data: bytes) -> tuple[Place, int]:
    """Return place and content size of a file that begins with `data`; raise `InvalidSeal`."""
    if len(data) != HEADER_BYTES or not data.startswith(MAGIC):
        raise InvalidSeal("this is no sealed file: it does not begin like one")
    _, chain_id, contract, name, version, size = _LAYOUT.unpack(data)
    if size > CONTENT_BYTES_MAX:
        raise InvalidSeal(f"a sealed file holds at most {CONTENT_BYTES_MAX} bytes", size=size)
    return Place(ChainId(chain_id), Address(contract), Hash(name), version), size


def seal_pieces(
    key: DataKey, place: Place, content_size: int, content: Iterable[bytes]
) -> Iterator[bytes]:
    """Yield header and encrypted pieces of content that comes in parts of any length.

    Raise `InvalidSeal` where it has more or less than `content_size` bytes.
    """
    header = encode_header(place, content_size)
    cipher = _build_cipher(key, header)
    yield header
    last = count_pieces(content_size) - 1
    done = 0
    for number, piece in enumerate(_cut(content)):
        done += len(piece)
        if number > last or done > content_size:
            break
        yield cipher.encrypt(_build_nonce(number, is_last=number == last), piece, None)
    if done != content_size:
        raise InvalidSeal("the content changed its length while it was being sealed")


def open_pieces(key: DataKey, place: Place, file: BinaryIO) -> Iterator[bytes]:
    """Yield the content of a sealed file, each piece checked before; raise `InvalidSeal`.

    The file must be of that place: not of another record, version or chain.
    """
    header = file.read(HEADER_BYTES)
    stated, content_size = decode_header(header)
    if stated != place:
        raise InvalidSeal("the sealed file belongs to another record or version")
    cipher = _build_cipher(key, header)
    last = count_pieces(content_size) - 1
    for number in range(last + 1):
        length = content_size - number * PIECE_BYTES if number == last else PIECE_BYTES
        sealed = file.read(length + TAG_BYTES)
        try:
            yield cipher.decrypt(_build_nonce(number, is_last=number == last), sealed, None)
        except InvalidTag:
            message = f"piece {number} of the sealed file was changed, or the key is not its key"
            raise InvalidSeal(message, piece=number) from None
    if file.read(1):
        raise InvalidSeal("the sealed file goes on after its end")


class ContentDigest:
    """The salted digest of content that comes in parts."""

    def __init__(self, key: DataKey) -> None:
        self._state = sha256(hashing.SEALED_CONTENT + key.salt)

    def pass_on(self, content: Iterable[bytes]) -> Iterator[bytes]:
        """Yield what comes, after taking note of it."""
        for part in content:
            self._state.update(part)
            yield part

    def finish(self) -> Hash:
        """Return the digest of all that was passed on."""
        return Hash(self._state.digest())


class FileDigest:
    """The digest of a sealed file that comes in parts."""

    def __init__(self) -> None:
        self._state = sha256(hashing.SEALED_FILE)

    def add(self, part: bytes) -> None:
        """Take the next part."""
        self._state.update(part)

    def finish(self) -> Hash:
        """Return the digest of all parts."""
        return Hash(self._state.digest())


def _build_cipher(key: DataKey, header: bytes) -> ChaCha20Poly1305:
    info = hashing.SEALED_FILE_KEY + header
    return ChaCha20Poly1305(HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(key.key))


def _build_nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes((is_last,))


def _cut(content: Iterable[bytes]) -> Iterator[bytes]:
    """Yield pieces of `PIECE_BYTES`, the last one shorter; an empty one where there is nothing."""
    waiting = bytearray()
    has_piece = False
    for part in content:
        waiting += part
        while len(waiting) >= PIECE_BYTES:
            yield bytes(waiting[:PIECE_BYTES])
            has_piece = True
            del waiting[:PIECE_BYTES]
    if waiting or not has_piece:
        yield bytes(waiting)
