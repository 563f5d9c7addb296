"""Compact dissemination: a block travels as the names of envelopes that its readers hold already.

Clients' transactions reach every node by gossip before they stand in a block. So a message of the
engine that carries a block is sent without the block's body, with the ids of its envelopes beside
it (`messages.BareMessage`). Whoever receives it joins the body from its own mempool, and asks the
sender for what it lacks. The engine sees whole messages only and knows nothing of this.

Why it is safe
--------------
The header's transaction root is over the envelope ids in order, and the block id covers the header.
So a list of ids is checked before there is any body, each envelope that comes is checked against
its id, and the body against the header where it is put back (`Engine.put_body`). A lie costs its
teller the connection and can put nothing else into the block.

Why messages may change places
------------------------------
A message that waits for envelopes is overtaken by later ones of the same peer. To an engine that is
one of the things that a network does: votes count whether or not their proposal is here, of two
round changes the higher one stays, and what belongs to a height that is over is dropped.

Why nothing waits for it
------------------------
A body that does not come is a message that was lost: the round's timer runs all the while, and the
round changes. A correct sender repeats its message, and the questions begin anew. A message may
also come whole, as any message without a block does. Catching up does not come by here: its blocks
are always whole.

Read in this order: `dissemination` (what goes out and comes in), `fetching` (a body that is not
complete), `bodies` (those that were).
"""

from dure.node.dissemination.dissemination import Again, BodyCounts, Dissemination, Hooks

__all__ = ["Again", "BodyCounts", "Dissemination", "Hooks"]
