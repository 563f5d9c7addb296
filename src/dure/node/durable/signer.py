"""A validator's signer: one key, and the memory of what it signed last.

Rules
-----
1. Positions are (height, round, step), in that order. A position behind the last one gets no
   signature; the same position gets one only for the same message, and then the same one again.
2. The new position is on the disk (`fdatasync`) **before** the signature exists for anybody else.
   So a crash at any moment loses at most a signature that nobody has seen.
3. Two slots are written in turn, each far enough from the other that one torn write cannot touch
   both. The intact slot of the higher generation counts; a torn one belongs to a signature that was
   never given out.
4. The file is made once, by `create_guard`, and is part of no backup: an old one would forget. A
   guard that is missing, damaged or another key's is an error, never a fresh start. Only an
   operator who says that votes were lost gets a new one (`replace_guard`), and the validator stays
   mute then (`dure.node.durable.recollection`).
5. One process at a time holds the file.
6. An attestation is no vote: it has a domain of its own, no position, and is made from its
   statement here, so that nobody gets another message signed by it.

File
----
```
offset    0   "DUREGRD1" public_key[32] crc32[4]
offset 4096   slot 0      generation[8] height[8] round[8] step[8] message_sha256[32] crc32[4]
offset 8192   slot 1      the same
```
All integers are big-endian; a checksum covers everything before it in its part.
"""

import fcntl
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from struct import Struct
from typing import Final, NoReturn
from zlib import crc32

from dure.core.attestation import AttestationStatement, compute_attestation_message
from dure.core.errors import ConfigurationError, StorageError
from dure.core.types import PublicKey, Signature
from dure.identity.files import move_aside, write_new_file
from dure.identity.keys import Key

MAGIC: Final = b"DUREGRD1"
SLOT_DISTANCE: Final = 4096
FILE_LENGTH: Final = 3 * SLOT_DISTANCE

_HEADER: Final = Struct(">8s32s")
_SLOT: Final = Struct(">QQQQ32s")
_CRC: Final = Struct(">I")
_NOTHING: Final = bytes(32)
_LAST: Final = 2**63 - 1
"""Round and step behind all that an engine may ask for."""

_REMEDY: Final = "Free space or replace the disk, and start the node again"
_LOST: Final = "Where it is lost for good, see the guide `Recover a validator`"

Place = tuple[int, int, int]
"""Height, round, step: they only ever grow."""


@dataclass(frozen=True, slots=True)
class SignedPosition:
    """What was signed last."""

    height: int
    round: int
    step: int
    digest: bytes
    """SHA-256 of the message; 32 zero bytes before the first signature."""

    @property
    def place(self) -> Place:
        """The part that only ever grows."""
        return self.height, self.round, self.step

    @property
    def is_blank(self) -> bool:
        """Whether nothing was ever signed."""
        return self.digest == _NOTHING


def create_guard(path: Path, key: PublicKey) -> None:
    """Make the guard file of a key that has never signed.

    Raises `ConfigurationError` where one stands.
    """
    content = _seal(_HEADER.pack(MAGIC, key)).ljust(SLOT_DISTANCE, b"\0")
    first = _seal(_SLOT.pack(0, 0, 0, 0, _NOTHING)).ljust(SLOT_DISTANCE, b"\0")
    write_new_file(path, (content + first).ljust(FILE_LENGTH, b"\0"), mode=0o600)


