"""An authority's folder: its key, and its own memory of what it promised, issued and took back.

```
authority/
  authority.json     the key, sealed under a passphrase or in clear (`dure.identity.keys`)
  authority.pem      its certificate: what the chain names, no secret
  tokens/            one file a one-time token, named by the token's hash: the token itself is
                     nowhere
  used/              tokens that were used; a token moves here in one step, so nobody uses it twice
  issued/            every certificate, by its serial number
  revoked/           those that count no more here, whatever the chain says yet
```
The folder belongs on a machine that runs no node. Whoever has it can make nodes of this
organisation, and of no other.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dure.core.errors import ConfigurationError
from dure.core.types import PublicKey
from dure.identity import files
from dure.identity.authorities.profile import (
    Authority,
    Certificate,
    Subject,
    build_authority_certificate,
    build_member_certificate,
    read_authority,
    read_certificate,
)
from dure.identity.certificates import decode_certificate, encode_certificate
from dure.identity.keys import SigningKey, generate_key, load_key, save_key

KEY_FILE: Final = "authority.json"
CERTIFICATE_FILE: Final = "authority.pem"
TOKENS: Final = "tokens"
USED: Final = "used"
ISSUED: Final = "issued"
REVOKED: Final = "revoked"
PEM_BYTES_MAX: Final = 4096


@dataclass(frozen=True, slots=True)
class OpenAuthority:
    """An authority that can sign, and the folder that it keeps its memory in."""

    folder: Path
    key: SigningKey
    authority: Authority

    def issue(
        self,
        subject: Subject,
        key: PublicKey,
        now: dt.datetime,
        lifetime: dt.timedelta | None = None,
    ) -> Certificate:
        """Certify `key` as that of `subject`, and remember it; raise `ConfigurationError`."""
        der = build_member_certificate(
            self.key, self.authority, subject, key, now=now, lifetime=lifetime
        )
        certificate = read_certificate(der)
        path = self.folder / ISSUED / f"{certificate.serial.hex()}.pem"
        files.write_new_file(path, encode_certificate(der).encode(), mode=0o644)
        return certificate

    def is_revoked(self, serial: bytes) -> bool:
        """Say whether the certificate was taken back here."""
        return (self.folder / REVOKED / serial.hex()).exists()

    def has_issued(self, certificate: Certificate) -> bool:
        """Say whether exactly this certificate was made here."""
        path = self.folder / ISSUED / f"{certificate.serial.hex()}.pem"
        return path.exists() and read_pem(path) == certificate.der


@dataclass(frozen=True, slots=True)
class NewAuthority:
    """An authority that lies in no folder yet."""

    key: SigningKey
    der: bytes


def draft_authority(organisation: str, now: dt.datetime) -> NewAuthority:
    """Return a new authority; raise `ConfigurationError` for a name that does not fit."""
    key = generate_key()
    return NewAuthority(key, build_authority_certificate(key, organisation, now))


def create_authority(
    folder: Path, organisation: str, now: dt.datetime, passphrase: str | None = None
) -> Authority:
    """Make a new authority in a folder that holds none; raise `ConfigurationError`."""
    return save_authority(folder, draft_authority(organisation, now), passphrase).authority


def save_authority(folder: Path, new: NewAuthority, passphrase: str | None = None) -> OpenAuthority:
    """Write an authority into a folder that holds none; raise `ConfigurationError`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in (TOKENS, USED, ISSUED, REVOKED):
            (folder / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as problem:
        message = f"cannot make the authority's folder {folder}: {problem.strerror}"
        raise ConfigurationError(message, folder=str(folder)) from problem
    save_key(folder / KEY_FILE, new.key, passphrase)
    pem = encode_certificate(new.der).encode()
    files.write_new_file(folder / CERTIFICATE_FILE, pem, mode=0o644)
    return OpenAuthority(folder, new.key, read_authority(new.der))


def load_authority(folder: Path) -> Authority:
    """Return the authority's certificate, for which no passphrase is needed."""
    return read_authority(read_pem(folder / CERTIFICATE_FILE))


def open_authority(folder: Path, passphrase: str | None = None) -> OpenAuthority:
    """Return an authority that can sign; raise `ConfigurationError`."""
    authority = load_authority(folder)
    key = load_key(folder / KEY_FILE, passphrase)
    if key.public != authority.key:
        message = f"{folder / KEY_FILE} is not the key of {folder / CERTIFICATE_FILE}"
        raise ConfigurationError(message, folder=str(folder))
    return OpenAuthority(folder, key, authority)


def list_issued(folder: Path) -> Iterator[tuple[Certificate, bool]]:
    """Return every certificate that was issued, the newest first, and whether it was revoked."""
    found = [read_certificate(read_pem(path)) for path in (folder / ISSUED).glob("*.pem")]
    found.sort(key=lambda each: (each.not_before, each.serial), reverse=True)
    for certificate in found:
        yield certificate, (folder / REVOKED / certificate.serial.hex()).exists()


def find_serials(folder: Path, words: str) -> list[bytes]:
    """Return the serial numbers that `words` name: one in hexadecimal, or a holder's name.

    A name means all certificates of that holder that are not revoked. Raises `ConfigurationError`
    where there are none.
    """
    serials = [
        certificate.serial
        for certificate, is_revoked in list_issued(folder)
        if certificate.serial.hex() == words
        or (certificate.subject.name == words and not is_revoked)
    ]
    if not serials:
        message = f"{folder} has issued no certificate to or with the number {words!r} that counts"
        raise ConfigurationError(message, folder=str(folder))
    return serials


def note_revoked(folder: Path, serial: bytes) -> None:
    """Remember that a certificate is not renewed any more; raise `ConfigurationError`."""
    files.replace_file(folder / REVOKED / serial.hex(), b"", mode=0o600)


def read_pem(path: Path) -> bytes:
    """Return the DER bytes of a file with one PEM certificate; raise `ConfigurationError`."""
    try:
        with path.open("rb") as file:
            data = file.read(PEM_BYTES_MAX + 1)
    except OSError as problem:
        message = f"cannot read {path}: {problem.strerror}"
        raise ConfigurationError(message, file=str(path)) from problem
    if len(data) > PEM_BYTES_MAX:
        message = f"{path} has more than the {PEM_BYTES_MAX} bytes of a certificate"
        raise ConfigurationError(message, file=str(path))
    return decode_certificate(data.decode("ascii", errors="replace"))
