"""The operator's passkeys: which there are, who may add one, and whether an assertion counts.

Rules
-----
1. The first passkey is registered with a token that the console prints when it starts without any;
   another one with a token that it prints when asked to. A token is good once, and its digest lies
   in memory alone: it ends with the process.
2. Registering proves possession: the new key signs a fresh challenge at once.
3. The file has mode 0600 and holds no secret: who could write it could let himself in.
4. A passkey's name is what the audit log calls whoever used it: no two of them are alike, and none
   is what the log calls somebody else.
5. An assertion counts for the relying party `localhost`, on pages of exactly this console's origin.
   Another page of this host, the node's wallet for one, has another port and so another origin.
"""

import secrets
import unicodedata
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from dure.core import hashing
from dure.core.codec import decode, encode
from dure.core.errors import (
    AccessDenied,
    ConfigurationError,
    DureError,
    InvalidEncoding,
    WrongAssertion,
)
from dure.core.passkeys import p256
from dure.core.passkeys.assertion import (
    PasskeyAssertion,
    compute_signed_digest,
    validate_assertion,
)
from dure.core.types import Digest, Signature
from dure.identity.files import read_private_file, replace_file

RP_ID: Final = "localhost"
PASSKEYS_MAX: Final = 16
FILE_BYTES_MAX: Final = 64 * 1024
TOKEN_BYTES: Final = 20
TOKEN_LENGTH: Final = 2 * TOKEN_BYTES
MODE: Final = 0o600
RESERVED: Final = frozenset({"somebody", "the node", "console", "operator"})
"""What audit logs call those who have no passkey."""

CredentialId = Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){1,1023}\Z")]
"""What the authenticator calls the passkey (WebAuthn, section 4: at most 1023 bytes)."""
Key = Annotated[str, Meta(pattern=r"^0[23][0-9a-f]{64}\Z")]
PasskeyName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Digits = Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){1,1024}\Z")]


class AssertionRefused(AccessDenied):
    """The passkey did not sign what was asked, or not here, or is none of the operator's."""


class RegistrationRefused(AccessDenied):
    """No passkey can be added with that token: it is wrong, used, or there is none."""


class AssertionForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an authenticator returned, as JSON: bytes in hexadecimal, r and s 32 bytes each."""

    authenticator_data: Digits
    client_data_json: Digits
    signature: Digits


class OperatorPasskey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One passkey of the operator's."""

    id: CredentialId
    key: Key
    """Compressed point of P-256."""
    name: PasskeyName
    added: int
    """Milliseconds since 1970."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    passkeys: Annotated[tuple[OperatorPasskey, ...], Meta(max_length=PASSKEYS_MAX)]


class OperatorPasskeys:
    """The file of passkeys, and the token by which one more may be added."""

    def __init__(self, file: Path, origin: str) -> None:
        """Read the file, where there is one; raise `ConfigurationError`."""
        self._file = file
        self._origin = origin
        self._token: Digest | None = None
        self._passkeys = _load(file) if file.exists() else ()

    @property
    def all(self) -> tuple[OperatorPasskey, ...]:
        """The passkeys, oldest first."""
        return self._passkeys

    def draw_token(self) -> str:
        """Return a token that adds one passkey; the one before it is void."""
        token = secrets.token_hex(TOKEN_BYTES)
        self._token = _hash_token(token)
        return token

    def examine(
        self, token: str, passkey: OperatorPasskey, challenge: Digest, assertion: AssertionForm
    ) -> None:
        """Raise `AccessDenied` unless `add` may be called for a passkey that signed the challenge.

        A token is used up by whoever knows it, and not by whoever guesses.
        """
        if self._token is None or not secrets.compare_digest(self._token, _hash_token(token)):
            raise RegistrationRefused("that token adds no passkey; the console printed another")
        if len(self._passkeys) == PASSKEYS_MAX:
            raise RegistrationRefused(f"there are {PASSKEYS_MAX} passkeys; no more are kept")
        if any(each.id == passkey.id for each in self._passkeys):
            raise RegistrationRefused("that passkey is registered already")
        name = _fold(passkey.name)
        if not name or name in RESERVED or any(_fold(each.name) == name for each in self._passkeys):
            raise RegistrationRefused("a passkey needs a name of its own, and that one is taken")
        self._validate(passkey, challenge, assertion)

    def add(self, passkey: OperatorPasskey) -> None:
        """Add a passkey that was examined; its token is void. Raise `ConfigurationError`."""
        self._token = None
        replace_file(self._file, _write((*self._passkeys, passkey)), mode=MODE)
        self._passkeys = (*self._passkeys, passkey)

    def verify(
        self, credential: str, challenge: Digest, assertion: AssertionForm
    ) -> OperatorPasskey:
        """Return the passkey that signed the challenge; raise `AssertionRefused`."""
        found = next((each for each in self._passkeys if each.id == credential), None)
        if found is None:
            raise AssertionRefused("that passkey is not known here")
        self._validate(found, challenge, assertion)
        return found

    def _validate(
        self, passkey: OperatorPasskey, challenge: Digest, assertion: AssertionForm
    ) -> None:
        given = _read_assertion(assertion)
        try:
            validate_assertion(given, challenge, rp_id=RP_ID, origins=(self._origin,))
        except WrongAssertion as problem:
            raise AssertionRefused(problem.message) from problem
        if not p256.verify(
            bytes.fromhex(passkey.key), compute_signed_digest(given), given.signature
        ):
            raise AssertionRefused("the signature is not that passkey's")


def _read_assertion(form: AssertionForm) -> PasskeyAssertion:
    """Return the assertion, within the bounds that the ledger has for them."""
    given = PasskeyAssertion(
        authenticator_data=bytes.fromhex(form.authenticator_data),
        client_data_json=bytes.fromhex(form.client_data_json),
        signature=Signature(bytes.fromhex(form.signature)),
    )
    try:
        return decode(PasskeyAssertion, encode(given))
    except InvalidEncoding as problem:
        raise AssertionRefused("that is no assertion of a passkey") from problem


def _fold(name: str) -> str:
    """Return what is left of a name where case, spaces and forms of letters do not count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _hash_token(token: str) -> Digest:
    return hashing.compute_hash(hashing.TOKEN, token[: TOKEN_LENGTH + 1].encode())


def _load(file: Path) -> tuple[OperatorPasskey, ...]:
    data = read_private_file(file, bytes_max=FILE_BYTES_MAX)
    try:
        passkeys = msgspec.json.decode(data, type=_File).passkeys
        for each in passkeys:
            p256.validate_key(bytes.fromhex(each.key))
    except (msgspec.MsgspecError, RecursionError, DureError) as problem:
        message = f"{file} is no file of an operator's passkeys: {problem}"
        raise ConfigurationError(message, file=str(file)) from problem
    return passkeys


def _write(passkeys: tuple[OperatorPasskey, ...]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(_File(passkeys)), indent=2) + b"\n"
