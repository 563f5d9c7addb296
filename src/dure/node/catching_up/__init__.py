"""Catching up with the others, and helping others to.

Read in this order: `catching_up` (what the driver sees), `asking` and `claims` (peers), `download`
and `block_sync` (the blocks after the head), `state_fetch` and `window` (a state instead of all
blocks), `backfill` and `archive` (the blocks before it), `serving` (answers for others).
"""

from dure.node.catching_up.catching_up import CatchingUp, Hooks, Slice, SyncSettings

__all__ = ["CatchingUp", "Hooks", "Slice", "SyncSettings"]
