"""Proof of work by its rules: one engine by hand, and several that compete."""

from dataclasses import replace

import pytest

from dure.consensus.interface import (
    AdoptHead,
    BlockLearned,
    Broadcast,
    BuildCandidate,
    CandidateBuilt,
    CandidateJudged,
    FetchBlock,
    JudgeCandidate,
    Received,
    SeekWork,
    Settle,
    StartTimer,
    Timer,
    TimerFired,
    UndoHead,
    WorkFound,
)
from dure.consensus.pow.engine import MESSAGE_BYTES_MAX, ONLY_ROUND, REFRESH_TIMER, Found
from dure.consensus.pow.target import compact_target, expand_target
from dure.consensus.pow.work import Work, measure_work, read_work, seek_nonce, set_work
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate
from dure.core.errors import InvalidBlock, InvalidEncoding
from dure.core.types import BlockId, ChainId, Height, Instant, Milliseconds, Round
from tests.unit.consensus.pow.mining import EASY, ROOT, RULES, Field, Miner, idle_for, mine

NO_SEALS = Certificate(round=Round(0), seals=())


def get_id(block: Block) -> BlockId:
    return compute_block_id(block.header)


def test_a_miner_works_when_there_is_something_to_write_down() -> None:
    miner = Miner(0)
    assert miner.orders == []
    assert miner.engine.phase == "idle"
    miner.submit(b"one")
    build, seek, timer = miner.orders
    assert isinstance(build, BuildCandidate)
    assert isinstance(seek, SeekWork)
    assert isinstance(timer, StartTimer)
    assert miner.engine.phase == "looking for work"
    assert "height 0" in miner.engine.describe()
    while miner.list_sought():
        miner.work(500)
    assert [block.transactions for block in miner.chain] == [(b"one",)]
    kinds = [type(order) for order in miner.orders[3:]]
    assert kinds == [Broadcast, JudgeCandidate, AdoptHead]


def test_a_node_that_is_no_miner_follows() -> None:
    node = Miner(1, replace(RULES, is_miner=False))
    node.submit(b"one")
    assert node.search is None
    block = mine(ROOT, b"one")
    node.put(BlockLearned(block, NO_SEALS))
    assert node.tip == get_id(block)


def test_work_is_taken_up_anew_with_what_has_come() -> None:
    miner = Miner(0)
    miner.submit(b"one")
    miner.submit(b"two")
    assert miner.list_sought() == [b"one"]
    miner.put(TimerFired(Timer(REFRESH_TIMER, Height(7), ONLY_ROUND)))
    assert miner.list_sought() == [b"one"]
    miner.put(TimerFired(Timer(REFRESH_TIMER, Height(1), ONLY_ROUND)))
    assert miner.list_sought() == [b"one", b"two"]


def test_the_branch_with_more_work_wins_and_nothing_is_lost() -> None:
    miner = Miner(3)
    line = [mine(ROOT, b"one")]
    miner.hear(line[0])
    first = mine(ROOT, b"two", time=2_000)
    second = mine(first, b"three")
    miner.hear(first)
    assert miner.tip == get_id(line[0])
    miner.hear(second)
    assert miner.tip == get_id(second)
    assert miner.lost == 1
    # What the other branch had waits again.
    assert list(miner.ledger.waiting) == [b"one"]
    undone = [order for order in miner.orders if isinstance(order, UndoHead)]
    assert undone == [UndoHead(get_id(line[0]))]


def test_a_branch_that_was_judged_is_not_judged_again() -> None:
    node = Miner(3, replace(RULES, is_miner=False))
    line = [mine(ROOT, b"one")]
    other = [mine(ROOT, b"two", time=2_000)]
    other.append(mine(other[0], b"three"))
    line += [mine(line[0], b"four")]
    line += [mine(line[1], b"five")]
    for block in (line[0], *other, *line[1:]):
        node.hear(block)
    assert node.tip == get_id(line[2])
    judged = [order.block for order in node.orders if isinstance(order, JudgeCandidate)]
    assert judged.count(line[0]) == 1


def test_an_invalid_block_leads_back_to_where_most_work_is() -> None:
    node = Miner(3, replace(RULES, is_miner=False))
    good = mine(ROOT, b"one")
    node.hear(good)
    # The same transaction twice in one branch: right work, wrong ledger.
    bad = mine(ROOT, b"two", time=2_000)
    worse = mine(bad, b"two")
    node.hear(bad)
    node.hear(worse)
    assert node.tip == get_id(bad) or node.tip == get_id(good)
    assert get_id(worse) not in [get_id(block) for block in node.chain]
    node.hear(mine(worse, b"three"))
    assert len(node.chain) == 1


