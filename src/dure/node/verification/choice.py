"""How many workers check signatures.

The rule of `auto`: a node needs one core for itself, and cores that no node of this host needs are
shared out evenly among them. The nodes of this host are those that the peers file has at the same
host as this one. More than `AUTO_MAX` workers are of no use to one node: its event loop, which
executes and orders, takes longer for a transaction than two workers take for its signature.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from dure.core.types import PublicKey
from dure.node.peers.directory import Peer

AUTO_MAX: Final = 2
QUOTA_FILE: Final = Path("/sys/fs/cgroup/cpu.max")
"""How much processor time a container's processes have together, on Linux."""

Wanted = int | Literal["auto"]


def choose_count(wanted: Wanted, peers: Sequence[Peer], own_key: PublicKey) -> int:
    """Return how many workers the node with that key is to have."""
    if wanted != "auto":
        return wanted
    own_host = next((peer.host for peer in peers if peer.key == own_key), None)
    nodes = max(1, sum(peer.host == own_host for peer in peers))
    return compute_share(count_cores(), nodes)


def compute_share(cores: int, nodes: int) -> int:
    """Return the workers of each of `nodes` nodes that share `cores` cores."""
    return max(0, min(AUTO_MAX, (cores - nodes) // nodes))


def count_cores() -> int:
    """Return how many cores this process may keep busy."""
    if sys.platform != "linux":
        return os.cpu_count() or 1
    return min(len(os.sched_getaffinity(0)), read_quota(QUOTA_FILE))


def read_quota(file: Path) -> int:
    """Return how many whole cores a container is given; without a bound, very many."""
    try:
        time, period = file.read_text("ascii").split()
        return int(time) // int(period)
    except (OSError, ValueError):
        # No file, or the word "max" in it.
        return sys.maxsize
