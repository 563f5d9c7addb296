"""What is said to a hardware token, by PKCS #11.

Rules
-----
1. Keys are Ed25519 (RFC 8032), because accounts and validators sign with nothing else; a token that
   cannot do that is refused by name. The curve is named by its object identifier (RFC 8410).
2. A library that others can write is not loaded.
3. Nothing is believed of a token that was not seen: it shows at opening that it signs as the public
   key that was expected, and every signature is checked before it is given out.
4. Whatever the library raises leaves as an error of `dure.identity.tokens`.
"""

import secrets
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, TokenFlag
from pkcs11.util.ec import encode_named_curve_parameters

from dure.core.signatures import verify
from dure.core.types import PublicKey, Signature
from dure.identity.tokens import (
    Pin,
    PinRefused,
    TokenFacts,
    TokenFailed,
    TokenKeyNotFound,
    TokenLibraryUnusable,
    TokenNotFound,
    TokenPlace,
    TokenUnfit,
)

if TYPE_CHECKING:
    from pkcs11._pkcs11 import lib as PkcsLibrary  # noqa: N812 - what `pkcs11.lib` returns, and no module

TOKENS_MAX: Final = 64
"""As many tokens of one library are looked at."""
_KEY_LABEL: Final = "dure"
_EDWARDS_25519: Final = "1.3.101.112"
_POINT_PREFIX: Final = b"\x04\x20"
"""DER of an octet string of 32 bytes, in which most tokens wrap a public key."""
_CHECK: Final = b"dure: does this token hold the key? "
"""Begins like nothing that a chain asks anybody to sign: those are hashes and encoded values."""
_PIN_LOW: Final = TokenFlag.USER_PIN_COUNT_LOW | TokenFlag.USER_PIN_FINAL_TRY
_NO_ED25519: Final = (
    pkcs11.AttributeTypeInvalid,
    pkcs11.AttributeValueInvalid,
    pkcs11.DomainParamsInvalid,
    pkcs11.FunctionNotSupported,
    pkcs11.MechanismInvalid,
    pkcs11.MechanismParamInvalid,
    pkcs11.TemplateInconsistent,
)
_PIN_REASONS: Final[dict[type[pkcs11.PKCS11Error], str]] = {
    pkcs11.PinExpired: "has expired: change it with the token's own program",
    pkcs11.PinIncorrect: "is wrong; the token locks itself after a few more wrong ones",
    pkcs11.PinInvalid: "is wrong: it has characters that the token does not take",
    pkcs11.PinLenRange: "is wrong: it is longer or shorter than the token's are",
    pkcs11.PinLocked: "is locked: its security officer sets a new one",
    pkcs11.UserPinNotInitialized: "was never set: set it with the token's own program",
}


class _Private(Protocol):
    """A private key as the library gives it, whose types do not know that it signs."""

    def sign(self, data: bytes, *, mechanism: Mechanism) -> bytes: ...


class TokenKey:
    """An Ed25519 key in a token that is open: it signs as long as this process lives."""

    __slots__ = ("_lock", "_private", "_token", "public")

    def __init__(self, token: str, private: _Private, public: PublicKey) -> None:
        """Take a key; raise `TokenKeyNotFound` where it does not sign as `public`."""
        self._token = token
        self._private = private
        # A session does one thing at a time.
        self._lock = threading.Lock()
        self.public = public
        self.sign(_CHECK + secrets.token_bytes(32))

    def __repr__(self) -> str:
        return f"TokenKey(token={self._token!r}, public={self.public.hex()})"

    def sign(self, message: bytes) -> Signature:
        """Return the signature over exactly these bytes.

        Raises `TokenFailed`, or `TokenKeyNotFound` for a signature that is not the key's.
        """
        with self._lock, _translated(self._token):
            made = self._private.sign(message, mechanism=Mechanism.EDDSA)
        signature = Signature(bytes(made))
        if not verify(self.public, message, signature):
            reason = f"does not sign as {self.public.hex()}: another key has its id"
            raise TokenKeyNotFound(f"the token {self._token!r} {reason}", token=self._token)
        return signature


class TokenReader:
    """The tokens that one library speaks to."""

    def __init__(self, library: Path) -> None:
        """Load the library, once in a process; raise `TokenLibraryUnusable`."""
        self._library: PkcsLibrary = _load(library)

    def list_tokens(self) -> list[TokenFacts]:
        """Return what the first `TOKENS_MAX` tokens say of themselves; no PIN is needed."""
        with _translated("in this reader"):
            return [_describe(token) for token in islice(self._library.get_tokens(), TOKENS_MAX)]

    def create_key(self, label: str, pin: Pin) -> tuple[TokenPlace, TokenKey]:
        """Make a key in the token called `label`, which can never be read out of it."""
        token, key_id = self._find_token(label), secrets.token_bytes(16)
        with _translated(label):
            session = _log_in(token, pin, is_writing=True)
            curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(_EDWARDS_25519)}
            parameters = session.create_domain_parameters(KeyType.EC_EDWARDS, curve, local=True)
            _, private = parameters.generate_keypair(
                mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                id=key_id,
                label=_KEY_LABEL,
                store=True,
            )
            if private[Attribute.EXTRACTABLE] or not private[Attribute.SENSITIVE]:
                private.destroy()
                message = f"the token {label!r} makes keys that can be read out of it"
                raise TokenUnfit(message, token=label)
            public = _read_public_key(session, label, key_id)
        place = TokenPlace(label, _read_serial(token), key_id)
        return place, TokenKey(label, cast("_Private", private), public)

    def find_key(self, label: str, key_id: bytes, pin: Pin) -> tuple[TokenPlace, TokenKey]:
        """Return a key that lies in the token called `label` already."""
        token = self._find_token(label)
        return TokenPlace(label, _read_serial(token), key_id), _open_key(token, key_id, pin)

    def open_key(self, place: TokenPlace, public: PublicKey, pin: Pin) -> TokenKey:
        """Return the key in `place`, which has to be `public`."""
        key = _open_key(self._find_token(place.token, place.serial), place.key_id, pin)
        if key.public != public:
            reason = f"holds another key than {public.hex()} under this id"
            raise TokenKeyNotFound(f"the token {place.token!r} {reason}", token=place.token)
        return key

    def _find_token(self, label: str, serial: str | None = None) -> pkcs11.Token:
        with _translated(label):
            given = islice(self._library.get_tokens(token_label=label), TOKENS_MAX)
            found = [each for each in given if serial is None or _read_serial(each) == serial]
        named = f"token {label!r}" + ("" if serial is None else f" with the serial {serial}")
        if not found:
            raise TokenNotFound(f"there is no {named}: put it in", token=label)
        if len(found) > 1:
            raise TokenNotFound(f"there is more than one {named}: take the others out", token=label)
        return found[0]


