"""Certificates for the connections between nodes: mutual TLS 1.3, one TLS key per node.

Each node has a TLS key of its own, apart from its validator key. Its certificate comes from the
authority of its organisation (`dure.identity.authorities`), or is one that it signed itself, which
then stands in the network's peers file, beside the validator key that it speaks for: pinned.

Why a separate key: the validator key signs votes only, behind a guard that never lets it contradict
itself, and may move into a hardware signer. A TLS key signs whatever a handshake asks for and must
lie in the node's memory. One key for both would let a handshake sign consensus bytes; two keys also
let an operator change the TLS key at any time.

Pinned, for chains without authorities: a connection counts only if the peer's certificate carries
exactly the key that the peers file states, and no name or date is ever trusted. So the certificate
says as little as it can: it is a pure function of key and name, and does not expire (RFC 5280,
section 4.1.2.5); changing the key is an edit of the peers file.

What the handshake proves is that the other side holds its certificate's key, and that the
certificate is pinned or signed by somebody in the trust store. Whom it makes of the peer, whether
the chain says so, and whether its dates are right, is decided afterwards by `dure.node.peers`: so
OpenSSL leaves dates alone here, and the rule about them stands in one place.
"""

import contextlib
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
from dure.identity.foreign import refusing
from dure.identity.keys import SigningKey

CERTIFICATE_BYTES_MAX: Final = 8192
_NO_CHECK_TIME: Final = ssl.VerifyFlags(0x20_0000)
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL 1.1.0 and later, for which Python has no name."""
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
    with refusing(ConfigurationError, "these bytes are no X.509 certificate that can be read"):
        key = x509.load_der_x509_certificate(certificate).public_key()
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


def encode_certificate(der: bytes) -> str:
    """Return a DER certificate as PEM."""
    return ssl.DER_cert_to_PEM_cert(der)


def save_tls_files(key_path: Path, certificate_path: Path, key: SigningKey, name: str) -> str:
    """Write a node's TLS key (PKCS 8 PEM, mode 0600) and certificate; return the latter's PEM."""
    certificate = build_certificate(key, name)
    private = Ed25519PrivateKey.from_private_bytes(key.export_seed())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    files.write_new_file(key_path, pem, mode=0o600)
    files.write_new_file(certificate_path, certificate.encode("ascii"), mode=0o644)
    return certificate


def build_server_context(
    certificate: Path, key: Path, trusted: Iterable[str], authorities: Iterable[bytes] = ()
) -> ssl.SSLContext:
    """Return the context of the side that is called.

    `trusted` are PEM texts of pinned callers; `authorities` DER of those who certify others.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # No resumption: every connection proves its key anew.
    context.num_tickets = 0
    return _prepare(context, certificate, key, (trusted, authorities))


def build_client_context(
    certificate: Path, key: Path, trusted: Iterable[str], authorities: Iterable[bytes] = ()
) -> ssl.SSLContext:
    """Return the context of the side that calls; the arguments are those of the other side's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The pinned key says who answers; the host name says only where.
    context.check_hostname = False
    return _prepare(context, certificate, key, (trusted, authorities))


def _prepare(
    context: ssl.SSLContext,
    certificate: Path,
    key: Path,
    trust: tuple[Iterable[str], Iterable[bytes]],
) -> ssl.SSLContext:
    trusted, authorities = trust
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # A pinned certificate counts by itself, also where an authority made it that is not known here.
    context.verify_flags |= _NO_CHECK_TIME | ssl.VERIFY_X509_PARTIAL_CHAIN
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
    for der in authorities:
        # One that OpenSSL cannot read certifies nobody, and must not keep the others out.
        with contextlib.suppress(ssl.SSLError):
            context.load_verify_locations(cadata=der)
    return context


def _compute_serial(public_key: PublicKey) -> int:
    digest = Hash(SHA256())
    digest.update(public_key)
    # A serial number is positive and has at most 20 bytes (RFC 5280, section 4.1.2.2).
    return int.from_bytes(digest.finalize()[:16], "big") | 1
