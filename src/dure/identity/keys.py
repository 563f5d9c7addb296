"""Signing keys, and the files that hold them.

Rules
-----
1. A key file is JSON with a format version, the public key in clear and one of three: the seed in
   clear, the seed sealed under a passphrase (scrypt, RFC 7914; ChaCha20-Poly1305, RFC 8439), or the
   place in a hardware token where the secret lies (`dure.identity.tokens`). The public key is bound
   into the seal, so neither half can be exchanged.
2. It is written whole or not at all, never over another file, with mode 0600, and is not read while
   others can read it.
3. Signing is RFC 8032 with OpenSSL: deterministic, so the same message always gets the same
   signature. Checking is `dure.core.signatures`, by ZIP-215; the two agree on every signature made
   here.
4. A key never shows its seed in `repr`, in a log or in an error.
5. A passphrase is stretched in the one form that Unicode calls NFKC: the same letters typed on two
   machines, Korean ones above all, are the same passphrase.
"""

import secrets
import unicodedata
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from dure.core.errors import ConfigurationError
from dure.core.types import PublicKey, Signature
from dure.identity import files
from dure.identity.tokens import Pin, TokenPlace, open_reader

FORMAT: Final = "dure-key"
VERSION: Final = 1
KEY_FILE_BYTES_MAX: Final = 4096

SCRYPT_COST: Final = 2**17
"""N of scrypt for new files: about 0.4 s and 128 MiB for each passphrase that a thief tries."""
SCRYPT_COST_MAX: Final = 2**18
"""A file that asks for more is refused, so that nobody's file can take the machine's memory."""
_SCRYPT_BLOCK: Final = 8
_SCRYPT_PARALLEL: Final = 1

PASSPHRASE_LENGTH_MIN: Final = 12
PASSPHRASE_LENGTH_MAX: Final = 1024
_DIFFERENT_MIN: Final = 5

_Hex32 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class WeakPassphrase(ConfigurationError):
    """A new passphrase that whoever takes the file would guess soon."""


class Key(Protocol):
    """What signs as one public key, wherever its secret lies.

    A `SigningKey` holds it in memory, a key in a hardware token does not.
    """

    @property
    def public(self) -> PublicKey:
        """Whose signatures these are."""
        ...

    def sign(self, message: bytes) -> Signature:
        """Return the signature over exactly these bytes: 64 bytes."""
        ...


class SigningKey:
    """An Ed25519 key pair whose secret is in memory: a `Key`."""

    __slots__ = ("_private", "_seed", "public")

    def __init__(self, seed: bytes) -> None:
        """Take the 32 seed bytes of RFC 8032; raise `ValueError` where they are more or fewer."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._seed = seed
        self.public = PublicKey(self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public.hex()})"

    def sign(self, message: bytes) -> Signature:
        """Return the signature over exactly these bytes: 64 bytes, the same every time."""
        return Signature(self._private.sign(message))

    def export_seed(self) -> bytes:
        """Return the secret itself, for `save_key` and for backups on paper."""
        return self._seed


class _ClearSeed(
    msgspec.Struct, frozen=True, tag="clear", tag_field="kind", forbid_unknown_fields=True
):
    seed: _Hex32


class _SealedSeed(
    msgspec.Struct, frozen=True, tag="scrypt", tag_field="kind", forbid_unknown_fields=True
):
    cost: Annotated[int, msgspec.Meta(ge=2, le=SCRYPT_COST_MAX)]
    salt: _Hex32
    nonce: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{24}$")]
    sealed: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{96}$")]


class _InToken(
    msgspec.Struct, frozen=True, tag="token", tag_field="kind", forbid_unknown_fields=True
):
    token: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    serial: Annotated[str, msgspec.Meta(max_length=64)]
    key_id: Annotated[str, msgspec.Meta(pattern="^(?:[0-9a-f]{2}){1,64}$")]


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["dure-key"]
    version: Literal[1]
    public_key: _Hex32
    secret: _ClearSeed | _SealedSeed | _InToken


def generate_key() -> SigningKey:
    """Return a new key from the operating system's randomness."""
    return SigningKey(secrets.token_bytes(32))


def save_key(path: Path, key: SigningKey, passphrase: str | None = None) -> None:
    """Write a new key file of mode 0600; raise `ConfigurationError` where a file stands there."""
    files.write_new_file(path, _encode(key, passphrase), mode=0o600)


def save_token_key(path: Path, public: PublicKey, place: TokenPlace) -> None:
    """Write a new key file that says where in a token the secret lies; raises as `save_key`."""
    secret = _InToken(place.token, place.serial, place.key_id.hex())
    files.write_new_file(path, _format(_KeyFile(FORMAT, VERSION, public.hex(), secret)), mode=0o600)


def change_passphrase(path: Path, old: str | None, new: str) -> None:
    """Seal the key in `path` under another passphrase; `old` is None where it lay in clear.

    Raises `ConfigurationError`, and then the file is as it was. What the disk itself still holds of
    the old file is not erased by this.
    """
    files.replace_file(path, _encode(load_key(path, old), new), mode=0o600)


def load_key(path: Path, passphrase: str | None = None) -> SigningKey:
    """Return the secret key in `path`; raise `ConfigurationError` with what is wrong.

    Whoever only has to sign takes `open_key`, which knows tokens as well.
    """
    document = _read_document(path)
    secret = document.secret
    if isinstance(secret, _InToken):
        raise _refuse(path, "only names a token: the secret cannot be taken out of it")
    return _reveal(path, document.public_key, secret, passphrase)


