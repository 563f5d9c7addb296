"""Where the nodes of a network stand once it has come to rest, asked of each one alone."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dure.cli.network.founding import Network
from dure.core.errors import DureError
from dure.core.types import ChainId
from dure.sdk import AsyncClient

SETTLE_TIMEOUT_S: Final = 30.0
POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class NodeState:
    """Where one node stands at the end."""

    name: str
    height: int | None
    """None where the node does not answer."""
    state_root: str


def are_equal(nodes: Sequence[NodeState]) -> bool:
    """Say whether all nodes that answer hold the same state, and a quorum answers."""
    up = [node for node in nodes if node.height is not None]
    alike = len({(node.height, node.state_root) for node in up}) == 1
    return alike and 3 * len(up) > 2 * len(nodes)


async def wait_settled(network: Network) -> tuple[NodeState, ...]:
    """Return every node's state, as soon as all that answer are equally high."""
    chain_id = ChainId(bytes.fromhex(network.chain_id))
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    while True:
        asked = (_ask(member.name, member.url, chain_id) for member in network.members)
        nodes = tuple(await asyncio.gather(*asked))
        heights = {node.height for node in nodes if node.height is not None}
        if len(heights) == 1 or time.monotonic() > deadline:
            return nodes
        await asyncio.sleep(POLL_S)


async def _ask(name: str, url: str, chain_id: ChainId) -> NodeState:
    try:
        async with AsyncClient([url], chain_id=chain_id) as client:
            status = await client.get_status()
    except DureError:
        return NodeState(name, None, "")
    return NodeState(name, status.height, status.state_root)
