"""Whether a block's body is the one that its header commits to.

A certificate proves a header. Whoever relays the block could still exchange the envelopes below
it, so every block from outside passes here before an engine keeps it: otherwise one liar could
hand a final header with a wrong body to the executor. No envelope is opened for that.
"""

from dure.core.block import Block, compute_transaction_root


def has_own_body(block: Block) -> bool:
    """Say whether the envelopes are exactly those under the header's transaction root."""
    return compute_transaction_root(block.transactions) == block.header.transaction_root