def is_guard_lost(path: Path, key: PublicKey) -> bool:
    """Say whether `key` has no guard that could be believed: it is missing or damaged.

    Raises `ConfigurationError` for a file that is somebody else's or cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return True
    except OSError as problem:
        message = f"the signer's guard file {path} cannot be read: {problem.strerror}"
        raise ConfigurationError(message, file=str(path)) from problem
    try:
        _decode_guard(content, key)
    except _Damaged:
        return True
    except _NotOurs as problem:
        raise ConfigurationError(f"the signer's guard file {path} {problem}") from problem
    return False


def replace_guard(path: Path, key: PublicKey) -> None:
    """Make a blank guard in place of a lost one, which is moved aside as `….lost-N`.

    The caller has made certain, durably, that the key stays mute. Raises `ConfigurationError`.
    """
    assert is_guard_lost(path, key), "a guard that can be believed is not thrown away"
    try:
        move_aside(path)
    except OSError as problem:
        message = f"the signer's guard file {path} cannot be moved aside: {problem.strerror}"
        raise ConfigurationError(message, file=str(path)) from problem
    create_guard(path, key)


class FileSigner:
    """`dure.node.ports.Signer` with the key in memory and the last position in a file."""

    def __init__(self, path: Path, key: Key) -> None:
        """Open the guard file of `key`; raise `ConfigurationError` or `StorageError`."""
        self._path = path
        self._key = key
        self._failed = False
        self._descriptor = self._open()
        try:
            self._generation, self._last = self._load()
        except BaseException:
            self.close()
            raise

    @property
    def key(self) -> PublicKey:
        """The validator's public key."""
        return self._key.public

    @property
    def last(self) -> SignedPosition:
        """What was signed last, for operators."""
        return self._last

    @property
    def height(self) -> int:
        """The greatest height that was signed at."""
        return self._last.height

    def sign(self, height: int, round_: int, step: int, message: bytes) -> Signature | None:
        """Return the signature, or None where it would contradict an earlier one.

        Raises `StorageError` where the position cannot be made durable; nothing was signed then,
        and nothing will be until the node is restarted.
        """
        if self._failed:
            self._fail("failed before and signs no more; restart the node")
        position = SignedPosition(height, round_, step, sha256(message).digest())
        if position == self._last:
            return self._key.sign(message)
        if position.place < self._last.place or self._is_signed_differently(position):
            return None
        self._store(position)
        return self._key.sign(message)

    def attest(self, statement: AttestationStatement) -> Signature:
        """Return the signature that shows that this key is in use here; no vote can look like it.

        It is no vote, so the guard does not remember it.
        """
        assert statement.validator == self.key, "nobody attests for another"
        return self._key.sign(compute_attestation_message(statement))

    def renounce(self, height: int) -> None:
        """Never again sign anything at or below `height`; raise `StorageError`."""
        if self._last.height <= height:
            self._store(SignedPosition(height, _LAST, _LAST, sha256(b"").digest()))

    def close(self) -> None:
        """Give the file free; closing twice is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._failed = True

    def _is_signed_differently(self, position: SignedPosition) -> bool:
        return position.place == self._last.place and self._last.digest != _NOTHING

    def _store(self, position: SignedPosition) -> None:
        generation = self._generation + 1
        data = _seal(_SLOT.pack(generation, *position.place, position.digest))
        try:
            written = os.pwrite(self._descriptor, data, _find_slot(generation))
            os.fdatasync(self._descriptor)
        except OSError as problem:
            self._failed = True
            self._fail(f"could not be written: {problem.strerror}. {_REMEDY}")
        if written != len(data):
            self._failed = True
            self._fail(f"was written in part only. {_REMEDY}")
        self._generation, self._last = generation, position

    def _open(self) -> int:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            self._refuse(
                "is missing. It comes with the key (`dure network init`, `dure node new-key`); a "
                f"validator that may have voted does not start without it. {_LOST}"
            )
        except OSError as problem:
            self._refuse(f"cannot be opened: {problem.strerror}")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            self._refuse("is in use: another process signs with this key; stop it first")
        return descriptor

    def _load(self) -> tuple[int, SignedPosition]:
        try:
            return _decode_guard(os.pread(self._descriptor, FILE_LENGTH, 0), self._key.public)
        except _Damaged as problem:
            self._fail(f"{problem}: this validator must not vote with it. {_LOST}")
        except _NotOurs as problem:
            self._refuse(str(problem))

    def _refuse(self, reason: str) -> NoReturn:
        message = f"the signer's guard file {self._path} {reason}"
        raise ConfigurationError(message, file=str(self._path))

    def _fail(self, reason: str) -> NoReturn:
        message = f"the signer's guard file {self._path} {reason}"
        raise StorageError(message, file=str(self._path))


class _Damaged(Exception):
    """The guard's bytes are damaged; the message continues `the guard file …`."""


class _NotOurs(Exception):
    """The guard is whole and not for us; the message continues `the guard file …`."""


def _decode_guard(content: bytes, key: PublicKey) -> tuple[int, SignedPosition]:
    """Return generation and last position."""
    header = _unseal(content, 0, _HEADER.size)
    if header is None:
        raise _Damaged("is damaged in its header")
    magic, owner = _HEADER.unpack(header)
    if magic != MAGIC:
        raise _NotOurs("is no guard file that this program reads")
    if owner != key:
        raise _NotOurs(
            "belongs to another key: each validator key has a guard of its own, and `dure node "
            "new-key` makes both"
        )
    parts = [_unseal(content, _find_slot(slot), _SLOT.size) for slot in (0, 1)]
    slots = [_SLOT.unpack(part) for part in parts if part is not None]
    if not slots:
        raise _Damaged("is damaged in both slots")
    generation, height, round_, step, digest = max(slots)
    return generation, SignedPosition(height, round_, step, digest)


def _find_slot(generation: int) -> int:
    return SLOT_DISTANCE * (1 + generation % 2)


def _seal(data: bytes) -> bytes:
    return data + _CRC.pack(crc32(data))


def _unseal(content: bytes, offset: int, length: int) -> bytes | None:
    data = content[offset : offset + length]
    checksum = content[offset + length : offset + length + _CRC.size]
    return data if len(data) == length and checksum == _CRC.pack(crc32(data)) else None
