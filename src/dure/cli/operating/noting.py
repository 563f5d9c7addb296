"""Writing down what a command does to a node, or at an authority, whether the node runs or not."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dure.api.access.audit import Act, AuditLog
from dure.api.app import read_wall_ms
from dure.identity.authorities.authority import load_authority
from dure.node.configuration import NodeConfiguration, NodeFiles

AUTHORITY_LOG: Final = "audit.jsonl"
"""In the authority's folder; `dure access audit` reads and checks it like a node's."""


def write_down(
    settings: NodeConfiguration, files: NodeFiles, act: str, facts: Mapping[str, str]
) -> None:
    """Put an entry into the node's log of administration; raise `StorageError`.

    Called before the act, which must not happen where this fails.
    """
    _append(AuditLog(files.audit, settings.node.name), act, facts)


def note_at_authority(folder: Path, act: str, facts: Mapping[str, str]) -> None:
    """Put an entry into the log of a certificate authority, as `write_down` does for a node."""
    _append(AuditLog(folder / AUTHORITY_LOG, load_authority(folder).organisation), act, facts)


def _append(log: AuditLog, act: str, facts: Mapping[str, str]) -> None:
    log.append(Act(act, f"user {os.getuid()}", read_wall_ms(), facts=facts))