GOOD = mine(ROOT, b"x")
WRONG = {
    "from the future": mine(ROOT, b"x", time=60_000),
    "not later than the median": mine(ROOT, b"x", time=0),
    "another target": mine(ROOT, b"x", bits=compact_target(EASY >> 1)),
    "another body": Block(header=GOOD.header, transactions=(b"other",)),
    "too little work": idle_for(GOOD),
    "no work": Block(header=ROOT.header, transactions=()),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_breaks_a_rule_is_neither_kept_nor_passed_on(what: str) -> None:
    node = Miner(0, replace(RULES, is_miner=False))
    node.hear(WRONG[what])
    assert node.orders == []
    node.hear(GOOD)
    assert node.tip == get_id(GOOD)


def test_another_chains_block_is_refused() -> None:
    miner = Miner(0, replace(RULES, is_miner=False))
    miner.engine.chain_id = ChainId(bytes(32))
    miner.hear(mine(ROOT, b"x"))
    assert miner.orders == []


def test_a_parent_that_is_missing_is_asked_for() -> None:
    node = Miner(1, replace(RULES, is_miner=False))
    first = mine(ROOT, b"one")
    second = mine(first, b"two")
    node.hear(second)
    assert node.orders == [FetchBlock(get_id(first))]
    node.hear(first)
    assert node.tip == get_id(second)
    assert not node.engine.is_needed(Found(block=first))
    node.hear(first)
    assert len(node.chain) == 2


def test_nothing_deeper_than_the_depth_is_undone() -> None:
    node = Miner(1, replace(RULES, is_miner=False, depth=2))
    line = [mine(ROOT, b"a")]
    for name in (b"b", b"c", b"d"):
        line.append(mine(line[-1], name))
    for block in line:
        node.hear(block)
    settled = [order.height for order in node.orders if isinstance(order, Settle)]
    assert settled == [1, 2]
    heavy = [mine(ROOT, b"z", time=2_000)]
    for number in range(6):
        heavy.append(mine(heavy[-1], bytes([number])))
    for block in heavy:
        node.hear(block)
    assert node.tip == get_id(line[-1])


def test_an_answer_that_comes_too_late_changes_nothing() -> None:
    miner = Miner(0)
    engine = miner.engine
    assert engine.step(CandidateJudged(Height(1), get_id(ROOT), valid=True), Instant(1)) == ()
    assert engine.step(CandidateBuilt(Height(1), ONLY_ROUND, None), Instant(1)) == ()
    miner.submit(b"one")
    miner.ledger.waiting.clear()
    miner.put(TimerFired(Timer(REFRESH_TIMER, Height(1), ONLY_ROUND)))
    assert not engine.head.has_work
    (order,) = engine.step(Received(Found(block=mine(ROOT, b"x"))), Instant(1_000))[1:]
    assert isinstance(order, JudgeCandidate)
    assert engine.phase == "moving to the branch with the most work"
    assert engine.step(WorkFound(mine(ROOT, b"y")), Instant(1_000))[1:] == ()


def test_messages_have_one_form() -> None:
    engine = Miner(0).engine
    message = Found(block=mine(ROOT, b"x"))
    data = engine.encode_message(message)
    assert engine.decode_message(data) == message
    bare, body = engine.take_body(message)
    assert body == message.block
    assert engine.decode_message(engine.encode_message(bare), is_bare=True) == bare
    assert engine.put_body(bare, (b"x",)) == message
    assert engine.collect_signatures(message) == []
    with pytest.raises(InvalidEncoding):
        engine.put_body(bare, (b"y",))
    with pytest.raises(InvalidEncoding):
        engine.decode_message(data, is_bare=True)
    with pytest.raises(InvalidEncoding):
        engine.decode_message(bytes(MESSAGE_BYTES_MAX + 1))


def test_work_is_read_measured_and_sought() -> None:
    block = mine(ROOT, b"x")
    bits = read_work(block.header).bits
    assert measure_work(block.header) == 2**256 // (expand_target(bits) + 1)
    with pytest.raises(InvalidBlock, match="without work"):
        read_work(ROOT.header)
    hard = set_work(block, Work(bits=compact_target(1), nonce=bytes(8)))
    with pytest.raises(InvalidBlock, match="above the target"):
        measure_work(hard.header)
    assert seek_nonce(hard.header, 1, 0, 3) is None


@pytest.mark.parametrize("seed", range(4))
def test_two_halves_that_were_cut_apart_end_on_one_chain(seed: int) -> None:
    field = Field(6, seed)
    names = [f"{seed}-{number}".encode() for number in range(40)]
    for name in names[:10]:
        field.submit(name)
    for _ in range(30):
        field.tick()
    field.groups = [0, 0, 0, 1, 1, 1]
    for name in names[10:]:
        field.submit(name)
    for _ in range(60):
        field.tick()
    field.groups = [0] * 6
    # Mining goes on until one branch is ahead of every other.
    for step in range(400):
        field.submit(f"after-{step}".encode())
        field.tick()
        if step > 20 and len({miner.tip for miner in field.miners}) == 1:
            break
    tips = {miner.tip for miner in field.miners}
    assert len(tips) == 1
    assert max(miner.lost for miner in field.miners) > 0
    for miner in field.miners:
        written = [each for block in miner.chain for each in block.transactions]
        assert len(written) == len(set(written))
        # Whatever was sent stands in the chain or waits for it: what was undone is not lost.
        assert set(names) <= set(written) | set(miner.ledger.waiting)
        median = Instant(0)
        for block in miner.chain:
            assert block.header.time > median - RULES.future
            median = block.header.time


def test_the_difficulty_follows() -> None:
    field = Field(3, 5)
    for number in range(120):
        field.submit(number.to_bytes(4, "big"))
        field.tick(tries=200)
    bits = [expand_target(read_work(block.header).bits) for block in field.miners[0].chain]
    assert len(bits) > 20
    # Blocks came much sooner than once a second: each is harder to find.
    assert bits[-1] < bits[0]
    assert Milliseconds(field.miners[0].chain[-1].header.time) > 0
    field.refresh()
