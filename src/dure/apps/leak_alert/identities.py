"""Identities, and the digests by which they are compared without being told.

Rules
-----
1. A digest is HMAC-SHA-256 (RFC 2104) under the epoch's key over kind and normal form. A resident
   number or a phone number has few digits: whoever has its plain or salted hash finds it by trying
   all of them. Without the key nothing can be tried.
2. One identity has one normal form, however it was typed, so that all members come to one digest.
3. The kind is part of what is hashed and is told to nobody.
4. A key never shows itself in `repr`, in a log or in an error; its file can be read by its owner
   only. `key_check` says of a key which epoch it belongs to, and tells nothing else.
"""

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from dure.core.codec import encode
from dure.core.errors import ConfigurationError
from dure.core.types import Hash
from dure.identity.files import read_private_file, write_new_file

KEY_BYTES: Final = 32
TEXT_MAX: Final = 200
"""Characters of an identity as somebody typed it."""
_KEY_FILE_BYTES_MAX: Final = 4_096
_DIGEST: Final = "dure leak-alert identity 1"
_CHECK: Final = "dure leak-alert key 1"


class IdentityKind(StrEnum):
    """What can leak."""

    RESIDENT_NUMBER = "resident number"
    """Thirteen digits. They carry a check digit in older numbers only, so none is asked for."""
    PHONE = "phone"
    """A phone number, Korean or with its country's code."""
    ACCOUNT = "account"
    """A bank's three digits, a colon, the account's digits."""
    CERTIFICATE = "certificate"
    """The SHA-256 fingerprint of a certificate: 64 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity in its normal form; made by `read_identity`."""

    kind: IdentityKind
    text: str

    def __repr__(self) -> str:
        return f"Identity({self.kind})"


class EpochKey:
    """The key that all members share during one epoch."""

    __slots__ = ("_secret", "epoch")

    def __init__(self, epoch: int, secret: bytes) -> None:
        """Take the epoch's number from 1 and 32 secret bytes; raise `ConfigurationError`."""
        if len(secret) != KEY_BYTES or epoch < 1:
            raise ConfigurationError("an epoch's key has 32 bytes, and epochs count from 1")
        self.epoch = epoch
        self._secret = secret

    def __repr__(self) -> str:
        return f"EpochKey(epoch={self.epoch})"

    @property
    def key_check(self) -> Hash:
        """What the chain knows of the key."""
        return Hash(self._compute(_CHECK, str(self.epoch)))

    def compute_digest(self, identity: Identity) -> Hash:
        """Return the identity's digest in this epoch."""
        return Hash(self._compute(_DIGEST, identity.kind.value, identity.text))

    def export(self) -> bytes:
        """Return the file's content, to be sealed for a member: the secret itself is in it."""
        return msgspec.json.encode(_KeyFile(epoch=self.epoch, secret=self._secret.hex()))

    def _compute(self, *parts: str) -> bytes:
        return hmac.digest(self._secret, encode(parts), sha256)


class _KeyFile(
    msgspec.Struct, frozen=True, tag="dure-leak-alert-key-1", forbid_unknown_fields=True
):
    epoch: int
    secret: str


def draw_key(epoch: int) -> EpochKey:
    """Return a new key, drawn by lot."""
    return EpochKey(epoch, secrets.token_bytes(KEY_BYTES))


def read_key(data: bytes) -> EpochKey:
    """Return the key that `EpochKey.export` wrote; raise `ConfigurationError`."""
    try:
        found = msgspec.json.decode(data, type=_KeyFile)
        return EpochKey(found.epoch, bytes.fromhex(found.secret))
    except (msgspec.MsgspecError, ValueError):
        # What was wrong is not quoted: it might be the secret.
        raise ConfigurationError("that is no key of an epoch") from None


def save_key(path: Path, key: EpochKey) -> None:
    """Write a key to a new file that its owner alone can read; raise `ConfigurationError`."""
    write_new_file(path, key.export(), mode=0o600)


def load_key(path: Path) -> EpochKey:
    """Return the key in a file that its owner alone can read; raise `ConfigurationError`."""
    return read_key(read_private_file(path, bytes_max=_KEY_FILE_BYTES_MAX))


def read_identity(kind: IdentityKind, typed: str) -> Identity:
    """Return the normal form of what somebody typed; raise `ConfigurationError`.

    The error does not repeat what was typed, because errors end up in logs.
    """
    text = None if len(typed) > TEXT_MAX else _READERS[kind](typed)
    if text is None:
        raise ConfigurationError(f"that is no {kind}", kind=kind.value)
    return Identity(kind, text)


def _read_resident_number(typed: str) -> str | None:
    found = re.fullmatch(r"(\d{2})(\d{2})(\d{2})[- ]?(\d{7})", typed.strip(), re.ASCII)
    if found is None or not (1 <= int(found[2]) <= 12 and 1 <= int(found[3]) <= 31):
        return None
    return "".join(found.groups())


def _read_phone(typed: str) -> str | None:
    text = re.sub(r"[ ().-]", "", typed)
    text = re.sub(r"^00", "+", text)
    if re.fullmatch(r"0\d{8,10}", text, re.ASCII):
        return "+82" + text[1:]
    # People write +82 010 … and +82 10 …: both are the same phone.
    text = re.sub(r"^\+820", "+82", text)
    return text if re.fullmatch(r"\+[1-9]\d{6,14}", text, re.ASCII) else None


def _read_account(typed: str) -> str | None:
    text = re.sub(r"[ -]", "", typed)
    return text if re.fullmatch(r"\d{3}:\d{6,16}", text, re.ASCII) else None


def _read_certificate(typed: str) -> str | None:
    text = re.sub(r"[: ]", "", typed).lower()
    return text if re.fullmatch(r"[0-9a-f]{64}", text) else None


_READERS: Final[dict[IdentityKind, Callable[[str], str | None]]] = {
    IdentityKind.RESIDENT_NUMBER: _read_resident_number,
    IdentityKind.PHONE: _read_phone,
    IdentityKind.ACCOUNT: _read_account,
    IdentityKind.CERTIFICATE: _read_certificate,
}
