"""How somebody gets a certificate, and the next one: one-time tokens, requests, renewals.

Rules
-----
1. A token is 32 random bytes, made for one subject and a bounded time. Its holder learns it on
   another way than the request; the authority keeps only its hash (SHA-256: a token is no password
   that anybody could guess), and it is used up by the first request that it fits.
2. A request is a PKCS #10 document (RFC 2986) signed by the new key, so nobody gets a certificate
   for a key that he does not hold. The token stands in it as the challenge password (RFC 2985,
   section 5.4.1), under that signature.
3. A renewal needs no token: the holder of a certificate that still counts signs the request for the
   next one with the certified key. The new certificate is about the same subject. The old one
   counts until it ends, so there is no moment without one.
4. The authority renews nothing that it, or the chain, has revoked, and nothing that has ended:
   then a new token is due.
"""

import datetime as dt
import hashlib
import secrets
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AttributeOID

from dure.core.errors import AccessDenied, ConfigurationError
from dure.core.types import PublicKey
from dure.identity import files
from dure.identity.authorities.authority import TOKENS, USED, OpenAuthority
from dure.identity.authorities.profile import (
    CLOCK_TOLERANCE,
    Certificate,
    CertificateRefused,
    Kind,
    Subject,
    build_subject_name,
    find_date_flaw,
    read_certificate,
    read_subject,
    validate_certificate,
)
from dure.identity.certificates import decode_certificate, encode_certificate
from dure.identity.foreign import refusing
from dure.identity.keys import SigningKey

TOKEN_LIFETIME_MAX: Final = dt.timedelta(days=30)
PREFIX: Final = "dure-enrol-"
REQUEST_BYTES_MAX: Final = 8192

_RENEWAL: Final = b"dure/v1/renewal\x00"


class TokenRefused(AccessDenied):
    """A token that is unknown, was used, has ended, or is for somebody else."""


class EnrolmentRefused(AccessDenied):
    """A request for a certificate that nobody has signed, or that asks for something else."""


class _TokenRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Kind
    name: str
    until: float
    """Seconds since 1970."""
    lifetime_seconds: float | None
    """Of the certificate; null for what is usual."""


class Renewal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request for the next certificate, as it lies in a file."""

    request: Annotated[str, msgspec.Meta(max_length=REQUEST_BYTES_MAX)]
    """PKCS #10, PEM, by the new key, which may be the old one."""
    certificate: Annotated[str, msgspec.Meta(max_length=REQUEST_BYTES_MAX)]
    """PEM of the one in use."""
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]
    """Over the request's DER, by the key of the certificate in use."""


def issue_token(
    folder: Path,
    subject: Subject,
    *,
    now: dt.datetime,
    lifetime: dt.timedelta,
    certified: dt.timedelta | None = None,
) -> str:
    """Return a new token for `subject`, which counts for `lifetime`; raise `ConfigurationError`.

    `certified` is how long the certificate counts; None for what is usual for its kind.
    """
    if not dt.timedelta(0) < lifetime <= TOKEN_LIFETIME_MAX:
        message = f"a token counts for {TOKEN_LIFETIME_MAX.days} days at most"
        raise ConfigurationError(message)
    token = PREFIX + secrets.token_hex(32)
    seconds = None if certified is None else certified.total_seconds()
    record = _TokenRecord(subject.kind, subject.name, (now + lifetime).timestamp(), seconds)
    path = folder / TOKENS / _hash_token(token)
    files.write_new_file(path, msgspec.json.encode(record), mode=0o600)
    return token


