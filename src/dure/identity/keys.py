"""Signing keys, and the files that hold them.

Rules
-----
1. A key file is JSON with a format version, the public key in clear and the seed, either in clear
   or sealed under a passphrase (scrypt, RFC 7914; ChaCha20-Poly1305, RFC 8439). The public key is
   bound into the seal, so neither half can be exchanged.
2. It is written whole or not at all, never over another file, with mode 0600, and is not read while
   others can read it.
3. Signing is RFC 8032 with OpenSSL: deterministic, so the same message always gets the same
   signature. Checking is `dure.core.signatures`, by ZIP-215; the two agree on every signature made
   here.
4. A key never shows its seed in `repr`, in a log or in an error.
"""

import secrets
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from dure.core.errors import ConfigurationError
from dure.core.types import PublicKey, Signature
from dure.identity import files

FORMAT: Final = "dure-key"
VERSION: Final = 1
KEY_FILE_BYTES_MAX: Final = 4096

SCRYPT_COST: Final = 2**15
"""N of scrypt for new files: about 0.1 s and 32 MiB."""
SCRYPT_COST_MAX: Final = 2**18
"""A file that asks for more is refused, so that nobody's file can take the machine's memory."""
_SCRYPT_BLOCK: Final = 8
_SCRYPT_PARALLEL: Final = 1

_Hex32 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class SigningKey:
    """An Ed25519 key pair."""

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


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["dure-key"]
    version: Literal[1]
    public_key: _Hex32
    secret: _ClearSeed | _SealedSeed


def generate_key() -> SigningKey:
    """Return a new key from the operating system's randomness."""
    return SigningKey(secrets.token_bytes(32))


def save_key(path: Path, key: SigningKey, passphrase: str | None = None) -> None:
    """Write a new key file of mode 0600; raise `ConfigurationError` where a file stands there."""
    secret = _ClearSeed(key.export_seed().hex()) if passphrase is None else _seal(key, passphrase)
    document = _KeyFile(FORMAT, VERSION, key.public.hex(), secret)
    text = msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
    files.write_new_file(path, text, mode=0o600)


def load_key(path: Path, passphrase: str | None = None) -> SigningKey:
    """Return the key in `path`; raise `ConfigurationError` with what is wrong and what to do."""
    document = _read_document(path)
    secret = document.secret
    if isinstance(secret, _SealedSeed):
        if passphrase is None:
            raise _refuse(path, "is sealed: give its passphrase")
        seed = _unseal(path, document.public_key, secret, passphrase)
    else:
        seed = bytes.fromhex(secret.seed)
    key = SigningKey(seed)
    if key.public.hex() != document.public_key:
        raise _refuse(path, "is damaged: its public key is not that of its seed; restore a backup")
    return key


def load_public_key(path: Path) -> PublicKey:
    """Return the key that the file states, without its passphrase; raise `ConfigurationError`."""
    return PublicKey(bytes.fromhex(_read_document(path).public_key))


def is_sealed(path: Path) -> bool:
    """Say whether `load_key` needs a passphrase for this file; raise `ConfigurationError`."""
    return isinstance(_read_document(path).secret, _SealedSeed)


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
    return kdf.derive(passphrase.encode("utf-8"))


def _refuse(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(f"the key file {path} {reason}", file=str(path))
