"""Callers who show a certificate of their organisation's authority, as the chain names it.

The listener asks for a client certificate and takes a connection without one, too. Of one that
comes the handshake shows that the caller holds its key. Whether it counts is asked of the state at
the head at every request (`dure.identity.authorities.profile`): the organisation is admitted, an
authority that the chain names for it made the certificate, its dates are right, and the chain has
not revoked it. So a certificate that is revoked, or whose organisation is expelled, is nobody's
from that block on, over connections that are open as well.

The role comes from the certificate's kind, and from whose node it is shown to:

| kind | to a node of its own organisation | to others' |
|---|---|---|
| node | reader | reader |
| service | submitter | reader |
| device | submitter | reader |
| administrator | operator | reader |

Python's `ssl` takes a certificate only if its trust store knows the authority. The store is
therefore brought up to date at the beginning of each handshake. What is in it decides nothing: an
authority that the chain names no more stays there, and its certificates are refused afterwards.
One that says another organisation than the one that names it never gets there, as between nodes.
"""

import datetime as dt
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import structlog

from dure.api.access.known import Caller
from dure.api.access.roles import Role
from dure.chain import membership, state
from dure.core.errors import ConfigurationError
from dure.identity.authorities.profile import (
    Certificate,
    CertificateRefused,
    Kind,
    find_date_flaw,
    read_authority,
    read_certificate,
    validate_certificate,
)
from dure.identity.files import read_private_file

KEY_BYTES_MAX: Final = 64 * 1024
REMEMBERED_MAX: Final = 1_024

ROLES_AT_HOME: Final[Mapping[Kind, Role]] = MappingProxyType(
    {
        Kind.NODE: Role.READER,
        Kind.SERVICE: Role.SUBMITTER,
        Kind.DEVICE: Role.SUBMITTER,
        Kind.ADMINISTRATOR: Role.OPERATOR,
    }
)
ROLE_ELSEWHERE: Final = Role.READER

_log = structlog.get_logger(__name__)


class MemberCertificates:
    """What the state at the head says of certificates that callers show."""

    def __init__(
        self,
        *,
        get_view: Callable[[], state.View],
        get_own: Callable[[], str | None],
        wall_ms: Callable[[], int],
    ) -> None:
        """Ask these for the state, whose node this is, the time."""
        self._get_view = get_view
        self._get_own = get_own
        self._wall_ms = wall_ms
        self._seen: set[tuple[str, bytes]] = set()
        self._judged: dict[tuple[bytes, tuple[bytes, ...]], Certificate | None] = {}

    def read(self, der: bytes) -> Caller | None:
        """Return whose certificate this is, now; None where it does not count."""
        try:
            organisation = read_certificate(der).subject.organisation
        except CertificateRefused:
            return None
        view = self._get_view()
        certificate = self._judge(der, organisation, view)
        now = dt.datetime.fromtimestamp(self._wall_ms() / 1000, dt.UTC)
        if certificate is None or find_date_flaw(certificate, now) is not None:
            return None
        if membership.is_revoked(view, organisation, certificate.serial):
            return None
        is_at_home = organisation == self._get_own()
        role = ROLES_AT_HOME[certificate.subject.kind] if is_at_home else ROLE_ELSEWHERE
        name = f"{organisation}/{certificate.subject.name}"
        return Caller(f"{organisation}/{certificate.serial.hex()}", name, role)

    def trust_authorities(self, context: ssl.SSLContext) -> None:
        """Add to a trust store what the chain names, and was not seen before."""
        view = self._get_view()
        for organisation in state.list_organisations(view):
            for der in membership.get_membership(view, organisation).authorities:
                if (organisation, der) not in self._seen:
                    self._seen.add((organisation, der))
                    _load(context, der, organisation)

    def _judge(self, der: bytes, organisation: str, view: state.View) -> Certificate | None:
        """Return what a certificate says, where an authority that is named now made it.

        Checking a signature takes longer than all else together, so what came of it is remembered.
        """
        authorities = membership.get_membership(view, organisation).authorities
        key = (der, authorities)
        if key not in self._judged:
            if len(self._judged) >= REMEMBERED_MAX:
                self._judged.clear()
            self._judged[key] = _validate(der, authorities, organisation)
        return self._judged[key]


def build_listener_context(
    certificate: Path, key: Path, members: MemberCertificates | None
) -> ssl.SSLContext:
    """Return the context of a public listener: TLS 1.3; with `members` it asks for certificates.

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
    if members is not None:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.sni_callback = lambda _socket, _name, given: members.trust_authorities(given)
    return context


def _validate(der: bytes, authorities: tuple[bytes, ...], organisation: str) -> Certificate | None:
    try:
        certificate = read_certificate(der)
        validate_certificate(certificate, authorities, organisation=organisation)
    except CertificateRefused:
        return None
    return certificate


def _load(context: ssl.SSLContext, der: bytes, organisation: str) -> None:
    try:
        if read_authority(der).organisation != organisation:
            raise CertificateRefused("the authority is another organisation's")
        context.load_verify_locations(cadata=der)
    except (CertificateRefused, ssl.SSLError) as problem:
        # The ledger does not read them: one that is unreadable certifies nobody, and no more.
        reason = str(problem)
        _log.warning("access.authority_unreadable", organisation=organisation, reason=reason)
