"""PBFT among listed organisations: one height at a time, final at once.

Up to f = ⌊(n-1)/3⌋ of n members may be faulty in any way.

Read in this order: `messages` (what is said), `votes` (how it is counted), `justification` (what
makes a proposal of a later round safe), `state` (what a member remembers of one height), `rules`
(what it does, with the transition table in `table`), `records` (what it writes down first),
`timing` (how long it waits), `future` (what it keeps for later), `engine` (how events reach the
rules).

Source: Castro and Liskov 1999; the QBFT specification (EEA), with its unmerged fix of the proposal
rule; the timer rule of Castro and Liskov section 4.5.2.
"""

from dure.consensus.pbft.engine import PbftEngine
from dure.consensus.pbft.messages import Message
from dure.consensus.pbft.timing import Settings

__all__ = ["Message", "PbftEngine", "Settings"]
