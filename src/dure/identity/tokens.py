"""Signing keys in a hardware token: what the program knows of tokens, and what can be wrong.

The secret is made in the token and never leaves it. A key file (`dure.identity.keys`) says where
it lies. The token is spoken to by PKCS #11 (OASIS, versions 2.40 and 3.1), in
`dure.identity.token_driver`, which needs the extra `dure[pkcs11]` and is loaded when a token is
first asked for.

Rules
-----
1. Which library speaks to the token is said by the caller, never by a key file: a library is code,
   and a key file may come from somebody else.
2. A PIN is tried once. One that no person typed is not tried where a wrong one was given last, so
   that a service that starts again and again does not lock its own token.
3. A PIN never stands in a message, a fact or `repr`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dure.core.errors import ConfigurationError

if TYPE_CHECKING:
    from dure.identity.token_driver import TokenReader


class TokenLibraryUnusable(ConfigurationError):
    """The library that speaks to the token is not named, not there, or cannot be loaded."""


class TokenNotFound(ConfigurationError):
    """No token has that name, or several have."""


class PinRefused(ConfigurationError):
    """The token does not take the PIN; `facts["locked"]` says whether it takes any at all."""


class TokenUnfit(ConfigurationError):
    """The token cannot make or use Ed25519 keys, or makes keys that can be read out of it."""


class TokenKeyNotFound(ConfigurationError):
    """The token has no such key, or another one in its place."""


class TokenFailed(ConfigurationError):
    """The token was taken out, or failed in the middle of its work."""


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Where a key lies."""

    token: str
    """The token's label."""
    serial: str
    """Its serial number: labels are chosen by people and may be the same."""
    key_id: bytes
    """1 to 64 bytes that name the key in it (CKA_ID)."""


@dataclass(frozen=True, slots=True)
class Pin:
    """What opens a token."""

    text: str
    is_typed: bool
    """Whether a person typed it just now."""

    def __repr__(self) -> str:
        return f"Pin(is_typed={self.is_typed})"


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What a token says of itself to everybody."""

    label: str
    serial: str
    maker: str
    is_pin_low: bool
    """A wrong PIN was given since the last right one."""
    is_pin_locked: bool
    signs_ed25519: bool


def open_reader(library: Path | None) -> "TokenReader":
    """Return the tokens that `library` speaks to; raise `TokenLibraryUnusable`."""
    if library is None:
        reason = "the key lies in a token: name the library that speaks to it (DURE_PKCS11_MODULE)"
        raise TokenLibraryUnusable(reason)
    try:
        from dure.identity.token_driver import TokenReader  # noqa: PLC0415 - an extra of its own
    except ImportError as problem:
        reason = "keys in a token need the extra `pkcs11`: pip install dure[pkcs11]"
        raise TokenLibraryUnusable(reason) from problem
    return TokenReader(library)