def open_key(path: Path, secret: Pin | None = None, library: Path | None = None) -> Key:
    """Return what signs as the key of `path`; raise `ConfigurationError` with what is wrong.

    `secret` is the passphrase or the token's PIN where `is_sealed`; `library` is the PKCS #11
    library that speaks to tokens.
    """
    document = _read_document(path)
    if not isinstance(document.secret, _InToken):
        passphrase = None if secret is None else secret.text
        return _reveal(path, document.public_key, document.secret, passphrase)
    if secret is None:
        raise _refuse(path, "names a token: give its PIN")
    public = PublicKey(bytes.fromhex(document.public_key))
    return open_reader(library).open_key(_locate(document.secret), public, secret)


def find_token(path: Path) -> TokenPlace | None:
    """Return where the key lies, None where the file holds it itself."""
    secret = _read_document(path).secret
    return _locate(secret) if isinstance(secret, _InToken) else None


def load_public_key(path: Path) -> PublicKey:
    """Return the key that the file states, without its passphrase; raise `ConfigurationError`."""
    return PublicKey(bytes.fromhex(_read_document(path).public_key))


def is_sealed(path: Path) -> bool:
    """Say whether a passphrase or PIN is needed to sign; raise `ConfigurationError`."""
    return not isinstance(_read_document(path).secret, _ClearSeed)


def validate_passphrase(passphrase: str) -> None:
    """Raise `WeakPassphrase` for a new one that is too short to stand against a thief.

    Length counts and nothing else (NIST SP 800-63B, section 5.1.1.2): a rule that asks for signs
    and digits makes passphrases that are hard to keep in mind and easy to guess. A PIN is right for
    a token, which counts wrong ones, and never for a file, which cannot.
    """
    text = unicodedata.normalize("NFKC", passphrase)
    if len(text) < PASSPHRASE_LENGTH_MIN or len(set(text)) < _DIFFERENT_MIN:
        message = (
            f"a passphrase has at least {PASSPHRASE_LENGTH_MIN} characters, {_DIFFERENT_MIN} of "
            "them different: four or five words that have nothing to do with each other"
        )
        raise WeakPassphrase(message, length_min=PASSPHRASE_LENGTH_MIN)
    if len(text) > PASSPHRASE_LENGTH_MAX:
        message = f"a passphrase has at most {PASSPHRASE_LENGTH_MAX} characters"
        raise ConfigurationError(message)


def _encode(key: SigningKey, passphrase: str | None) -> bytes:
    secret = _ClearSeed(key.export_seed().hex()) if passphrase is None else _seal(key, passphrase)
    return _format(_KeyFile(FORMAT, VERSION, key.public.hex(), secret))


def _format(document: _KeyFile) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _locate(secret: _InToken) -> TokenPlace:
    return TokenPlace(secret.token, secret.serial, bytes.fromhex(secret.key_id))


def _reveal(
    path: Path, public_key: str, secret: _ClearSeed | _SealedSeed, passphrase: str | None
) -> SigningKey:
    if isinstance(secret, _SealedSeed):
        if passphrase is None:
            raise _refuse(path, "is sealed: give its passphrase")
        seed = _unseal(path, public_key, secret, passphrase)
    else:
        seed = bytes.fromhex(secret.seed)
    key = SigningKey(seed)
    if key.public.hex() != public_key:
        raise _refuse(path, "is damaged: its public key is not that of its seed; restore a backup")
    return key


def _read_document(path: Path) -> _KeyFile:
    data = files.read_private_file(path, bytes_max=KEY_FILE_BYTES_MAX)
    try:
        fields: Any = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise _refuse(path, "is no key file: it is not JSON; restore a backup") from problem
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise _refuse(path, f'is no key file: its "format" is not "{FORMAT}"')
    if fields.get("version") != VERSION:
        raise _refuse(path, f"has a version that this program does not read; it reads {VERSION}")
    try:
        return msgspec.convert(fields, _KeyFile)
    except msgspec.ValidationError as problem:
        raise _refuse(path, f"is damaged ({problem}); restore a backup") from problem


def _seal(key: SigningKey, passphrase: str) -> _SealedSeed:
    salt, nonce = secrets.token_bytes(32), secrets.token_bytes(12)
    cipher = ChaCha20Poly1305(_stretch(passphrase, salt, SCRYPT_COST))
    sealed = cipher.encrypt(nonce, key.export_seed(), key.public)
    return _SealedSeed(SCRYPT_COST, salt.hex(), nonce.hex(), sealed.hex())


def _unseal(path: Path, public_key: str, secret: _SealedSeed, passphrase: str) -> bytes:
    if secret.cost & (secret.cost - 1):
        raise _refuse(path, 'is damaged: "cost" is not a power of two; restore a backup')
    cipher = ChaCha20Poly1305(_stretch(passphrase, bytes.fromhex(secret.salt), secret.cost))
    sealed, nonce = bytes.fromhex(secret.sealed), bytes.fromhex(secret.nonce)
    try:
        return cipher.decrypt(nonce, sealed, bytes.fromhex(public_key))
    except InvalidTag as problem:
        reason = "cannot be opened: the passphrase is wrong or the file is damaged"
        raise _refuse(path, reason) from problem


def _stretch(passphrase: str, salt: bytes, cost: int) -> bytes:
    kdf = Scrypt(salt=salt, length=32, n=cost, r=_SCRYPT_BLOCK, p=_SCRYPT_PARALLEL)
    return kdf.derive(unicodedata.normalize("NFKC", passphrase).encode("utf-8"))


def _refuse(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(f"the key file {path} {reason}", file=str(path))
