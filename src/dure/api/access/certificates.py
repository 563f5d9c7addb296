"""Callers who show a certificate that an authority of the node's operator issued.

The listener asks for a client certificate and takes the connection without one, too. Of one that
comes the handshake shows that the caller holds its key and that the chain leads to one of the
authorities; what stands in it says who and what: the subject's common name is the caller's name,
its organisational unit (RFC 4519 section 2.20) the role. Dates are looked at again at each request,
because a connection may outlive them.

`ReadCertificate` is the seam: whoever knows more of certificates, such as which were revoked on the
chain, puts another reader in this one's place.
"""

import datetime as dt
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from dure.api.access.callers import NAME
from dure.api.access.known import Caller, ReadCertificate
from dure.api.access.roles import Role
from dure.core.errors import ConfigurationError
from dure.identity.files import read_private_file

KEY_BYTES_MAX: Final = 64 * 1024
CERTIFICATES_KEPT: Final = 1_024


@dataclass(frozen=True, slots=True)
class _Issued:
    caller: Caller
    not_before: dt.datetime
    not_after: dt.datetime


def build_listener_context(
    certificate: Path, key: Path, authorities: Path | None
) -> ssl.SSLContext:
    """Return the context of a public listener: TLS 1.3, client certificates of these authorities.

    Raise `ConfigurationError` where a file is missing, not private, or not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # No resumption: every connection proves its key anew.
    context.num_tickets = 0
    read_private_file(key, bytes_max=KEY_BYTES_MAX)
    try:
        context.load_cert_chain(certificate, key)
    except OSError as problem:
        message = f"cannot use {certificate} with {key}: they are missing or not a pair ({problem})"
        raise ConfigurationError(message, file=str(certificate)) from problem
    if authorities is not None:
        try:
            context.load_verify_locations(authorities)
        except OSError as problem:
            message = f"{authorities} holds no certificates of authorities: {problem}"
            raise ConfigurationError(message, file=str(authorities)) from problem
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def build_certificate_reader(wall_ms: Callable[[], int]) -> ReadCertificate:
    """Return a reader of what the authorities wrote into their certificates."""

    def read(certificate: bytes) -> Caller | None:
        issued = _parse(certificate)
        now = dt.datetime.fromtimestamp(wall_ms() / 1000, dt.UTC)
        if issued is None or not issued.not_before <= now <= issued.not_after:
            return None
        return issued.caller

    return read


@lru_cache(CERTIFICATES_KEPT)
def _parse(certificate: bytes) -> _Issued | None:
    """Return what a certificate says; None where it says no name or no role, or several."""
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        names = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        roles = parsed.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    except ValueError:
        return None
    if len(names) != 1 or len(roles) != 1:
        return None
    name, role = str(names[0].value), str(roles[0].value)
    if not NAME.fullmatch(name) or role not in list(Role):
        return None
    # Its own hash, and not the name: two certificates may say the same name.
    caller = Caller(sha256(certificate).hexdigest(), name, Role(role))
    return _Issued(caller, parsed.not_valid_before_utc, parsed.not_valid_after_utc)
