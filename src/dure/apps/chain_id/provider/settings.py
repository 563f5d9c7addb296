"""The operator's files: who the provider is, which applications it serves, and its secrets.

`settings.json` holds no secret: of an application's secret it has the SHA-256. `secrets.json` holds
the P-256 key of ID tokens and the key under which subjects are worked out; mode 0600.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from dure.core.address import decode_address
from dure.core.errors import ConfigurationError
from dure.core.types import Address
from dure.identity.files import read_private_file, write_new_file

FILE_BYTES_MAX: Final = 256 * 1024
CLIENTS_MAX: Final = 1_000
SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "openid": (),
    "adult": ("adult",),
    "resident": ("resident",),
    "profile": ("name", "birthdate"),
}
"""What an application may ask for, and the claims of a certificate that belong to it."""

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
_Url = Annotated[str, msgspec.Meta(max_length=500)]
_Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Client(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A web application. Without a secret it is a public client, held by PKCE alone."""

    client_id: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9._-]{1,64}$")]
    name: _Text
    redirect_uris: Annotated[tuple[_Url, ...], msgspec.Meta(min_length=1, max_length=20)]
    scopes: tuple[str, ...]
    secret_sha256: _Digest | None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """`settings.json`."""

    url: _Url
    """Under which people and applications reach the provider; the issuer of its tokens."""
    institution: str
    """The account at which people sign in: the operator's, admitted by the association."""
    contract: str
    chain_id: _Digest
    nodes: Annotated[tuple[_Url, ...], msgspec.Meta(min_length=1, max_length=20)]
    clients: Annotated[tuple[Client, ...], msgspec.Meta(max_length=CLIENTS_MAX)]

    @cached_property
    def by_id(self) -> Mapping[str, Client]:
        return {client.client_id: client for client in self.clients}

    @cached_property
    def institution_address(self) -> Address:
        return decode_address(self.institution)

    @cached_property
    def contract_address(self) -> Address:
        return decode_address(self.contract)

    @property
    def host(self) -> str:
        """What stands in the `Host` header of every request."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True)
class Secrets:
    """What only the provider knows."""

    signing_key: ECKey
    subject_key: bytes
    """Subjects are worked out under it: changing it makes everybody a stranger everywhere."""

    def __repr__(self) -> str:
        return "Secrets(…)"


class _SecretsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    signing_key: str
    subject_key: _Digest


def load_settings(path: Path) -> Settings:
    """Return the settings; raise `ConfigurationError` with what is wrong."""
    try:
        data = path.read_bytes()
        settings = msgspec.json.decode(data[:FILE_BYTES_MAX], type=Settings)
    except (OSError, msgspec.DecodeError, RecursionError) as problem:
        raise ConfigurationError(f"{path} cannot be used: {problem}", file=str(path)) from problem
    validate_settings(settings)
    return settings


def validate_settings(settings: Settings) -> None:
    """Raise `ConfigurationError` for a setting that would be unsafe or without effect."""
    if not is_safe_url(settings.url) or urlsplit(settings.url).path:
        raise ConfigurationError(
            f"url {settings.url!r} must be https://HOST without a path (http on this host alone)"
        )
    if len(settings.by_id) != len(settings.clients):
        raise ConfigurationError("two clients have the same client_id")
    for client in settings.clients:
        unsafe = [uri for uri in client.redirect_uris if not is_safe_url(uri)]
        if unsafe:
            raise ConfigurationError(
                f"client {client.client_id}: {unsafe[0]!r} is no https address without a fragment"
            )
        unknown = sorted(set(client.scopes) - SCOPES.keys())
        if unknown or "openid" not in client.scopes:
            raise ConfigurationError(
                f"client {client.client_id}: scopes are openid and any of {', '.join(SCOPES)}"
            )
    _ = settings.institution_address, settings.contract_address


def is_safe_url(url: str) -> bool:
    """Say whether codes may be sent there: https, or this host itself; no fragment, no user."""
    if re.search(r"[^\x21-\x7e]|[\\#@]", url):
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    is_here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
    return bool(parts.hostname) and (parts.scheme == "https" or is_here)


def generate_secrets() -> Secrets:
    """Return new secrets from the operating system's randomness."""
    return Secrets(ECKey.generate_key("P-256"), secrets.token_bytes(32))


def save_secrets(path: Path, made: Secrets) -> None:
    """Write a new file of mode 0600; raise `ConfigurationError` where one stands there."""
    pem = made.signing_key.as_pem(private=True).decode()
    file = _SecretsFile(pem, made.subject_key.hex())
    write_new_file(path, msgspec.json.encode(file) + b"\n", mode=0o600)


def load_secrets(path: Path) -> Secrets:
    """Return the secrets; raise `ConfigurationError` where others can read the file."""
    data = read_private_file(path, bytes_max=FILE_BYTES_MAX)
    try:
        file = msgspec.json.decode(data, type=_SecretsFile)
        key = ECKey.import_key(file.signing_key)
    except (msgspec.DecodeError, JoseError, ValueError) as problem:
        raise ConfigurationError(
            f"{path} is damaged; restore a backup", file=str(path)
        ) from problem
    return Secrets(key, bytes.fromhex(file.subject_key))
