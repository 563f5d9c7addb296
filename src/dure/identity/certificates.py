"""Certificates for the connections between nodes: mutual TLS 1.3, pinned to one key per node.

Each node has a TLS key of its own, apart from its validator key, and a certificate that it signed
itself. All certificates stand in the network's peers file, each beside the validator key that it
speaks for.

Why a separate key: the validator key signs votes only, behind a guard that never lets it contradict
itself, and may move into a hardware signer. A TLS key signs whatever a handshake asks for and must
lie in the node's memory. One key for both would let a handshake sign consensus bytes; two keys also
let an operator change the TLS key at any time.

Why self-signed and pinned: a connection counts only if the peer's certificate carries exactly the
key that the peers file states. No authority can add a member, and no name or date is ever trusted.
So the certificate says as little as it can: it is a pure function of key and name, and does not
expire (RFC 5280, section 4.1.2.5), because an expired certificate would stop a chain and protect
nobody from anything; changing the key is an edit of the peers file.

Python's `ssl` accepts a self-signed certificate only from its trust store, so the store holds the
members' certificates, and `get_certificate_key` names the key that the handshake proved, for the
comparison afterwards.
"""

import datetime as dt
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dure.core.errors import ConfigurationError
from dure.core.types import PublicKey
from dure.identity import files
from dure.identity.keys import SigningKey

CERTIFICATE_BYTES_MAX: Final = 8192
NODE_NAME_LENGTH_MAX: Final = 64
"""Longest common name of X.509 (RFC 5280, appendix A.1)."""

_NOT_BEFORE: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_NOT_AFTER: Final = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)


def build_certificate(key: SigningKey, name: str) -> str:
    """Return a node's self-signed certificate as PEM: the same for the same key and name."""
    if not 1 <= len(name) <= NODE_NAME_LENGTH_MAX:
        message = f"a node's name has 1 to {NODE_NAME_LENGTH_MAX} characters, not {len(name)}"
        raise ConfigurationError(message)
    private = Ed25519PrivateKey.from_private_bytes(key.export_seed())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(_compute_serial(key.public))
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_NOT_AFTER)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .sign(private, algorithm=None)
    )
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def get_certificate_key(certificate: bytes) -> PublicKey:
    """Return the Ed25519 key in a DER certificate; raise `ConfigurationError` where it has none."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except ValueError as problem:
        raise ConfigurationError("these bytes are no X.509 certificate") from problem
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigurationError("the certificate's key is not an Ed25519 key")
    return PublicKey(key.public_bytes_raw())


def decode_certificate(text: str) -> bytes:
    """Return the DER bytes of one PEM certificate; raise `ConfigurationError`."""
    if len(text) > CERTIFICATE_BYTES_MAX:
        message = f"a certificate has at most {CERTIFICATE_BYTES_MAX} characters, not {len(text)}"
        raise ConfigurationError(message)
    try:
        return ssl.PEM_cert_to_DER_cert(text)
    except ValueError as problem:
        raise ConfigurationError("the text is no PEM certificate") from problem


def save_tls_files(key_path: Path, certificate_path: Path, key: SigningKey, name: str) -> str:
    """Write a node's TLS key (PKCS 8 PEM, mode 0600) and certificate; return the latter's PEM."""
    certificate = build_certificate(key, name)
    private = Ed25519PrivateKey.from_private_bytes(key.export_seed())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    files.write_new_file(key_path, pem, mode=0o600)
    files.write_new_file(certificate_path, certificate.encode("ascii"), mode=0o644)
    return certificate


def build_server_context(certificate: Path, key: Path, trusted: Iterable[str]) -> ssl.SSLContext:
    """Return the context of the side that is called; `trusted` are the callers' PEM texts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # No resumption: every connection proves its key anew.
    context.num_tickets = 0
    return _prepare(context, certificate, key, trusted)


def build_client_context(certificate: Path, key: Path, trusted: Iterable[str]) -> ssl.SSLContext:
    """Return the context of the side that calls; `trusted` are the PEM texts of who may answer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The pinned key says who answers; the host name says only where.
    context.check_hostname = False
    return _prepare(context, certificate, key, trusted)


def _prepare(
    context: ssl.SSLContext, certificate: Path, key: Path, trusted: Iterable[str]
) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    # The key file is read once more by OpenSSL, which knows nothing of who else can read it.
    files.read_private_file(key, bytes_max=CERTIFICATE_BYTES_MAX)
    try:
        context.load_cert_chain(certificate, key)
    except OSError as problem:
        message = f"cannot use {certificate} with {key}: they are missing or not a pair ({problem})"
        raise ConfigurationError(message, file=str(certificate)) from problem
    for text in trusted:
        context.load_verify_locations(cadata=decode_certificate(text))
    return context


def _compute_serial(public_key: PublicKey) -> int:
    digest = Hash(SHA256())
    digest.update(public_key)
    # A serial number is positive and has at most 20 bytes (RFC 5280, section 4.1.2.2).
    return int.from_bytes(digest.finalize()[:16], "big") | 1
