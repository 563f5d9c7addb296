"""Who decides about blocks and how they did lately: proposers, seals, rounds, presence.

Proposers come from the index. Seals and rounds stand in the certificates of the blocks themselves,
which the node reads from its disk, so only as many of the newest are opened as stay small together.
A node that reads a certificate of `quorum` seals saw a quorum: a member that is missing there may
have sealed too late to be counted, and nothing more is to be read from one absence.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dure.core.certificate import Certificate
from dure.core.types import Height, PublicKey
from dure.index import BlockRow
from dure.node.gateway import Gateway, NodeStatus

PROPOSERS_READ: Final = 500
"""Blocks whose proposers are counted."""
CERTIFICATES_READ: Final = 50
CERTIFICATE_BYTES_MAX: Final = 4 * 1024 * 1024
"""Bytes of the transactions that are read along with the certificates."""


@dataclass(frozen=True, slots=True)
class SealedBlock:
    """A block and its certificate."""

    height: int
    time: int
    proposer: str
    round: int
    seals: int


@dataclass(frozen=True, slots=True)
class ValidatorFacts:
    """One validator of the set that decides the next block."""

    organisation: str
    key: str
    presence: str
    """`here` for this node's own, `connected`, `away`, or `unknown` where this node has no peer of
    that key."""
    height: int | None
    """What it claimed last."""
    proposed: int
    """Of the blocks whose proposers were counted."""
    sealed: int
    """Of the certificates that were read."""
    last_sealed: int | None


@dataclass(frozen=True, slots=True)
class Consensus:
    """What a page about validators says."""

    validators: tuple[ValidatorFacts, ...]
    proposers_read: int
    blocks: tuple[SealedBlock, ...]
    """Whose certificates were read, the newest first."""

    @property
    def late(self) -> tuple[SealedBlock, ...]:
        """The blocks that took more than one round."""
        return tuple(each for each in self.blocks if each.round > 0)


async def describe_consensus(gateway: Gateway, rows: Sequence[BlockRow]) -> Consensus:
    """Return how the validators did in the newest blocks; `rows` are in rising order."""
    certificates = await _load_certificates(gateway, rows)
    status = gateway.get_status()
    proposed = Counter(row.proposer for row in rows)
    sealed = Counter(
        seal.validator for _, certificate in certificates for seal in certificate.seals
    )
    members = gateway.executor.head.validators.members
    names = {member.key: member.organisation for member in members}
    return Consensus(
        validators=tuple(
            ValidatorFacts(
                organisation=member.organisation,
                key=member.key.hex(),
                presence=find_presence(status, member.key),
                height=_find_height(status, member.key),
                proposed=proposed[member.key],
                sealed=sealed[member.key],
                last_sealed=_find_last(certificates, member.key),
            )
            for member in members
        ),
        proposers_read=len(rows),
        blocks=tuple(
            SealedBlock(
                height=row.height,
                time=row.time,
                proposer=names.get(PublicKey(row.proposer), row.proposer.hex()),
                round=certificate.round,
                seals=len(certificate.seals),
            )
            for row, certificate in certificates
        ),
    )


def find_presence(status: NodeStatus, key: PublicKey) -> str:
    """Say whether a validator is this node, connected to it, away, or not known to it."""
    if key == status.validator_key:
        return "here"
    for peer in status.peers:
        if peer.key == key:
            return "connected" if peer.connected else "away"
    return "unknown"


async def _load_certificates(
    gateway: Gateway, rows: Sequence[BlockRow]
) -> list[tuple[BlockRow, Certificate]]:
    found: list[tuple[BlockRow, Certificate]] = []
    size = 0
    for row in reversed(rows):
        size += row.bytes
        if len(found) >= CERTIFICATES_READ or size > CERTIFICATE_BYTES_MAX:
            break
        stored = gateway.load_block(row.height)
        if stored is None:
            break
        found.append((row, stored.certificate))
        # Each comes from the disk: the node hears its peers in between.
        await asyncio.sleep(0)
    return found


def _find_height(status: NodeStatus, key: PublicKey) -> int | None:
    if key == status.validator_key:
        return status.height
    return next((peer.height for peer in status.peers if peer.key == key), None)


def _find_last(
    certificates: Sequence[tuple[BlockRow, Certificate]], key: PublicKey
) -> Height | None:
    return next(
        (
            row.height
            for row, certificate in certificates
            if any(seal.validator == key for seal in certificate.seals)
        ),
        None,
    )
