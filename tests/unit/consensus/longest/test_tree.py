"""The tree of blocks, against a model that keeps every block and computes everything anew."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dure.consensus.interface import Head
from dure.consensus.longest.tree import ORPHANS_MAX, Added, BlockTree, Node
from dure.core.block import Block, compute_block_id
from dure.core.types import BlockId
from tests.conformance.fakes import make_block, make_genesis, make_key, make_validators

GENESIS = make_genesis(make_validators(1))
ROOT = Block(header=GENESIS.header, transactions=())


def make_child(parent: Block, name: int) -> Block:
    head = Head(
        header=parent.header,
        block_id=compute_block_id(parent.header),
        validators=GENESIS.validators,
        has_work=True,
    )
    time = parent.header.time + 1
    return make_block(head, time, make_key(0), (name.to_bytes(4, "big"),))


def fits(parent: Node, block: Block) -> bool:
    return block.header.time > parent.median_time


def make_line(parent: Block, length: int, name: int = 0) -> list[Block]:
    line: list[Block] = []
    for _ in range(length):
        parent = make_child(parent, name)
        line.append(parent)
    return line


def get_id(block: Block) -> BlockId:
    return compute_block_id(block.header)


def test_the_heavier_branch_wins_and_a_tie_changes_nothing() -> None:
    tree = BlockTree((ROOT,), fits)
    first, second = make_line(ROOT, 2, 1), make_line(ROOT, 2, 2)
    for block in (*first, *second):
        assert tree.add(block, 1) is Added.GREW
    assert tree.best.block_id == get_id(first[1])
    heavy = make_child(second[0], 3)
    tree.add(heavy, 5)
    assert tree.best.block_id == get_id(heavy)
    assert tree.best.total == 6
    way = tree.find_way(get_id(first[1]), get_id(heavy))
    assert way.back == (get_id(first[1]), get_id(first[0]))
    assert way.forth == (get_id(second[0]), get_id(heavy))


def test_an_invalid_block_takes_its_children_with_it() -> None:
    tree = BlockTree((ROOT,), fits)
    bad, good = make_line(ROOT, 3, 1), make_line(ROOT, 2, 2)
    for block in (*bad, *good):
        tree.add(block, 1)
    tree.mark_invalid(get_id(bad[1]))
    assert tree.best.block_id == get_id(good[1])
    assert tree.add(bad[2], 1) is Added.REFUSED
    assert tree.add(make_child(bad[2], 9), 1) is Added.REFUSED
    assert get_id(bad[0]) in tree


def test_orphans_wait_and_the_oldest_makes_room() -> None:
    tree = BlockTree((ROOT,), fits)
    line = make_line(ROOT, 4)
    for block in reversed(line[1:]):
        assert tree.add(block, 1) is Added.WAITS
    assert tree.add(line[2], 1) is Added.KNOWN
    assert tree.list_wanted() == (get_id(line[0]),)
    assert tree.add(line[0], 1) is Added.GREW
    assert tree.best.block_id == get_id(line[3])
    assert tree.orphans == 0
    far = [make_line(ROOT, 2, name)[1] for name in range(10, 11 + ORPHANS_MAX)]
    for block in far:
        assert tree.add(block, 1) is Added.WAITS
    assert tree.orphans == ORPHANS_MAX
    assert far[0].header.previous not in tree.list_wanted()


def test_a_wrong_height_is_refused_wherever_it_comes() -> None:
    tree = BlockTree((ROOT,), fits)
    line = make_line(ROOT, 3)
    head = Head(line[1].header, get_id(line[0]), GENESIS.validators, has_work=True)
    wrong = make_block(head, 9, make_key(0), ())
    assert wrong.header.previous == get_id(line[0])
    assert tree.add(wrong, 1) is Added.WAITS
    assert tree.add(line[0], 1) is Added.GREW
    assert get_id(wrong) not in tree
    assert tree.add(wrong, 1) is Added.REFUSED


def test_nothing_below_the_root_comes_back() -> None:
    tree = BlockTree((ROOT,), fits)
    line, side = make_line(ROOT, 4, 1), make_line(ROOT, 5, 2)
    for block in (*line, *side[:2]):
        tree.add(block, 1)
    stray = make_line(ROOT, 2, 7)[1]
    tree.add(stray, 1)
    tree.raise_root(get_id(line[1]))
    assert tree.root == get_id(line[1])
    assert len(tree) == 3
    assert tree.orphans == 0
    assert tree.add(side[4], 1) is Added.WAITS
    assert tree.add(side[2], 1) is Added.REFUSED
    assert tree.add(side[0], 1) is Added.REFUSED
    tree.raise_root(get_id(line[2]))
    assert tree.orphans == 1
    assert tree.get(get_id(line[0])) is None
    assert tree.best.total == 4
    tree.mark_judged(tree.best.block_id)
    assert tree.best.is_judged


def test_the_root_is_never_invalid() -> None:
    with pytest.raises(AssertionError):
        BlockTree((ROOT,), fits).mark_invalid(get_id(ROOT))


class Trees(RuleBasedStateMachine):
    """Blocks come in any order, some twice, some turn out invalid."""

    def __init__(self) -> None:
        super().__init__()
        self.tree = BlockTree((ROOT,), fits)
        self.blocks: list[tuple[Block, int]] = []
        self.totals: dict[BlockId, tuple[int, int]] = {get_id(ROOT): (0, 0)}
        self.invalid: set[BlockId] = set()

    @rule(back=st.integers(0, 5), weight=st.integers(1, 4))
    def make(self, back: int, weight: int) -> None:
        parent = self.blocks[-1 - back][0] if back < len(self.blocks) else ROOT
        self.blocks.append((make_child(parent, len(self.blocks)), weight))

    @precondition(lambda self: self.blocks)
    @rule(place=st.integers(0, 30))
    def add(self, place: int) -> None:
        block, weight = self.blocks[place % len(self.blocks)]
        self.tree.add(block, weight)
        self._settle()

    def _settle(self) -> None:
        """Compute by the rules alone what stands in the tree."""
        for node in sorted(self.tree, key=lambda node: node.order):
            if node.block_id not in self.totals:
                total = self.totals[node.parent][0]
                weight = next(w for block, w in self.blocks if get_id(block) == node.block_id)
                self.totals[node.block_id] = (total + weight, node.order)

    @precondition(lambda self: len(self.tree) > 1)
    @rule(place=st.integers(0, 30))
    def spoil(self, place: int) -> None:
        nodes = sorted((node for node in self.tree if node.order), key=lambda node: node.order)
        bad = nodes[place % len(nodes)].block_id
        self.invalid.add(bad)
        self.tree.mark_invalid(bad)

    @invariant()
    def the_heaviest_wins(self) -> None:
        alive = list(self.tree)
        best = max(alive, key=lambda node: (self.totals[node.block_id][0], -node.order))
        assert self.tree.best.block_id == best.block_id
        for node in alive:
            assert node.total == self.totals[node.block_id][0]
            assert node.block_id not in self.invalid
            assert node.block_id == self.tree.root or node.parent in self.tree
            way = self.tree.find_way(self.tree.best.block_id, node.block_id)
            ends = (*way.forth, node.block_id) if way.forth else (node.block_id,)
            assert ends[-1] == node.block_id
            assert not set(way.back) & set(way.forth)


TestTrees = Trees.TestCase
TestTrees.settings = settings(max_examples=30, stateful_step_count=20)
