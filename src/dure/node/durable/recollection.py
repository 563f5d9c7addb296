"""What a starting validator remembers of its own votes: the signer it gets, and what it has lost.

Rules
-----
1. Whatever is found out is durable before anything else happens: a loss that only shows now (the
   store catches up, the journal is compacted) is written into the journal's file.
2. A journal of another key is no loss where the guard is blank: the key is new and has never voted.
   The old key's ballots are moved aside.
3. A lost guard stops the node, unless the operator says that votes were lost. Then the journal is
   declared lost first and the guard made anew second, so that no crash between them leaves a
   validator that believes in a blank guard.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from dure.identity.keys import Key
from dure.node.durable.loss import Loss, find_disagreement, find_own_seal
from dure.node.durable.signer import FileSigner, Place, is_guard_lost, replace_guard
from dure.node.durable.storage import RocksDisk

log = structlog.get_logger()

ReadPlace = Callable[[bytes], Place]
"""Says where in the signer's order the ballot of a journal's record stands; the engine's."""


@dataclass(frozen=True, slots=True)
class Recollection:
    """The open signer, and why it may have forgotten votes; None where it has not."""

    signer: FileSigner
    loss: Loss | None


def recollect(
    disk: RocksDisk, guard: Path, key: Key, *, read_place: ReadPlace, votes_lost: bool
) -> Recollection:
    """Open the guard of `key` and compare it with what `disk` holds.

    `votes_lost` is the operator's word. Raises `ConfigurationError` and `StorageError`.
    """
    if votes_lost and is_guard_lost(guard, key.public):
        disk.declare_votes_lost(Loss.GUARD_REPLACED)
        replace_guard(guard, key.public)
        log.error("guard_made_anew", file=str(guard))
    signer = FileSigner(guard, key)
    try:
        return Recollection(signer, _find_loss(disk, signer, read_place))
    except BaseException:
        signer.close()
        raise


def _find_loss(disk: RocksDisk, signer: FileSigner, read_place: ReadPlace) -> Loss | None:
    if disk.loss is Loss.ANOTHER_KEY and signer.last.is_blank:
        disk.begin_journal_anew()
        log.info("journal_of_another_key", key=signer.key)
    if disk.loss is not None:
        return disk.loss
    stored = disk.load_head()
    loss = find_disagreement(
        head=-1 if stored is None else stored.block.header.height,
        own_seal=None if stored is None else find_own_seal(stored, signer.key),
        journalled=[read_place(record) for record in disk.load_whole_journal()],
        guard=signer.last,
    )
    if loss is not None:
        disk.declare_votes_lost(loss)
    return loss
