"""The members' registry as the chain's state has it: organisations, authorities, roles.

The ledger keeps certificates as bytes and never opens them; here they are read, as every node reads
them before it lets a peer in, and what cannot be read is told as such.
"""

import datetime as dt
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from dure.chain import membership, state
from dure.core.address import encode_address
from dure.core.errors import NotFound
from dure.core.types import Address
from dure.core.validators import ValidatorSet
from dure.identity.authorities.profile import CertificateRefused, read_authority

SOON: Final = dt.timedelta(days=60)
"""Before an authority ends by so much, somebody should make its successor."""


@dataclass(frozen=True, slots=True)
class AuthorityFacts:
    """Who certifies for an organisation."""

    fingerprint: str
    """SHA-256 of the certificate, in hexadecimal."""
    key: str
    ends: int | None
    """Milliseconds since 1970."""
    standing: str
    """`counts`, `ends_soon`, `ended`, `unreadable`."""
    problem: str
    """Why it cannot be read; empty where it can."""


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """One member organisation."""

    name: str
    account: str
    validators: int
    """How many of the keys that decide the next block are its own."""
    decides: bool
    """Whether its vote counts where members vote."""
    roles: tuple[str, ...]
    attributes: dict[str, str]
    authorities: tuple[AuthorityFacts, ...]
    version: int | None
    """The newest protocol version that it has announced to run."""


def list_organisations(
    view: state.View, validators: ValidatorSet, approvers: frozenset[str], now: dt.datetime
) -> list[OrganisationFacts]:
    """Return every member organisation, sorted by name."""
    return [
        describe_organisation(view, name, validators, approvers, now)
        for name in state.list_organisations(view)
    ]


def describe_organisation(
    view: state.View,
    name: str,
    validators: ValidatorSet,
    approvers: frozenset[str],
    now: dt.datetime,
) -> OrganisationFacts:
    """Return one organisation; raise `NotFound` where it is no member."""
    account = view.get(state.key_organisation(name))
    if account is None:
        raise NotFound("no member organisation of this chain has that name")
    found = membership.get_membership(view, name)
    support = view.load(tuple[state.Support, ...], state.SUPPORT) or ()
    return OrganisationFacts(
        name=name,
        account=encode_address(Address(account)),
        validators=sum(member.organisation == name for member in validators.members),
        decides=name in approvers,
        roles=found.roles,
        attributes={each.name: each.value for each in found.attributes},
        authorities=tuple(_describe_authority(der, now) for der in found.authorities),
        version=next((each.version for each in support if each.organisation == name), None),
    )


def find_account_name(view: state.View, address: Address) -> str | None:
    """Return the organisation whose own account this is, or whose device it is by name."""
    own = state.find_organisation(view, address)
    if own is not None:
        return own
    device = view.load(membership.Device, membership.key_device(address))
    return None if device is None else f"{device.organisation} · {device.name}"


def _describe_authority(der: bytes, now: dt.datetime) -> AuthorityFacts:
    fingerprint = sha256(der).hexdigest()
    try:
        authority = read_authority(der)
    except CertificateRefused as refused:
        return AuthorityFacts(fingerprint, "", None, "unreadable", refused.message)
    end = authority.not_after
    ends = int(end.timestamp() * 1000)
    return AuthorityFacts(fingerprint, authority.key.hex(), ends, _judge_end(end, now), "")


def _judge_end(end: dt.datetime, now: dt.datetime) -> str:
    if end < now:
        return "ended"
    return "ends_soon" if end < now + SOON else "counts"