def build_request(key: SigningKey, subject: Subject, token: str | None = None) -> str:
    """Return the PEM request of `subject` for a certificate of `key`."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(build_subject_name(subject))
    if token is not None:
        builder = builder.add_attribute(AttributeOID.CHALLENGE_PASSWORD, token.encode())
    private = Ed25519PrivateKey.from_private_bytes(key.export_seed())
    return builder.sign(private, algorithm=None).public_bytes(Encoding.PEM).decode("ascii")


def enrol(authority: OpenAuthority, request: str, now: dt.datetime) -> Certificate:
    """Use up the token in a request and certify its key; raise an `AccessDenied`."""
    found, subject, key = _open_request(request)
    with refusing(EnrolmentRefused, "the request carries no token"):
        value = found.attributes.get_attribute_for_oid(AttributeOID.CHALLENGE_PASSWORD).value
    record = _use_token(authority.folder, value.decode("ascii", errors="replace"), subject, now)
    seconds = record.lifetime_seconds
    lifetime = None if seconds is None else dt.timedelta(seconds=seconds)
    return authority.issue(subject, key, now, lifetime)


def build_renewal(key: SigningKey, certificate: Certificate, next_key: SigningKey) -> Renewal:
    """Return the request of a certificate's holder, with its `key`, for one with `next_key`."""
    request = build_request(next_key, certificate.subject)
    der = x509.load_pem_x509_csr(request.encode()).public_bytes(Encoding.DER)
    signature = key.sign(_RENEWAL + der)
    return Renewal(request, encode_certificate(certificate.der), signature.hex())


def renew(authority: OpenAuthority, renewal: Renewal, now: dt.datetime) -> Certificate:
    """Return the next certificate of who holds one that counts; raise an `AccessDenied`.

    It counts as long as the one before did from its beginning.
    """
    old = read_certificate(decode_certificate(renewal.certificate))
    organisation = authority.authority.organisation
    validate_certificate(old, [authority.authority.der], organisation=organisation)
    if authority.is_revoked(old.serial) or not authority.has_issued(old):
        raise CertificateRefused("this certificate was revoked: ask for a new token")
    flaw = find_date_flaw(old, now)
    if flaw is not None:
        raise CertificateRefused(f"{flaw}: ask for a new token")
    found, subject, key = _open_request(renewal.request)
    if subject != old.subject:
        raise EnrolmentRefused("a renewal is about the same subject as the certificate before")
    try:
        Ed25519PublicKey.from_public_bytes(old.key).verify(
            bytes.fromhex(renewal.signature), _RENEWAL + found.public_bytes(Encoding.DER)
        )
    except InvalidSignature as problem:
        raise EnrolmentRefused("the holder of the certificate did not sign this") from problem
    return authority.issue(subject, key, now, compute_lifetime(old))


def compute_lifetime(certificate: Certificate) -> dt.timedelta:
    """Return how long a certificate counts, from when it was made."""
    return certificate.not_after - certificate.not_before - CLOCK_TOLERANCE


def compute_renewal_time(certificate: Certificate) -> dt.datetime:
    """Return when a certificate is due for renewal: with a third of its time left."""
    return certificate.not_after - compute_lifetime(certificate) / 3


def _open_request(
    request: str,
) -> tuple[x509.CertificateSigningRequest, Subject, PublicKey]:
    if len(request) > REQUEST_BYTES_MAX:
        raise EnrolmentRefused(f"a request has {REQUEST_BYTES_MAX} characters at most")
    with refusing(EnrolmentRefused, "this is no PKCS #10 request that can be read"):
        found = x509.load_pem_x509_csr(request.encode())
        is_signed = found.is_signature_valid
        key, subject = found.public_key(), found.subject
    if not isinstance(key, Ed25519PublicKey):
        raise EnrolmentRefused("the request's key is not an Ed25519 key")
    if not is_signed:
        raise EnrolmentRefused("the request is not signed by the key that it asks for")
    return found, read_subject(subject), PublicKey(key.public_bytes_raw())


def _use_token(folder: Path, token: str, subject: Subject, now: dt.datetime) -> _TokenRecord:
    """Take a token that fits out of the folder; whoever moves its file first has used it."""
    name = _hash_token(token)
    path = folder / TOKENS / name
    try:
        record = msgspec.json.decode(path.read_bytes(), type=_TokenRecord)
    except FileNotFoundError:
        used = (folder / USED / name).exists()
        raise TokenRefused("the token was used" if used else "the token is unknown here") from None
    except (OSError, msgspec.MsgspecError) as problem:
        message = f"{path} cannot be used: {problem}"
        raise ConfigurationError(message, file=str(path)) from problem
    if now.timestamp() > record.until:
        raise TokenRefused("the token has ended: ask for another one")
    if (record.kind, record.name) != (subject.kind, subject.name):
        raise TokenRefused(f"the token is for the {record.kind} {record.name}")
    try:
        path.rename(folder / USED / name)
    except FileNotFoundError:
        raise TokenRefused("the token was used") from None
    files.sync_folder(folder / USED)
    return record


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
