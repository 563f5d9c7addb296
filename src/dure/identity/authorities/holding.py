"""The holder's side: the two files of a certificate and its key, and how they change.

The key file is PKCS 8, PEM, mode 0600, as OpenSSL reads it; the certificate lies beside it.
"""

import datetime as dt
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from dure.core.errors import ConfigurationError
from dure.identity import files
from dure.identity.authorities.authority import OpenAuthority, read_pem
from dure.identity.authorities.enrolment import build_renewal, compute_renewal_time, renew
from dure.identity.authorities.profile import (
    Certificate,
    CertificateRefused,
    read_certificate,
)
from dure.identity.certificates import encode_certificate
from dure.identity.keys import SigningKey

KEY_BYTES_MAX: Final = 4096


def write_holder_key(path: Path, key: SigningKey) -> None:
    """Write a new key file; raise `ConfigurationError` where one stands there already."""
    private = Ed25519PrivateKey.from_private_bytes(key.export_seed())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    files.write_new_file(path, pem, mode=0o600)


def load_holder_key(path: Path) -> SigningKey:
    """Return the key in a file; raise `ConfigurationError`."""
    data = files.read_private_file(path, bytes_max=KEY_BYTES_MAX)
    try:
        private = load_pem_private_key(data, password=None)
    except (ValueError, TypeError) as problem:
        message = f"{path} holds no key in PEM that can be read"
        raise ConfigurationError(message, file=str(path)) from problem
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigurationError(f"the key in {path} is not an Ed25519 key", file=str(path))
    return SigningKey(private.private_bytes_raw())


def install_certificate(path: Path, key: SigningKey, certificate: Certificate) -> None:
    """Put a certificate in the place of the one in `path`; raise `ConfigurationError`."""
    if certificate.key != key.public:
        message = f"the certificate is about another key than the one beside {path}"
        raise ConfigurationError(message, file=str(path))
    files.replace_file(path, encode_certificate(certificate.der).encode(), mode=0o644)


def renew_in_place(
    authority: OpenAuthority, certificate_file: Path, key_file: Path, now: dt.datetime
) -> Certificate:
    """Renew the certificate in a file, for the same key; return the new one.

    Raises `ConfigurationError`, or an `AccessDenied` of the authority; then the old one is there.
    """
    key = load_holder_key(key_file)
    old = read_certificate(read_pem(certificate_file))
    new = renew(authority, build_renewal(key, old, key), now)
    install_certificate(certificate_file, key, new)
    return new


def find_due(certificate_file: Path, now: dt.datetime) -> tuple[Certificate, dt.timedelta] | None:
    """Return the certificate in a file, and how long it is until it should be renewed.

    None for one that no authority made: it is pinned, and never ends.
    """
    der = read_pem(certificate_file)
    try:
        certificate = read_certificate(der)
    except CertificateRefused:
        return None
    return certificate, compute_renewal_time(certificate) - now
