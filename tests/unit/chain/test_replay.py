"""The replay window: what was executed stays known over restarts, candidates and undone blocks."""

import pytest

from dure.chain import system
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.chain.replay import Executed, list_executed
from dure.chain.transaction import Envelope
from dure.core.codec import encode
from dure.core.errors import InvalidBlock, TransactionExpired, TransactionReplayed
from dure.core.types import Instant, Milliseconds
from tests.unit.chain.ledger import (
    AUTHORITY_POLICY,
    BOB,
    GENESIS_TIME,
    Ledger,
    ask,
    build_document,
    change,
    copy_of,
    forge,
    items_of,
    ledger_call,
    list_blocks,
    prove,
    transfer,
)


def test_a_transaction_is_executed_once_while_it_is_valid() -> None:
    ledger = Ledger()
    envelope = ledger.sign("alice", transfer(BOB, 1), valid_until=Instant(GENESIS_TIME + 50_000))
    ledger.commit(envelope)
    (opened,) = ledger.open(envelope)
    assert ledger.executor.is_executed(opened.transaction_id)
    with pytest.raises(TransactionReplayed):
        ledger.executor.check(opened, Instant(0))
    assert ledger.propose(envelope, after=49_999) is None
    list_blocks(ledger, 1, after=130_000)
    list_blocks(ledger, 1)
    assert not ledger.executor.is_executed(opened.transaction_id)
    with pytest.raises(TransactionExpired):
        ledger.executor.check(opened, Instant(0))


def test_another_envelope_of_the_same_body_is_the_same_transaction() -> None:
    ledger = Ledger()
    call = ledger_call("set_parameters", system.SetParametersArguments(DEFAULT_PARAMETERS))
    body = ledger.build_body("authority", call)
    data = encode(body)
    first, second = (
        encode(Envelope(data, (prove(data, AUTHORITY_POLICY, *signers),)))
        for signers in (("bank", "port"), ("bank", "city"))
    )
    assert first != second
    ledger.commit(first)
    assert ledger.propose(second) is None


def test_a_restart_knows_what_was_executed() -> None:
    ledger = Ledger()
    blocks = list_blocks(ledger, 3, after=1_000)
    again = copy_of(ledger)
    recent = map(list_executed, blocks)
    again.restore(ledger.executor.head.header, items_of(ledger.executor), recent)
    assert again.head == ledger.executor.head
    for block in blocks:
        (opened,) = ledger.open(*block.transactions)
        with pytest.raises(TransactionReplayed):
            again.check(opened, Instant(0))
    candidate = ledger.build(ledger.sign("alice", transfer(BOB, 1)))
    again.commit(again.judge(candidate.block).position.block_id)
    ledger.executor.commit(candidate.position.block_id)
    assert again.head == ledger.executor.head


def test_a_restart_from_something_else_is_refused_and_changes_nothing() -> None:
    ledger = Ledger()
    blocks = [*map(list_executed, list_blocks(ledger, 3))]
    header, items = ledger.executor.head.header, items_of(ledger.executor)
    other = copy_of(ledger)
    before = other.head
    attempts = {
        "chain id": (change(header, chain_id=bytes(32)), items, blocks),
        "state root": (header, items[1:], blocks),
        "replay window": (header, items, blocks[:-1]),
    }
    for rule, (head, content, recent) in attempts.items():
        with pytest.raises(InvalidBlock) as caught:
            other.restore(head, content, recent)
        assert caught.value.facts["rule"] == rule
    for recent in ([blocks[0], blocks[2]], blocks[::-1]):
        with pytest.raises(InvalidBlock, match="not one chain"):
            other.restore(header, items, recent)
    assert other.head is before


def test_what_a_block_executed_is_read_from_its_own_body_alone() -> None:
    ledger = Ledger()
    (block,) = list_blocks(ledger, 1)
    (opened,) = ledger.open(*block.transactions)
    assert list_executed(block) == Executed(block.header, (opened.transaction_id,))
    with pytest.raises(InvalidBlock, match="foreign body"):
        list_executed(change(block, transactions=()))
    with pytest.raises(InvalidBlock, match="no transaction"):
        list_executed(forge(block, b"garbage"))


def test_an_undone_block_was_never_there() -> None:
    ledger = Ledger()
    blocks = list_blocks(ledger, 2)
    before = ledger.executor.head
    state_before = ledger.executor.copy_state()
    contract_call = ask(BOB)
    committed = ledger.commit(
        ledger.sign("alice", transfer(BOB, 5)), ledger.sign("bob", contract_call)
    )
    ledger.build(ledger.sign("alice", transfer(BOB, 7)))
    ledger.executor.undo(before.header, committed.undo, map(list_executed, blocks))
    assert ledger.executor.copy_state() == state_before
    assert ledger.executor.head.block_id == before.block_id
    assert ledger.executor.head.root == before.root
    assert len(ledger.executor._candidates) == 0
    (replayed,) = ledger.open(*blocks[1].transactions)
    with pytest.raises(TransactionReplayed):
        ledger.executor.check(replayed, Instant(0))
    ledger.commit(*committed.candidate.block.transactions)
    assert ledger.executor.head.header == committed.candidate.block.header


def test_undo_brings_back_what_had_left_the_replay_window() -> None:
    ledger = Ledger(build_document(change(DEFAULT_PARAMETERS, replay_window=Milliseconds(10_000))))
    envelope = ledger.sign("alice", transfer(BOB, 1), valid_until=Instant(GENESIS_TIME + 10_000))
    first = ledger.commit(envelope)
    parent = ledger.executor.head
    later = ledger.commit(
        ledger.sign("alice", transfer(BOB, 2), valid_until=Instant(GENESIS_TIME + 30_000)),
        after=20_000,
    )
    (opened,) = ledger.open(envelope)
    assert not ledger.executor.is_executed(opened.transaction_id)
    ledger.executor.undo(parent.header, later.undo, [list_executed(first.candidate.block)])
    assert ledger.executor.is_executed(opened.transaction_id)


def test_undo_takes_only_the_heads_own_record() -> None:
    ledger = Ledger()
    first = ledger.executor.head
    committed = ledger.commit(ledger.sign("alice", transfer(BOB, 5)))
    with pytest.raises(AssertionError, match="only the parent"):
        ledger.executor.undo(ledger.executor.head.header, committed.undo, ())
    with pytest.raises(AssertionError, match="undo record"):
        ledger.executor.undo(first.header, {}, ())
