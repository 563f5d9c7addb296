"""Whom the chain lets in: certificates of peers, judged by the state at the head.

Rules
-----
1. A node may be connected as long as the chain, at this node's head, knows its organisation as a
   member, names an authority that signed its certificate, and has not revoked that certificate.
   This is asked when it connects and again at every new head, so an expulsion or a revocation cuts
   it off with the block that decides it.
2. Dates are asked when it connects, and never again: a connection outlives the certificate that
   opened it. A date that passes while nobody looks must not stop a chain that runs, and a clock
   that jumps must not cut a node off from all others at once; whoever is not to be trusted any more
   is revoked.
3. A validator in force is let in for `VALIDATOR_GRACE` longer than its certificate says, so that an
   authority that is out of order over a holiday costs nobody a quorum. Each time it is logged.
4. A key that is pinned in the peers file needs no authority; where the file names its organisation
   as well, the chain must still know that one.
"""

import datetime as dt
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from dure.chain import membership, state
from dure.chain.membership import Membership
from dure.core.types import Instant
from dure.core.validators import ValidatorSet
from dure.identity.authorities.profile import (
    CLOCK_TOLERANCE,
    Certificate,
    CertificateRefused,
    find_date_flaw,
    read_authority,
    read_certificate,
    validate_certificate,
)
from dure.node.peers.directory import Peer

VALIDATOR_GRACE: Final = dt.timedelta(days=7)
_REMEMBERED_MAX: Final = 1024

log = structlog.get_logger("dure.node.peers")


class Admission(Protocol):
    """Who may be connected, apart from what the peers file says."""

    def list_authorities(self, organisation: str) -> tuple[bytes, ...]:
        """Return the certificates (DER) of those who certify an organisation's nodes now."""
        ...

    def find_flaw(self, peer: Peer, certificate: bytes, *, is_new: bool) -> str | None:
        """Say why `peer`, which shows a certificate, may not connect, or stay; None where it may.

        The handshake has shown that it holds the certificate's key.
        """
        ...


class PinnedOnly:
    """Lets in whose keys are pinned, and nobody else."""

    def list_authorities(self, organisation: str) -> tuple[bytes, ...]:
        del organisation
        return ()

    def find_flaw(self, peer: Peer, certificate: bytes, *, is_new: bool) -> str | None:
        del certificate, is_new
        return None if peer.certificate is not None else "no chain says who certifies this node"


PINNED_ONLY: Final = PinnedOnly()


class ChainAdmission:
    """What the state at the head says of peers' certificates."""

    def __init__(
        self,
        get_view: Callable[[], state.View],
        get_validators: Callable[[], ValidatorSet],
        get_time: Callable[[], Instant],
    ) -> None:
        """Ask these for the state, the validators in force, and this node's clock."""
        self._get_view = get_view
        self._get_validators = get_validators
        self._get_time = get_time
        self._known: dict[tuple[bytes, tuple[bytes, ...]], Certificate | str] = {}
        self._readable: dict[tuple[str, tuple[bytes, ...]], tuple[bytes, ...]] = {}

    def list_authorities(self, organisation: str) -> tuple[bytes, ...]:
        key = (organisation, self._get_membership(organisation).authorities)
        if key not in self._readable:
            if len(self._readable) >= _REMEMBERED_MAX:
                self._readable.clear()
            self._readable[key] = tuple(der for der in key[1] if _is_readable(der, organisation))
        return self._readable[key]

    def find_flaw(self, peer: Peer, certificate: bytes, *, is_new: bool) -> str | None:
        if peer.organisation is None:
            return None
        view = self._get_view()
        if view.get(state.key_organisation(peer.organisation)) is None:
            return f"{peer.organisation} is no member of this chain"
        if peer.certificate is not None:
            return None
        found = self._read(peer.organisation, certificate)
        if isinstance(found, str):
            return found
        if membership.is_revoked(view, peer.organisation, found.serial):
            return f"the certificate {found.serial.hex()} was revoked"
        return self._find_date_flaw(peer, found) if is_new else None

    def _find_date_flaw(self, peer: Peer, certificate: Certificate) -> str | None:
        now = dt.datetime.fromtimestamp(self._get_time() / 1000, dt.UTC)
        flaw = find_date_flaw(certificate, now, CLOCK_TOLERANCE)
        if flaw is None or peer.key not in self._get_validators():
            return flaw
        if find_date_flaw(certificate, now, VALIDATOR_GRACE) is not None:
            return flaw
        log.warning("validator_let_in_though_ended", peer=peer.name, reason=flaw)
        return None

    def _read(self, organisation: str, certificate: bytes) -> Certificate | str:
        """Return what a certificate says, where an authority made it; else why it does not count.

        Checking a signature takes 0.1 ms and is asked for every peer at every block, so what came
        of it is remembered.
        """
        authorities = self._get_membership(organisation).authorities
        key = (certificate, authorities)
        if key not in self._known:
            if len(self._known) >= _REMEMBERED_MAX:
                self._known.clear()
            self._known[key] = _judge(certificate, authorities, organisation)
        return self._known[key]

    def _get_membership(self, organisation: str) -> Membership:
        return membership.get_membership(self._get_view(), organisation)


def _judge(der: bytes, authorities: tuple[bytes, ...], organisation: str) -> Certificate | str:
    try:
        certificate = read_certificate(der)
        validate_certificate(certificate, authorities, organisation=organisation)
    except CertificateRefused as refused:
        return refused.message
    return certificate


def _is_readable(der: bytes, organisation: str) -> bool:
    """Say whether a certificate that the chain names is an authority's of that organisation."""
    try:
        return read_authority(der).organisation == organisation
    except CertificateRefused as refused:
        log.warning("authority_unreadable", organisation=organisation, reason=refused.message)
        return False
