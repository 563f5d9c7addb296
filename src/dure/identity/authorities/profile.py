"""What certificates hold, how they are made, and when one counts: our profile of RFC 5280.

| field | authority | node, service, device, administrator |
|---|---|---|
| subject | O = organisation, CN = `authority` | O = organisation, OU = kind, CN = name |
| key, signature | Ed25519 (RFC 8410) | the same |
| serial number | 16 random bytes | the same |
| valid | ten years | by kind: `LIFETIMES`, and no longer than the authority |
| basic constraints (critical) | an authority, and none below it | no authority |
| key usage (critical) | signs certificates | digital signature |
| extended key usage | none | client; nodes and services also server |
| name constraints (critical) | names below O = organisation | none |
| key identifiers | subject's | subject's and authority's |

Rules
-----
1. A certificate counts for an organisation only if one of the authorities that the *chain* names
   for it signed it, says the same organisation, and the chain has not revoked its serial number.
   The names inside of an authority's certificate prove nothing by themselves.
2. A certificate says who somebody is, and not where: no host name stands in it.
3. Clocks may differ by `CLOCK_TOLERANCE`. A certificate begins to count that much before it was
   made, and ends to count that much after its last moment.
4. Dates decide about new connections only; what is connected stays so (`dure.node.membership`).
5. Any member can make others read any bytes. Whatever is wrong with them, the readers here raise
   `CertificateRefused` and nothing else (`dure.identity.foreign`).
"""

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dure.core.errors import AccessDenied, ConfigurationError
from dure.core.types import PublicKey
from dure.identity.foreign import refusing
from dure.identity.keys import SigningKey

CLOCK_TOLERANCE: Final = dt.timedelta(minutes=5)
AUTHORITY_LIFETIME: Final = dt.timedelta(days=3650)
AUTHORITY_NAME: Final = "authority"
NAME_LENGTH_MAX: Final = 64
"""Longest names of X.509 (RFC 5280, appendix A.1)."""
DER_BYTES_MAX: Final = 1024

_UNREADABLE: Final = "these bytes are no X.509 certificate that can be read"


class Kind(StrEnum):
    """What a certificate makes of its holder."""

    NODE = "node"
    SERVICE = "service"
    DEVICE = "device"
    ADMINISTRATOR = "administrator"


LIFETIMES: Final = {
    Kind.NODE: dt.timedelta(days=30),
    Kind.SERVICE: dt.timedelta(days=30),
    Kind.DEVICE: dt.timedelta(days=90),
    Kind.ADMINISTRATOR: dt.timedelta(days=7),
}
_SERVERS: Final = frozenset({Kind.NODE, Kind.SERVICE})


class CertificateRefused(AccessDenied):
    """A certificate that does not count: whose, when or by whom it was made is wrong."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a certificate is about."""

    organisation: str
    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name} of {self.organisation}"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says; nothing of it is proved before `validate_certificate`."""

    subject: Subject
    key: PublicKey
    serial: bytes
    """Big-endian, without leading zeros."""
    not_before: dt.datetime
    not_after: dt.datetime
    der: bytes


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority's own certificate."""

    organisation: str
    key: PublicKey
    not_after: dt.datetime
    der: bytes


def build_authority_certificate(key: SigningKey, organisation: str, now: dt.datetime) -> bytes:
    """Return the DER certificate of a new authority, signed by itself."""
    _validate_name("an organisation's name", organisation)
    private = Ed25519PrivateKey.from_private_bytes(key.export_seed())
    subject = _build_name(organisation, AUTHORITY_NAME)
    below = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)])
    identifier = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(_draw_serial())
        .not_valid_before(now - CLOCK_TOLERANCE)
        .not_valid_after(now + AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_build_usage(is_authority=True), critical=True)
        .add_extension(x509.NameConstraints([x509.DirectoryName(below)], None), critical=True)
        .add_extension(identifier, critical=False)
        .sign(private, algorithm=None)
    )
    return certificate.public_bytes(Encoding.DER)


