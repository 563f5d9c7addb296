"""What a node believes of a block that others sealed, and what it has seen for itself."""

import msgspec
import pytest

from dure.chain.transaction import Envelope, Transaction
from dure.core.block import Block, compute_transaction_root
from dure.core.codec import decode, encode
from dure.core.types import Instant
from dure.node.driver import Divergence
from dure.testing.simulation.network import Simulation


def forge_block(simulation: Simulation) -> Block:
    """Return a block on the head that is right but for a signature of its transaction."""
    executor = simulation.get_driver(0).executor
    envelope = simulation.transfer(target=0)
    (opened,) = executor.transactions.open_many([envelope])
    assert isinstance(opened, Transaction)
    candidate = executor.propose(
        executor.head.block_id,
        time=Instant(simulation.scheduler.now_ms),
        proposer=executor.head.validators.keys[0],
        transactions=[opened],
    )
    assert candidate is not None
    whole = decode(Envelope, envelope)
    proof = msgspec.structs.replace(whole.proofs[0], signatures=(bytes(64),))
    body = (encode(Envelope(whole.body, (proof,))),)
    root = compute_transaction_root(body)
    return Block(msgspec.structs.replace(candidate.block.header, transaction_root=root), body)


def test_a_quorums_word_stands_for_signatures_that_were_not_checked_here() -> None:
    simulation = Simulation(1)
    execution = simulation.get_driver(1)._execution
    block = forge_block(simulation)
    assert execution.execute_final(block).block == block


def test_no_quorum_makes_a_signature_right_that_was_found_wrong_here() -> None:
    simulation = Simulation(1)
    execution = simulation.get_driver(1)._execution
    block = forge_block(simulation)
    assert not execution.judge(block)
    with pytest.raises(Divergence):
        execution.execute_final(block)
    assert not execution.judge(block)
