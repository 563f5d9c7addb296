"""Blocks with nothing in them: never, or as often as the chain's heartbeat says."""

import pytest

from dure.chain import assembly
from dure.chain.parameters import DEFAULT_PARAMETERS, HEARTBEAT_BOUNDS, validate_parameters
from dure.chain.receipt import compute_receipt_root
from dure.core.block import Block, compute_transaction_root
from dure.core.errors import InvalidBlock
from dure.core.types import Instant, Milliseconds
from tests.unit.chain.ledger import (
    BOB,
    PROPOSER,
    Ledger,
    build_document,
    change,
    copy_of,
    transfer,
)

MINUTE = Milliseconds(60_000)
BEATING = change(DEFAULT_PARAMETERS, heartbeat=MINUTE)


def forge_empty_block(ledger: Ledger, *, after: int) -> Block:
    """Return an empty block in which every root is right."""
    head = ledger.executor.head
    draft = assembly.draft_header(
        ledger.executor.chain_id,
        head,
        time=Instant(head.header.time + after),
        proposer=PROPOSER,
        engine=b"",
    )
    header = change(
        draft,
        transaction_root=compute_transaction_root(()),
        receipt_root=compute_receipt_root([]),
    )
    return Block(header, ())


@pytest.mark.parametrize("after", [1, MINUTE, 10 * MINUTE])
def test_without_a_heartbeat_no_block_is_empty(after: int) -> None:
    ledger = Ledger()
    assert ledger.executor.next_due() is None
    assert ledger.propose(after=after) is None
    with pytest.raises(InvalidBlock, match="nothing happens") as caught:
        ledger.executor.judge(forge_empty_block(ledger, after=after))
    assert caught.value.facts["rule"] == "work"


def test_an_empty_block_is_made_when_the_head_is_old_enough_and_not_before() -> None:
    ledger = Ledger(build_document(BEATING))
    other = copy_of(ledger)
    assert ledger.executor.next_due() == ledger.time + MINUTE
    assert not ledger.executor.has_scheduled_work(Instant(ledger.time + MINUTE - 1))
    assert ledger.executor.has_scheduled_work(Instant(ledger.time + MINUTE))
    assert ledger.propose(after=MINUTE - 1) is None
    with pytest.raises(InvalidBlock, match="nothing happens"):
        other.judge(forge_empty_block(ledger, after=MINUTE - 1))
    before = ledger.executor.head.header
    beat = ledger.commit(after=MINUTE).candidate
    assert beat.block.transactions == ()
    assert beat.block.header.state_root == before.state_root
    assert other.judge(beat.block).position.block_id == beat.position.block_id
    assert ledger.executor.next_due() == ledger.time + MINUTE


def test_a_block_with_work_puts_the_heartbeat_off() -> None:
    ledger = Ledger(build_document(BEATING))
    ledger.run("alice", transfer(BOB, 1), after=MINUTE // 2)
    assert ledger.executor.next_due() == ledger.time + MINUTE
    assert ledger.propose(after=MINUTE // 2) is None


def test_a_heartbeat_has_a_least_and_a_most() -> None:
    least, most = HEARTBEAT_BOUNDS
    for value in (0, least, most):
        validate_parameters(change(DEFAULT_PARAMETERS, heartbeat=Milliseconds(value)))
    for value in (1, least - 1, most + 1):
        with pytest.raises(ValueError, match="heartbeat lies between"):
            validate_parameters(change(DEFAULT_PARAMETERS, heartbeat=Milliseconds(value)))
