"""Writing down what a command does to a node's own files, whether the node runs or not."""

import os
from collections.abc import Mapping

from dure.api.access.audit import Act, AuditLog
from dure.api.app import read_wall_ms
from dure.node.configuration import NodeConfiguration, NodeFiles


def write_down(
    settings: NodeConfiguration, files: NodeFiles, act: str, facts: Mapping[str, str]
) -> None:
    """Put an entry into the node's log of administration; raise `StorageError`.

    Called before the act, which must not happen where this fails.
    """
    audit = AuditLog(files.audit, settings.node.name)
    audit.append(Act(act, f"user {os.getuid()}", read_wall_ms(), facts=facts))
