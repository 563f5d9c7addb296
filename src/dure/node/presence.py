"""When a node may say that it runs and is in sync, and what it says then.

Rules
-----
1. A node that knows itself to be behind says nothing.
2. A node that is cut off cannot know: it hears of as many validators as include a correct one for
   certain, or of all others where they are fewer.
"""

from dure.chain.candidate import Position
from dure.core.attestation import AttestationStatement
from dure.core.errors import Unavailable
from dure.core.types import Instant
from dure.core.validators import compute_weak_quorum
from dure.node.gateway import NodeStatus


def build_statement(status: NodeStatus, head: Position, now: Instant) -> AttestationStatement:
    """Return what the node of `status` attests; raise `Unavailable` where it is not in sync."""
    if status.syncing:
        raise Unavailable("this node is catching up with the others; try again when it has")
    others = set(head.validators.keys) - {status.validator_key}
    heard = sum(p.key in others and p.connected and p.height is not None for p in status.peers)
    needed = min(len(others), compute_weak_quorum(len(head.validators)))
    if heard < needed:
        message = f"this node hears of {heard} validators and needs {needed} to know how high the "
        raise Unavailable(message + "chain is: does every member's peers file name it?")
    return AttestationStatement(
        chain_id=status.chain_id,
        validator=status.validator_key,
        height=head.header.height,
        block_id=head.block_id,
        time=now,
    )
