"""Proof files for what this node stores."""

from dure.api.answers.blocks import open_records
from dure.core.errors import NotFound, Unavailable
from dure.core.types import Height
from dure.node.catching_up.handovers import collect_handovers
from dure.node.gateway import Gateway
from dure.node.ports import StoredBlock
from dure.proof.building import (
    FinalBlock,
    build_outcome_proof,
    build_scheduled_proof,
    build_state_proof_file,
    build_transaction_proof,
)
from dure.proof.file import ProofFile


def prove_transaction(gateway: Gateway, stored: StoredBlock, index: int) -> ProofFile:
    """Return the proof of the block's transaction at `index` and of what came of it."""
    return build_transaction_proof(_open_final(gateway, stored), index)


def prove_call(
    gateway: Gateway, stored: StoredBlock, transaction_id: bytes, call: int
) -> ProofFile:
    """Return the proof of what one call of a transaction did; raise `NotFound`."""
    return build_outcome_proof(_open_final(gateway, stored), transaction_id, call)


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
    executor, below = gateway.executor, stored.block.header.height
    return FinalBlock(
        genesis=executor.genesis,
        handovers=tuple(collect_handovers(executor.view(), gateway, below)),
        block=stored.block,
        certificate=stored.certificate,
        records=tuple(open_records(stored)),
    )