def build_member_certificate(
    signer: SigningKey,
    authority: Authority,
    subject: Subject,
    key: PublicKey,
    *,
    now: dt.datetime,
    lifetime: dt.timedelta | None = None,
) -> bytes:
    """Return the DER certificate of `subject` with `key`, by the authority that `signer` signs for.

    Raises `ConfigurationError` for names that do not fit, and for an authority that has ended.
    """
    _validate_name("a name in a certificate", subject.name)
    if subject.organisation != authority.organisation:
        message = f"this authority certifies for {authority.organisation} alone"
        raise ConfigurationError(message, organisation=subject.organisation)
    end = min(now + (lifetime or LIFETIMES[subject.kind]), authority.not_after)
    if end <= now:
        raise ConfigurationError("the authority's own certificate has ended: make another one")
    private = Ed25519PrivateKey.from_private_bytes(signer.export_seed())
    public = Ed25519PublicKey.from_public_bytes(key)
    issuer = x509.load_der_x509_certificate(authority.der)
    uses = [ExtendedKeyUsageOID.CLIENT_AUTH]
    if subject.kind in _SERVERS:
        uses.append(ExtendedKeyUsageOID.SERVER_AUTH)
    own = x509.SubjectKeyIdentifier.from_public_key(public)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(private.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(build_subject_name(subject))
        .issuer_name(issuer.subject)
        .public_key(public)
        .serial_number(_draw_serial())
        .not_valid_before(now - CLOCK_TOLERANCE)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_build_usage(is_authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .add_extension(own, critical=False)
        .add_extension(above, critical=False)
        .sign(private, algorithm=None)
    )
    return certificate.public_bytes(Encoding.DER)


def build_subject_name(subject: Subject) -> x509.Name:
    """Return the X.501 name of a subject."""
    return _build_name(subject.organisation, subject.name, subject.kind)


def read_certificate(der: bytes) -> Certificate:
    """Return what a certificate says; raise `CertificateRefused` where it is none of ours."""
    with refusing(CertificateRefused, _UNREADABLE):
        found = _load(der)
        return Certificate(
            subject=read_subject(found.subject),
            key=_read_key(found),
            serial=found.serial_number.to_bytes((found.serial_number.bit_length() + 7) // 8, "big"),
            not_before=found.not_valid_before_utc,
            not_after=found.not_valid_after_utc,
            der=der,
        )


def read_subject(name: x509.Name) -> Subject:
    """Return the subject that an X.501 name means; raise `CertificateRefused`."""
    parts = [(part.oid, part.value) for part in name]
    match parts:
        case [
            (NameOID.ORGANIZATION_NAME, str(organisation)),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, str(unit)),
            (NameOID.COMMON_NAME, str(common)),
        ] if unit in set(Kind):
            return Subject(organisation, Kind(unit), common)
        case _:
            raise CertificateRefused("the certificate's subject is not organisation, kind and name")


def read_authority(der: bytes) -> Authority:
    """Return what an authority's certificate says; raise `CertificateRefused`."""
    with refusing(CertificateRefused, _UNREADABLE):
        found = _load(der)
        names = [part.value for part in found.subject]
        if len(names) != 2 or found.subject != _build_name(str(names[0]), AUTHORITY_NAME):
            raise CertificateRefused("the certificate is no authority's of an organisation")
        if not _is_authority(found):
            raise CertificateRefused("the certificate is no authority's")
        with refusing(CertificateRefused, "the authority did not sign its own certificate"):
            found.verify_directly_issued_by(found)
        return Authority(str(names[0]), _read_key(found), found.not_valid_after_utc, der)


def validate_certificate(
    certificate: Certificate, authorities: Iterable[bytes], *, organisation: str
) -> None:
    """Raise `CertificateRefused` unless one of an organisation's authorities made it.

    `authorities` are DER, as the chain names them; one that cannot be read certifies nothing.
    Dates and revocation are for the caller: `find_date_flaw`, and the chain's state.
    """
    if certificate.subject.organisation != organisation:
        message = f"the certificate is about {certificate.subject}, not about {organisation}"
        raise CertificateRefused(message)
    with refusing(CertificateRefused, _UNREADABLE):
        found = _load(certificate.der)
    if not any(_is_issued_by(found, der, organisation) for der in authorities):
        message = f"no authority that the chain names for {organisation} made this certificate"
        raise CertificateRefused(message)


def find_date_flaw(
    certificate: Certificate, now: dt.datetime, grace: dt.timedelta = CLOCK_TOLERANCE
) -> str | None:
    """Say why a certificate does not count at `now`; None where it does."""
    # The tolerance moves our clock and not their dates, which may be the last that there are.
    if now + CLOCK_TOLERANCE < certificate.not_before:
        return f"the certificate counts from {certificate.not_before:%Y-%m-%d %H:%M} UTC on"
    if now - grace > certificate.not_after:
        return f"the certificate has ended on {certificate.not_after:%Y-%m-%d %H:%M} UTC"
    return None


def _is_issued_by(certificate: x509.Certificate, der: bytes, organisation: str) -> bool:
    try:
        authority = read_authority(der)
        with refusing(CertificateRefused, "another authority signed the certificate"):
            certificate.verify_directly_issued_by(x509.load_der_x509_certificate(der))
            return authority.organisation == organisation and not _is_authority(certificate)
    except CertificateRefused:
        return False


def _is_authority(certificate: x509.Certificate) -> bool:
    return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def _load(der: bytes) -> x509.Certificate:
    """Return the certificate in these bytes; for use inside of `refusing`."""
    if len(der) > DER_BYTES_MAX:
        raise CertificateRefused(f"a certificate has {DER_BYTES_MAX} bytes at most")
    certificate = x509.load_der_x509_certificate(der)
    # Everything is read now, because some flaws show only then.
    _ = certificate.extensions, certificate.subject, certificate.issuer
    _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return certificate


def _read_key(certificate: x509.Certificate) -> PublicKey:
    with refusing(CertificateRefused, "the certificate's key cannot be read"):
        key = certificate.public_key()
    if not isinstance(key, Ed25519PublicKey):
        raise CertificateRefused("the certificate's key is not an Ed25519 key")
    return PublicKey(key.public_bytes_raw())


def _build_name(organisation: str, common: str, unit: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)]
    if unit is not None:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, str(unit)))
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _build_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _draw_serial() -> int:
    # The highest bit but one is set, so that all have 16 bytes and none begins with a zero.
    return secrets.randbits(126) | 1 << 126


def _validate_name(what: str, name: str) -> None:
    if not 1 <= len(name) <= NAME_LENGTH_MAX or not name.isprintable():
        message = f"{what} has 1 to {NAME_LENGTH_MAX} characters that can be printed: {name!r}"
        raise ConfigurationError(message, name=name)
