"""The peers file: every node of the network, where it is, and by what it is known.

The same file lies at every member, itself included. TOML, one `[[peer]]` table each:

```toml
[[peer]]
name = "insurer"
validator = "3b6a…"          # public key, 64 hexadecimal digits
host = "10.0.0.1"
port = 7400
organisation = "insurer"     # and a certificate of its authority, in the name of this node
```

| what is given | who is let in |
|---|---|
| `organisation` | whoever shows a certificate for the node `name` that is signed by an authority \
which the chain names for the organisation now |
| `certificate` | whoever holds the key of this very certificate (PEM): pinned |
| both | whoever holds that key, as long as the chain knows the organisation as a member |
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import msgspec

from dure.core.errors import ConfigurationError, DureError
from dure.core.signatures import validate_public_key
from dure.core.types import PublicKey
from dure.core.validators import VALIDATORS_MAX
from dure.identity.certificates import (
    CERTIFICATE_BYTES_MAX,
    decode_certificate,
    get_certificate_key,
)
from dure.identity.files import write_new_file

FILE_BYTES_MAX: Final = VALIDATORS_MAX * (CERTIFICATE_BYTES_MAX + 1024)


class Peer(msgspec.Struct, frozen=True):
    """One node of the network."""

    name: str
    """What operators call it; says nothing to the protocol."""
    key: PublicKey
    """Its validator key, by which the driver addresses it."""
    host: str
    port: int
    certificate: str | None
    """PEM text of the certificate that it shows; None where its organisation's authority says."""
    tls_key: PublicKey | None
    """The key in that certificate."""
    organisation: str | None
    """Member that must be admitted by the chain; None where the pinned key alone counts."""


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
    validator: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    host: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z.:_-]{1,253}$")]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    certificate: Annotated[str, msgspec.Meta(max_length=CERTIFICATE_BYTES_MAX)] | None = None
    organisation: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    peer: Annotated[tuple[_Row, ...], msgspec.Meta(min_length=1, max_length=VALIDATORS_MAX)]


def build_peer(
    name: str,
    key: PublicKey,
    *,
    address: tuple[str, int],
    certificate: str | None = None,
    organisation: str | None = None,
) -> Peer:
    """Return the entry of a node; raise `ConfigurationError` where nothing says who it is."""
    if certificate is None and organisation is None:
        raise ConfigurationError("neither a certificate nor an organisation says who this is")
    tls_key = None if certificate is None else get_certificate_key(decode_certificate(certificate))
    return Peer(name, key, *address, certificate, tls_key, organisation)


def load_peers(path: Path) -> tuple[Peer, ...]:
    """Return the network's nodes; raise `ConfigurationError` naming the entry that is wrong."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
        if len(data) > FILE_BYTES_MAX:
            raise _refuse(path, f"has more than the {FILE_BYTES_MAX} bytes that it may have")
        rows = msgspec.convert(tomllib.loads(data.decode("utf-8")), _File).peer
    except OSError as problem:
        raise _refuse(path, f"cannot be read: {problem.strerror}") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise _refuse(path, f"is not TOML: {problem}") from problem
    except msgspec.ValidationError as problem:
        raise _refuse(path, f"is not a list of peers: {problem}") from problem
    peers = tuple(_build_from_row(path, row) for row in rows)
    _validate_distinct(path, peers)
    return peers


def write_peers(path: Path, peers: Iterable[Peer]) -> None:
    """Write a new peers file; raise `ConfigurationError` where one stands there already."""
    write_new_file(path, format_peers(peers).encode("utf-8"), mode=0o644)


def format_peers(peers: Iterable[Peer]) -> str:
    """Return the text of a peers file."""
    heading = "# The nodes of this network. Every member has the same file.\n"
    return heading + "".join(map(format_peer, peers))


def format_peer(peer: Peer) -> str:
    """Return a peer's entry in the file."""
    name, host = (msgspec.json.encode(text).decode() for text in (peer.name, peer.host))
    text = (
        f'\n[[peer]]\nname = {name}\nvalidator = "{peer.key.hex()}"\nhost = {host}\n'
        f"port = {peer.port}\n"
    )
    if peer.organisation is not None:
        text += f"organisation = {msgspec.json.encode(peer.organisation).decode()}\n"
    if peer.certificate is not None:
        text += f"certificate = '''\n{peer.certificate}'''\n"
    return text


def _build_from_row(path: Path, row: _Row) -> Peer:
    key = PublicKey(bytes.fromhex(row.validator))
    try:
        validate_public_key(key)
        return build_peer(
            row.name,
            key,
            address=(row.host, row.port),
            certificate=row.certificate,
            organisation=row.organisation,
        )
    except DureError as problem:
        raise _refuse(path, f"has a wrong entry {row.name!r}: {problem.message}") from problem


def _validate_distinct(path: Path, peers: tuple[Peer, ...]) -> None:
    for what, values in (
        ("name", [peer.name for peer in peers]),
        ("validator key", [peer.key for peer in peers]),
        ("certificate key", [peer.tls_key for peer in peers if peer.tls_key is not None]),
        ("address", [(peer.host, peer.port) for peer in peers]),
    ):
        if len(set(values)) != len(values):
            raise _refuse(path, f"gives two peers the same {what}")


def _refuse(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(f"the peers file {path} {reason}", file=str(path))
