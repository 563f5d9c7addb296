"""What waits for a block: in order, within bounds, and never dropped in silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.core.block import compute_envelope_id
from dure.core.errors import MempoolFull, TransactionQuarantined
from dure.core.types import Instant
from dure.node import mempool
from dure.node.mempool import Mempool, MempoolLimits
from tests.unit.chain.ledger import BOB, Ledger, transfer

LEDGER = Ledger()
NOW = Instant(1_000)
TRANSACTIONS = LEDGER.open(
    *(LEDGER.sign(("alice", "bob")[i % 2], transfer(BOB, 1)) for i in range(8))
)
SIZE = len(TRANSACTIONS[0].envelope)


def fill(pool: Mempool, count: int) -> None:
    for i, transaction in enumerate(TRANSACTIONS[:count]):
        pool.add(transaction, Instant(NOW + i))


def test_what_came_first_comes_first() -> None:
    pool = Mempool(MempoolLimits())
    fill(pool, 4)
    assert list(pool.iterate()) == TRANSACTIONS[:4]
    assert len(pool) == 4
    assert TRANSACTIONS[0].transaction_id in pool
    assert TRANSACTIONS[4].transaction_id not in pool


@pytest.mark.parametrize(
    ("limits", "count"),
    [
        (MempoolLimits(transactions_max=3), 3),
        (MempoolLimits(bytes_max=2 * SIZE), 2),
        (MempoolLimits(per_sender_max=1), 2),
    ],
    ids=["number", "bytes", "sender"],
)
def test_a_full_pool_says_so_and_has_room_again(limits: MempoolLimits, count: int) -> None:
    pool = Mempool(limits)
    fill(pool, count)
    with pytest.raises(MempoolFull):
        pool.add(TRANSACTIONS[count], NOW)
    assert len(pool) == count
    pool.remove([t.transaction_id for t in TRANSACTIONS[:count]])
    pool.remove([TRANSACTIONS[0].transaction_id])
    assert len(pool) == 0
    fill(pool, count)


def test_the_oldest_are_listed_up_to_a_moment_and_a_number() -> None:
    pool = Mempool(MempoolLimits())
    fill(pool, 5)
    assert pool.list_older_than(Instant(NOW + 3), 10) == TRANSACTIONS[:3]
    assert pool.list_older_than(Instant(NOW + 3), 2) == TRANSACTIONS[:2]
    assert pool.list_older_than(NOW, 2) == []


def test_an_envelope_is_found_by_its_id_while_it_waits() -> None:
    pool = Mempool(MempoolLimits())
    fill(pool, 2)
    first, second = TRANSACTIONS[:2]
    assert first.envelope_id == compute_envelope_id(first.envelope)
    pool.remove([first.transaction_id])
    assert pool.find_envelope(first.envelope_id) is None
    assert pool.find_envelope(second.envelope_id) == second.envelope


def test_what_expired_is_handed_back_with_the_reason() -> None:
    pool = Mempool(MempoolLimits())
    fill(pool, 2)
    end = TRANSACTIONS[0].body.valid_until
    assert pool.drop_expired(end) == []
    dropped = pool.drop_expired(Instant(end + 1))
    assert [transaction for transaction, _ in dropped] == TRANSACTIONS[:2]
    assert {reason.code for _, reason in dropped} == {"transaction_expired"}
    assert len(pool) == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 7)), max_size=40))
def test_no_order_of_coming_and_going_leaks_room(steps: list[tuple[bool, int]]) -> None:
    pool = Mempool(MempoolLimits(transactions_max=8, bytes_max=8 * SIZE + 64, per_sender_max=4))
    for comes, index in steps:
        transaction = TRANSACTIONS[index]
        if not comes:
            pool.remove([transaction.transaction_id])
        elif transaction.transaction_id not in pool:
            pool.add(transaction, NOW)
    pool.remove([t.transaction_id for t in TRANSACTIONS])
    fill(pool, 8)
    assert len(pool) == 8


def test_what_is_quarantined_leaves_and_never_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mempool, "QUARANTINED_MAX", 2)
    pool = Mempool(MempoolLimits())
    fill(pool, 3)
    first = TRANSACTIONS[0]
    found = pool.quarantine(first.transaction_id)
    assert found is not None
    assert found[0] is first
    assert list(pool.iterate()) == TRANSACTIONS[1:3]
    assert pool.quarantine(first.transaction_id) is None
    with pytest.raises(TransactionQuarantined, match="will not offer it again"):
        pool.add(first, NOW)
    for each in TRANSACTIONS[1:3]:
        pool.quarantine(each.transaction_id)
    pool.add(first, NOW)
    assert list(pool.iterate()) == [first], "the memory of it is bounded: the first was forgotten"
