"""One member's node as files, and what others know of it."""

import os.path
from pathlib import Path

import msgspec

from dure.node.configuration import (
    ApiSection,
    NodeConfiguration,
    NodeSection,
    PeersSection,
    write_configuration,
)


class Member(msgspec.Struct, frozen=True):
    """One member of a network on this host."""

    name: str
    url: str
    """Where its node's public API answers."""
    peer_port: int
    api_port: int
    validator_key: str
    """Hexadecimal."""


def write_node_files(home: Path, member: Member, host: str, authority: Path | None) -> None:
    """Write the node's configuration into its folder; peers reach it at `host`.

    `authority` is the folder with which it renews its certificate by itself, where it may.
    """
    renewing = "" if authority is None else os.path.relpath(authority, home)
    configuration = NodeConfiguration(
        node=NodeSection(name=member.name),
        peers=PeersSection(host=host, port=member.peer_port, authority=renewing),
        api=ApiSection(port=member.api_port),
    )
    write_configuration(home / "node.toml", configuration)