def _open_key(token: pkcs11.Token, key_id: bytes, pin: Pin) -> TokenKey:
    with _translated(token.label):
        session = _log_in(token, pin, is_writing=False)
        public = _read_public_key(session, token.label, key_id)
        private = session.get_key(
            object_class=ObjectClass.PRIVATE_KEY, key_type=KeyType.EC_EDWARDS, id=key_id
        )
    return TokenKey(token.label, cast("_Private", private), public)


def _log_in(token: pkcs11.Token, pin: Pin, *, is_writing: bool) -> pkcs11.Session:
    if token.flags & TokenFlag.USER_PIN_LOCKED:
        raise _refuse_pin(token.label, _PIN_REASONS[pkcs11.PinLocked], locked=True)
    if not pin.is_typed and token.flags & _PIN_LOW:
        reason = (
            "was wrong last time, and without a person it is not tried again: type it by hand once"
        )
        raise _refuse_pin(token.label, reason, locked=False)
    try:
        return token.open(rw=is_writing, user_pin=pin.text)
    except pkcs11.UserAlreadyLoggedIn:
        # This process opened another key of the same token before: being let in holds for both.
        return token.open(rw=is_writing)


def _read_public_key(session: pkcs11.Session, label: str, key_id: bytes) -> PublicKey:
    found = session.get_key(
        object_class=ObjectClass.PUBLIC_KEY, key_type=KeyType.EC_EDWARDS, id=key_id
    )
    point = bytes(found[Attribute.EC_POINT])
    if len(point) == 34 and point.startswith(_POINT_PREFIX):
        point = point[len(_POINT_PREFIX) :]
    if len(point) != 32:
        raise TokenUnfit(f"the token {label!r} has a key of another curve there", token=label)
    return PublicKey(point)


def _describe(token: pkcs11.Token) -> TokenFacts:
    return TokenFacts(
        label=token.label,
        serial=_read_serial(token),
        maker=token.manufacturer_id,
        is_pin_low=bool(token.flags & _PIN_LOW),
        is_pin_locked=bool(token.flags & TokenFlag.USER_PIN_LOCKED),
        signs_ed25519=Mechanism.EDDSA in token.slot.get_mechanisms(),
    )


def _read_serial(token: pkcs11.Token) -> str:
    return token.serial.decode("ascii", "backslashreplace").strip()


def _load(library: Path) -> "PkcsLibrary":
    try:
        mode = library.stat().st_mode
    except OSError as problem:
        raise _refuse_library(library, f"cannot be read: {problem.strerror}") from problem
    if not library.is_absolute() or not stat.S_ISREG(mode):
        raise _refuse_library(library, "is not the whole path of a file")
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _refuse_library(library, "can be written by others and is not loaded: chmod go-w")
    try:
        return pkcs11.lib(str(library))
    except RuntimeError as problem:
        raise _refuse_library(library, f"cannot be loaded: {problem!r}") from problem


@contextmanager
def _translated(label: str) -> Iterator[None]:
    """Give whatever the library raises its name among our errors."""
    try:
        yield
    except tuple(_PIN_REASONS) as problem:
        locked = isinstance(problem, pkcs11.PinLocked)
        raise _refuse_pin(label, _PIN_REASONS[type(problem)], locked=locked) from problem
    except pkcs11.NoSuchKey as problem:
        message = f"the token {label!r} has no such key: was it set up anew?"
        raise TokenKeyNotFound(message, token=label) from problem
    except pkcs11.MultipleObjectsReturned as problem:
        message = f"the token {label!r} has several keys of this id"
        raise TokenKeyNotFound(message, token=label) from problem
    except _NO_ED25519 as problem:
        message = f"the token {label!r} cannot do Ed25519 ({problem!r}), and accounts need it"
        raise TokenUnfit(message, token=label) from problem
    except pkcs11.PKCS11Error as problem:
        message = f"the token {label!r} failed ({problem!r}): is it still plugged in?"
        raise TokenFailed(message, token=label) from problem


def _refuse_pin(label: str, reason: str, *, locked: bool) -> PinRefused:
    return PinRefused(f"the PIN of the token {label!r} {reason}", token=label, locked=locked)


def _refuse_library(library: Path, reason: str) -> TokenLibraryUnusable:
    return TokenLibraryUnusable(f"the PKCS #11 library {library} {reason}", file=str(library))
