"""The door between ordering and the ledger: judging, candidates, the head's moves, replay."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.chain import system
from dure.chain.candidate import CANDIDATES_MAX
from dure.chain.executor import Executor
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.chain.state_tree import proof
from dure.core.block import Block, Header, compute_block_id
from dure.core.errors import (
    GasLimitExceeded,
    InvalidBlock,
    InvalidTransaction,
    TransactionExpired,
    TransactionReplayed,
    TransactionTooEarly,
    TransactionTooLarge,
    WrongChain,
)
from dure.core.types import BlockId, ChainId, Gas, Height, Instant
from tests.unit.chain.ledger import (
    ALICE,
    BOB,
    FUNDS,
    GENESIS_TIME,
    PROPOSER,
    Ledger,
    ask,
    build_document,
    change,
    copy_of,
    derive_key,
    forge,
    items_of,
    ledger_call,
    list_blocks,
    transfer,
)


def refuse(executor: Executor, block: Block) -> str:
    with pytest.raises(InvalidBlock) as caught:
        executor.judge(block)
    rule = caught.value.facts["rule"]
    assert isinstance(rule, str)
    return rule


# Judging


def test_judging_a_chain_of_blocks_ends_at_the_same_head() -> None:
    ledger = Ledger()
    other = copy_of(ledger)
    for amount in (1, 2, 3):
        committed = ledger.commit(ledger.sign("alice", transfer(BOB, amount)))
        judged = other.judge(committed.candidate.block)
        mirrored = other.commit(judged.position.block_id)
        assert judged.records == committed.candidate.records
        assert (mirrored.writes, mirrored.undo) == (committed.writes, committed.undo)
    assert other.head == ledger.executor.head


HEADER_CHANGES: dict[str, tuple[object, str]] = {
    "version": (2, "version"),
    "chain_id": (bytes(32), "chain id"),
    "height": (2, "height"),
    "time": (GENESIS_TIME, "time"),
    "previous": (bytes(32), "parent"),
    "transaction_root": (bytes(32), "transaction root"),
    "state_root": (bytes(32), "state root"),
    "receipt_root": (bytes(32), "receipt root"),
    "validators_root": (bytes(32), "validators root"),
    "next_validators_root": (bytes(32), "next validators root"),
    "parameters_root": (bytes(32), "parameters root"),
    "proposer": (derive_key("stranger").public, "proposer"),
    "engine": (b"work", "engine"),
}


@pytest.mark.parametrize("name", Header.__struct_fields__)
def test_a_header_with_one_other_field_is_refused_by_that_rule(name: str) -> None:
    ledger = Ledger()
    block = ledger.build(ledger.sign("alice", transfer(BOB, 1))).block
    value, rule = HEADER_CHANGES[name]
    judge = copy_of(ledger)
    assert refuse(judge, change(block, header=change(block.header, **{name: value}))) == rule
    assert judge.judge(block).position.block_id == compute_block_id(block.header)


def test_a_body_that_the_header_does_not_name_is_refused_known_or_not() -> None:
    ledger = Ledger()
    first, second = (ledger.sign("alice", transfer(BOB, i)) for i in (1, 2))
    block = ledger.build(first, second).block
    other = copy_of(ledger)
    other.judge(block)
    for transactions in ((first,), (second, first), (first, second, second), ()):
        for executor in (other, copy_of(ledger), ledger.executor):
            foreign = change(block, transactions=transactions)
            assert refuse(executor, foreign) == "transaction root"
    assert other.judge(block) is other.get_candidate(compute_block_id(block.header))


def test_a_block_with_a_transaction_that_may_not_stand_there_is_refused() -> None:
    ledger = Ledger()
    good = ledger.sign("alice", transfer(BOB, 1))
    block = ledger.build(good).block
    for envelopes in (
        [good, good],
        [good, b"garbage"],
        [good[:-1] + bytes([good[-1] ^ 1])],
        [ledger.sign("carol", transfer(BOB, 1))],
        [ledger.sign("alice", transfer(BOB, 1), chain_id=bytes(32))],
        [ledger.sign("alice", transfer(BOB, 1), valid_until=GENESIS_TIME)],
        [ledger.sign("alice", transfer(BOB, 1), fee_limit=1)],
    ):
        assert refuse(copy_of(ledger), forge(block, *envelopes)) == "transaction"


def test_a_block_keeps_the_bounds_of_gas_and_bytes_that_a_proposal_keeps() -> None:
    small = change(
        DEFAULT_PARAMETERS,
        block_gas_max=Gas(10_000_000),
        block_bytes_max=64 * 1024,
        transaction_bytes_max=40 * 1024,
    )
    ledger = Ledger(build_document(small))
    heavy = [
        ledger.sign("alice", transfer(BOB, 1), gas_limit=Gas(6_000_000)),
        ledger.sign("alice", transfer(BOB, 1), gas_limit=Gas(6_000_000)),
    ]
    large = [ledger.sign("alice", ask(BOB, ("x", "y" * 39_000))) for _ in range(2)]
    light = ledger.sign("alice", transfer(BOB, 3))
    for envelopes, rule in ((heavy, "gas"), (large, "size")):
        candidate = ledger.propose(*envelopes, light)
        assert candidate is not None
        assert candidate.block.transactions == (envelopes[0], light)
        assert candidate.refused == ()
        assert refuse(copy_of(ledger), forge(candidate.block, *envelopes)) == rule


def test_what_was_refused_leaves_no_candidate() -> None:
    ledger = Ledger()
    block = ledger.build(ledger.sign("alice", transfer(BOB, 1))).block
    other = copy_of(ledger)
    for root in (bytes([i]) * 32 for i in range(3)):
        assert refuse(other, change(block, header=change(block.header, state_root=root)))
    assert len(other._candidates) == 0


# Time and admission


def test_a_block_is_later_than_its_parent() -> None:
    ledger = Ledger()
    for after in (0, -1):
        with pytest.raises(InvalidBlock) as caught:
            ledger.propose(ledger.sign("alice", transfer(BOB, 1)), after=after)
        assert caught.value.facts["rule"] == "time"


def test_a_block_hangs_on_a_parent_that_is_known() -> None:
    ledger = Ledger()
    with pytest.raises(InvalidBlock) as caught:
        ledger.executor.propose(
            BlockId(bytes(32)),
            time=Instant(GENESIS_TIME + 1),
            proposer=PROPOSER,
            transactions=(),
        )
    assert caught.value.facts["rule"] == "parent"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"chain_id": ChainId(bytes(32))}, WrongChain),
        ({"valid_until": Instant(GENESIS_TIME)}, TransactionExpired),
        ({"valid_until": Instant(GENESIS_TIME + 1 + 120_001)}, TransactionTooEarly),
        ({"gas_limit": Gas(100)}, GasLimitExceeded),
        ({"gas_limit": Gas(100_000_001)}, GasLimitExceeded),
    ],
)
def test_what_could_not_stand_in_a_block_now_is_not_admitted(
    fields: dict[str, object], error: type[InvalidTransaction]
) -> None:
    ledger = Ledger()
    (opened,) = ledger.open(ledger.sign("alice", transfer(BOB, 1), **fields))
    with pytest.raises(error):
        ledger.executor.check(opened, Instant(0))
    assert ledger.propose(opened.envelope) is None


def test_checks_of_many_answer_as_a_check_of_each_does() -> None:
    ledger = Ledger()
    replayed = ledger.sign("alice", transfer(BOB, 1))
    ledger.commit(replayed)
    checks = ledger.executor.build_checks(Instant(0))
    answers = []
    for transaction in ledger.open(
        ledger.sign("bob", transfer(BOB, 1)),
        replayed,
        ledger.sign("alice", transfer(BOB, 1), gas_limit=Gas(1)),
        ledger.sign("carol", transfer(BOB, 1)),
        ledger.sign("alice", transfer(BOB, 1)),
    ):
        try:
            checks.validate(transaction)
            ledger.executor.check(transaction, Instant(0))
        except InvalidTransaction as refusal:
            with pytest.raises(type(refusal)):
                ledger.executor.check(transaction, Instant(0))
            answers.append(refusal.code)
        else:
            answers.append("may wait")
    assert answers == [
        "may wait",
        "transaction_replayed",
        "gas_limit_exceeded",
        "account_not_enrolled",
        "may wait",
    ]


@pytest.mark.parametrize("ahead", [1, 120_001])
def test_the_first_and_the_last_moment_of_a_transaction(ahead: int) -> None:
    ledger = Ledger()
    (opened,) = ledger.open(
        ledger.sign("alice", transfer(BOB, 1), valid_until=Instant(GENESIS_TIME + ahead))
    )
    ledger.executor.check(opened, Instant(0))
    ledger.commit(opened.envelope)


def test_a_transaction_that_is_too_early_goes_on_waiting() -> None:
    ledger = Ledger()
    early = ledger.sign("alice", transfer(BOB, 1), valid_until=Instant(GENESIS_TIME + 120_002))
    now = ledger.sign("alice", transfer(BOB, 2))
    candidate = ledger.propose(early, now)
    assert candidate is not None
    assert (candidate.block.transactions, candidate.refused) == ((now,), ())
    ledger.executor.commit(candidate.position.block_id)
    ledger.commit(early)


def test_nothing_holds_on_to_a_transaction_that_was_executed() -> None:
    """What an execution makes escapes the collector of rings: one ring, and all of it stays."""
    ledger = Ledger()
    contract = ledger.deploy()
    (opened,) = ledger.open(ledger.sign("alice", transfer(BOB, 1), ask(contract)))
    holders = sys.getrefcount(opened)
    ledger.commit(opened.envelope)
    assert sys.getrefcount(opened) == holders


# Filling a block


def test_what_fits_no_block_any_more_is_refused_and_holds_nobody_up() -> None:
    ledger = Ledger()
    greedy = ledger.sign("alice", transfer(BOB, 1), gas_limit=Gas(90_000_000))
    long = ledger.sign("alice", ask(BOB, ("x", "y" * 100_000)))
    (late,) = ledger.open(greedy)
    ledger.executor.check(late, Instant(0))
    lower = change(DEFAULT_PARAMETERS, block_gas_max=Gas(50_000_000), transaction_bytes_max=20_000)
    call = ledger_call("set_parameters", system.SetParametersArguments(lower))
    assert ledger.status("authority", call) == "ok"
    good = ledger.sign("alice", transfer(BOB, 1))
    candidate = ledger.propose(greedy, long, good)
    assert candidate is not None
    assert candidate.block.transactions == (good,)
    reasons = [type(reason) for _, reason in candidate.refused]
    assert reasons == [GasLimitExceeded, TransactionTooLarge]


def test_a_proposal_looks_at_a_bounded_number_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.chain.assembly.PASSED_OVER_MAX", 3)
    monkeypatch.setattr("dure.chain.assembly.REFUSED_MAX", 2)
    ledger = Ledger()
    early = [
        ledger.sign("alice", transfer(BOB, 1), valid_until=Instant(GENESIS_TIME + 130_000))
        for _ in range(4)
    ]
    dead = [ledger.sign("carol", transfer(BOB, 1)) for _ in range(4)]
    good = [ledger.sign("alice", transfer(BOB, 1)) for _ in range(2)]
    assert ledger.propose(*early, good[0]) is None
    candidate = ledger.propose(good[0], *dead, good[1])
    assert candidate is not None
    assert (len(candidate.refused), candidate.block.transactions) == (2, (good[0],))


def test_a_block_with_nothing_in_it_is_not_made() -> None:
    assert Ledger().propose() is None


# Candidates on candidates


def test_candidates_hang_on_one_another_and_outlive_their_ancestors_commit() -> None:
    ledger = Ledger()
    first = ledger.build(ledger.sign("alice", transfer(BOB, 1)))
    beside = ledger.build(ledger.sign("alice", transfer(BOB, 500)), after=2)
    second = ledger.build(ledger.sign("alice", transfer(BOB, 2)), on=first.position.block_id)
    third = ledger.build(ledger.sign("alice", transfer(BOB, 4)), on=second.position.block_id)
    on_beside = ledger.build(ledger.sign("alice", transfer(BOB, 100)), on=beside.position.block_id)
    other = copy_of(ledger)
    for candidate in (first, second, third):
        other.judge(candidate.block)
    ledger.executor.commit(first.position.block_id)
    assert ledger.executor.get_candidate(beside.position.block_id) is None
    assert ledger.executor.get_candidate(on_beside.position.block_id) is None
    assert ledger.balance(ALICE) == FUNDS - 1
    for candidate in (second, third):
        kept = ledger.executor.get_candidate(candidate.position.block_id)
        assert kept is not None
        ledger.executor.commit(candidate.position.block_id)
    assert ledger.balance(ALICE) == FUNDS - 7
    for candidate in (first, second, third):
        other.commit(candidate.position.block_id)
    assert other.head == ledger.executor.head
    assert other.copy_state() == ledger.executor.copy_state()


def test_a_candidate_replays_nothing_of_its_ancestors() -> None:
    ledger = Ledger()
    envelope = ledger.sign("alice", transfer(BOB, 1))
    first = ledger.build(envelope)
    again = ledger.propose(envelope, on=first.position.block_id)
    assert again is None
    second = ledger.build(ledger.sign("alice", transfer(BOB, 2)), on=first.position.block_id)
    forged = forge(second.block, envelope)
    assert refuse(ledger.executor, forged) == "transaction"
    ledger.executor.commit(first.position.block_id)
    assert refuse(ledger.executor, forged) == "transaction"
    beside = ledger.propose(envelope, ledger.sign("alice", transfer(BOB, 3)))
    assert beside is not None
    assert [type(reason) for _, reason in beside.refused] == [TransactionReplayed]


def test_the_number_of_candidates_is_bounded_and_a_lost_one_is_executed_again() -> None:
    ledger = Ledger()
    made = [
        ledger.build(ledger.sign("alice", transfer(BOB, 1)), after=i + 1)
        for i in range(CANDIDATES_MAX + 3)
    ]
    assert len(ledger.executor._candidates) == CANDIDATES_MAX
    assert ledger.executor.get_candidate(made[0].position.block_id) is None
    again = ledger.executor.judge(made[0].block)
    ledger.executor.commit(again.position.block_id)
    assert ledger.executor.head.block_id == made[0].position.block_id


def test_only_a_candidate_on_the_head_is_committed() -> None:
    ledger = Ledger()
    first = ledger.build(ledger.sign("alice", transfer(BOB, 1)))
    second = ledger.build(ledger.sign("alice", transfer(BOB, 2)), on=first.position.block_id)
    for block_id in (second.position.block_id, bytes(32)):
        with pytest.raises(AssertionError):
            ledger.executor.commit(block_id)  # type: ignore[arg-type]  # deliberately unknown


ORDERS = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), min_size=1, max_size=8)


@settings(max_examples=30)
@given(orders=ORDERS)
def test_the_history_of_candidates_leaves_no_trace_in_the_roots(
    orders: list[tuple[int, int]],
) -> None:
    """Candidates are built anywhere; a node that saw only the winners has the same roots."""
    ledger = Ledger()
    contract = ledger.deploy()
    witness = copy_of(ledger)
    witness.restore(ledger.executor.head.header, items_of(ledger.executor), ())
    known = [ledger.executor.head.block_id]
    blocks: list[Block] = []
    for where, amount in orders:
        on = known[where % len(known)]
        later = ("schedule", 0, b"\x90", 20_000)
        envelope = ledger.sign("alice", transfer(BOB, amount), ask(contract, later))
        candidate = ledger.build(envelope, on=on, after=amount)
        known.append(candidate.position.block_id)
        blocks.append(candidate.block)
    path: list[Block] = [blocks[-1]]
    by_id = {compute_block_id(block.header): block for block in blocks}
    while (parent := by_id.get(path[0].header.previous)) is not None:
        path.insert(0, parent)
    for block in path:
        ledger.executor.commit(compute_block_id(block.header))
        witness.commit(witness.judge(block).position.block_id)
    assert witness.head == ledger.executor.head
    assert witness.copy_state() == ledger.executor.copy_state()


# Reading


def test_the_head_proves_what_it_holds() -> None:
    ledger = Ledger()
    list_blocks(ledger, 2)
    executor = ledger.executor
    root = executor.head.header.state_root
    items = items_of(executor)
    for key, value in items:
        proof.validate_value(root, key, value, executor.prove(key))
    proof.validate_value(root, b"absent", None, executor.prove(b"absent"))
    assert executor.head.header.height == Height(2)
