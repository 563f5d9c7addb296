"""What an operator sees of networks: the answers of the admin console's API and of `--json`."""

from typing import Literal

import msgspec

State = Literal["stopped", "starting", "running"]


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON object of the API."""


class NetworkLine(_Answer, frozen=True, kw_only=True):
    """One network in the list."""

    name: str
    chain_id: str
    kind: str
    engine: str
    test: bool
    organisations: list[str]
    """Its nodes on this host."""
    running: int
    """How many of them run."""


class NetworkList(_Answer, frozen=True, kw_only=True):
    """All networks of the host."""

    networks: list[NetworkLine]
    networks_max: int


class NodeView(_Answer, frozen=True, kw_only=True):
    """One node, as its process and its own answer show it."""

    name: str
    url: str
    state: State
    pid: int | None
    is_validator: bool | None
    """None where it does not say: it does not run, or does not answer."""
    height: int | None
    state_root: str | None
    waiting: int | None
    """Transactions."""
    peers: int | None
    peers_connected: int | None
    memory_bytes: int | None
    disk_bytes: int
    explanation: list[str]
    """In its own words: what goes on, then one sentence on each thing that is wrong."""


class NetworkView(_Answer, frozen=True, kw_only=True):
    """A network with its nodes."""

    name: str
    chain_id: str
    kind: str
    engine: str
    test: bool
    height: int | None
    """The highest that a node here has; None where none answers."""
    nodes: list[NodeView]


class LogTail(_Answer, frozen=True, kw_only=True):
    """The end of a node's log."""

    node: str
    lines: list[str]


class ContractLine(_Answer, frozen=True, kw_only=True):
    """A contract that could be given new code."""

    address: str
    name: str
    version: int


class ContractLines(_Answer, frozen=True, kw_only=True):
    """The first contracts of a chain."""

    contracts: list[ContractLine]


class CopiedBlock(_Answer, frozen=True, kw_only=True):
    """A block of a copy."""

    height: int
    time: int
    transactions: int


class Change(_Answer, frozen=True, kw_only=True):
    """The one byte of a copy that was spoilt."""

    height: int
    part: str
    offset: int
    before: int
    after: int
    mend_checksum: bool


class CopyView(_Answer, frozen=True, kw_only=True):
    """What was copied, and what was done to it."""

    node: str
    head: int
    blocks: list[CopiedBlock]
    """The newest first."""
    change: Change | None


class CopyAnswer(_Answer, frozen=True, kw_only=True):
    """The copy of a network's data, where one was taken."""

    copy: CopyView | None


class PartView(_Answer, frozen=True, kw_only=True):
    """A part of a stored block as bytes."""

    name: str
    length: int
    digits: str
    """The first of them, in hexadecimal."""


class BlockParts(_Answer, frozen=True, kw_only=True):
    """A block of the copy as it lies on the disk now."""

    height: int
    parts: list[PartView]


CheckName = Literal["disk", "form", "link", "body", "receipts", "seals", "execution"]


class Check(_Answer, frozen=True, kw_only=True):
    """One thing that a node looks at before it believes a stored block."""

    name: CheckName
    holds: bool | None
    """None where an earlier check leaves nothing to look at."""
    says: str
    """The node's own words where it does not hold."""


class Witness(_Answer, frozen=True, kw_only=True):
    """What an untouched node says of the block."""

    node: str
    block_id: str
    seals: int


class Judgement(_Answer, frozen=True, kw_only=True):
    """What the spoilt block comes to, and what the others still show."""

    height: int
    block_id: str | None
    """By the copy's bytes; None where they are no block."""
    checks: list[Check]
    others: int
    """Other blocks of the copy that were executed again and hold."""
    witnesses: list[Witness]
    proof: str | None
    """What a proof of a transaction in that block comes to; None without running nodes or without
    a transaction."""
