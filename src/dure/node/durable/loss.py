"""What can have happened to a validator's memory of its own votes, and how that shows.

A validator remembers its votes three times: in the journal (what it was about to sign), in the
guard (what it signed last), and, as far as they count, in the chain. Each of them may vanish, be
damaged, or come back from a backup. Whatever of that has happened shows where they do not agree;
then the validator may have forgotten what it said, and must not speak (`dure.node.driver.muteness`
says how long).

Rules
-----
1. What the guard signed last above the store's head is for the very next height, and stands in the
   journal, because every ballot is journalled first and no record above the head is ever dropped.
   Where it is otherwise, the store, or the store with its journal, is older than the guard.
2. Every journalled ballot but the newest was put to the guard, because a ballot is signed before
   the next one is journalled; so was every own seal in the head's certificate. Where the guard is
   behind one of them, it was restored from a backup or made anew.
3. A guard that has signed nothing and no journal of its key: a new validator, or a new key. Nothing
   is lost.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import assert_never

from dure.core.types import PublicKey
from dure.node.durable.signer import Place, SignedPosition
from dure.node.ports import StoredBlock


class Loss(IntEnum):
    """Why a validator may have forgotten votes. The numbers stand in journal files."""

    MISSING = 1
    FOREIGN = 2
    OLDER = 3
    DAMAGED = 4
    ANOTHER_KEY = 5
    STORE_BEHIND = 6
    GUARD_BEHIND = 7
    GUARD_REPLACED = 8

    def describe(self) -> str:
        """Return the reason in an operator's words."""
        match self:
            case Loss.MISSING:
                return "its journal is missing"
            case Loss.FOREIGN:
                return "its journal belongs to another store"
            case Loss.OLDER:
                return "its journal is older than its store"
            case Loss.DAMAGED:
                return "its journal was damaged in the middle"
            case Loss.ANOTHER_KEY:
                return "its journal belongs to another key, and this key has signed before"
            case Loss.STORE_BEHIND:
                return "its store or its journal is older than what its guard has signed"
            case Loss.GUARD_BEHIND:
                return "its guard is older than its journal or its store"
            case Loss.GUARD_REPLACED:
                return "its guard was lost and made anew"
            case _:
                assert_never(self)


def find_disagreement(
    *,
    head: int,
    own_seal: tuple[int, int] | None,
    journalled: Sequence[Place],
    guard: SignedPosition,
) -> Loss | None:
    """Return what guard, journal and store show of a loss; None where they agree.

    `head` is the store's height, -1 where it has no block; `own_seal` the (height, round) of this
    key's seal in the head's certificate, if it has one; `journalled` the places of all ballots in
    the journal, in their order. Source: rules 1 and 2.
    """
    is_ahead = not guard.is_blank and guard.height > head
    if is_ahead and (guard.height > head + 1 or guard.place not in journalled):
        return Loss.STORE_BEHIND
    put_to_guard = [*journalled[:-1], *([] if own_seal is None else [(*own_seal, 0)])]
    if any(place > guard.place for place in put_to_guard):
        return Loss.GUARD_BEHIND
    return None


def find_own_seal(stored: StoredBlock, key: PublicKey) -> tuple[int, int] | None:
    """Return height and round of this key's seal in a block's certificate, if it is there."""
    certificate = stored.certificate
    if all(seal.validator != key for seal in certificate.seals):
        return None
    return stored.block.header.height, certificate.round
