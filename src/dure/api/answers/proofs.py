"""Proof files for what this node stores."""

from dure.api.answers.blocks import open_records
from dure.api.answers.validators import list_changes
from dure.core.errors import NotFound, Unavailable
from dure.core.types import Height
from dure.node.gateway import Gateway
from dure.node.ports import StoredBlock
from dure.proof.building import (
    FinalBlock,
    build_handover,
    build_scheduled_proof,
    build_state_proof_file,
    build_transaction_proof,
)
from dure.proof.file import Handover, ProofFile


def prove_transaction(gateway: Gateway, stored: StoredBlock, index: int) -> ProofFile:
    """Return the proof of the block's transaction at `index` and of what came of it."""
    return build_transaction_proof(_open_final(gateway, stored), index)


def prove_scheduled(gateway: Gateway, stored: StoredBlock, scheduled_id: bytes) -> ProofFile:
    """Return the proof of what a scheduled call did."""
    return build_scheduled_proof(_open_final(gateway, stored), scheduled_id)


def prove_state(gateway: Gateway, key: bytes) -> ProofFile:
    """Return the proof of what the head's state holds under `key`, or that it holds nothing."""
    executor = gateway.executor
    stored = gateway.load_block(executor.head.header.height)
    if stored is None or not stored.certificate.seals:
        raise Unavailable(
            "the chain has no certified block yet", height=executor.head.header.height
        )
    path = executor.prove(key)
    return build_state_proof_file(_open_final(gateway, stored), key, executor.read(key), path)


def get_stored(gateway: Gateway, height: Height) -> StoredBlock:
    """Return a stored block; raise `NotFound`."""
    stored = gateway.load_block(height)
    if stored is None:
        oldest = gateway.get_history().oldest
        raise NotFound("this node has no block of that height", height=height, oldest=oldest)
    return stored


def _open_final(gateway: Gateway, stored: StoredBlock) -> FinalBlock:
    return FinalBlock(
        genesis=gateway.executor.genesis,
        handovers=_list_handovers(gateway, stored.block.header.height),
        block=stored.block,
        certificate=stored.certificate,
        records=tuple(open_records(stored)),
    )


def _list_handovers(gateway: Gateway, below: Height) -> tuple[Handover, ...]:
    """Return the blocks below a height that changed the validator set.

    Raise `Unavailable` where pruned.
    """
    handovers: list[Handover] = []
    for height, validators in list_changes(gateway):
        if height >= below:
            break
        stored = gateway.load_block(height)
        kept = gateway.load_handover(height) if stored is None else None
        if stored is not None:
            kept = build_handover(stored.block.header, stored.certificate, validators)
        if kept is None:
            message = "this node no longer has a block that the proof needs; ask an archive node"
            raise Unavailable(message, height=height)
        handovers.append(kept)
    return tuple(handovers)
