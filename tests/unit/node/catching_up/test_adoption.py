"""A state from peers becomes the state in one step, whenever the power fails."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dure.core.types import Height, TransactionId
from dure.core.validators import ValidatorSet
from dure.node.durable.storage import RocksDisk
from dure.node.ports import HistoryBlock
from dure.proof.file import Handover
from tests.unit.node.blocks import build_stored

VOTER = bytes(32)
OLD = {b"kept": b"old", b"gone": b"x"}
NEW = {b"kept": b"new", b"come": b"y"} | {i.to_bytes(4, "big"): b"v" for i in range(5_000)}


def build_history(height: int) -> HistoryBlock:
    transaction_id = TransactionId(height.to_bytes(32, "big"))
    block_id, stored = build_stored(height, (b"envelope",), (b"receipt",))
    return HistoryBlock(block_id, stored, (transaction_id,))


def commit(disk: RocksDisk, height: int, writes: dict[bytes, bytes]) -> None:
    block = build_history(height)
    disk.commit_block(block.block_id, block.stored, block.transaction_ids, writes=writes, undo={})


def stage(disk: RocksDisk, content: dict[bytes, bytes], at_once: int = 1_000) -> None:
    items = [*content.items()]
    for start in range(0, len(items), at_once):
        disk.stage_state(items[start : start + at_once])


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[RocksDisk]:
    opened = RocksDisk(tmp_path / "node", VOTER)
    for height in range(3):
        commit(opened, height, OLD)
    yield opened
    opened.close()


@contextmanager
def after_power_cut(tmp_path: Path) -> Iterator[RocksDisk]:
    """Open what a power cut at this moment would leave."""
    copy = tmp_path / "copy"
    while True:
        shutil.rmtree(copy, ignore_errors=True)
        try:
            shutil.copytree(tmp_path / "node", copy)
            break
        except shutil.Error:
            # The database tidied up meanwhile: that was no single moment.
            continue
    opened = RocksDisk(copy, VOTER)
    try:
        yield opened
    finally:
        opened.close()


def assert_old(disk: RocksDisk) -> None:
    head = disk.load_head()
    assert head is not None
    assert head.block.header.height == 2
    assert dict(disk.load_state()) == OLD
    assert disk.load_missing() == ()
    assert disk.load_block(Height(10)) is None
    assert disk.find_transaction((10).to_bytes(32, "big")) is None
    assert [s.block.header.height for s in disk.iterate_blocks(Height(0))] == [0, 1, 2]


def test_until_it_is_adopted_nothing_of_a_state_is_seen(disk: RocksDisk, tmp_path: Path) -> None:
    stage(disk, NEW)
    assert_old(disk)
    disk.store_history([build_history(height) for height in (10, 9)], ())
    assert_old(disk)
    with after_power_cut(tmp_path) as cut:
        assert_old(cut)
        # What the other attempt left must not become part of the next one.
        stage(cut, {b"only": b"this"})
        cut.store_history([build_history(10)], ())
        cut.adopt_state(Height(10), ((Height(3), Height(9)),), ())
        assert dict(cut.load_state()) == {b"only": b"this"}


def test_once_adopted_it_is_there_whatever_happens(disk: RocksDisk, tmp_path: Path) -> None:
    stage(disk, NEW)
    disk.store_history([build_history(height) for height in (10, 9)], ())
    disk.adopt_state(Height(10), ((Height(3), Height(8)),), ())
    with after_power_cut(tmp_path) as cut:
        for each in (disk, cut):
            head = each.load_head()
            assert head is not None
            assert head.block.header.height == 10
            assert dict(each.load_state()) == NEW
            assert each.load_missing() == ((3, 8),)
            assert each.load_block(Height(8)) is None
            assert each.load_block(Height(9)) is not None
            assert each.load_block(Height(2)) is not None
            assert each.find_transaction((10).to_bytes(32, "big")) == (10, 0)


def test_the_chain_goes_on_from_an_adopted_state(disk: RocksDisk, tmp_path: Path) -> None:
    stage(disk, NEW)
    disk.store_history([build_history(10)], ())
    disk.adopt_state(Height(10), ((Height(3), Height(9)),), ())
    commit(disk, 11, {b"kept": b"newer"})
    with after_power_cut(tmp_path) as cut:
        assert dict(cut.load_state()) == NEW | {b"kept": b"newer"}


def test_a_second_state_takes_the_place_of_the_first(disk: RocksDisk, tmp_path: Path) -> None:
    for height, content in ((10, NEW), (20, OLD), (30, NEW)):
        stage(disk, content)
        disk.store_history([build_history(height)], disk.load_missing())
        disk.adopt_state(Height(height), (), ())
        with after_power_cut(tmp_path) as cut:
            assert dict(cut.load_state()) == dict(disk.load_state()) == content


def test_what_was_staged_can_be_discarded(disk: RocksDisk) -> None:
    stage(disk, NEW)
    disk.discard_staged()
    disk.store_history([build_history(10)], ())
    disk.adopt_state(Height(10), (), ())
    assert dict(disk.load_state()) == {}


def test_history_shrinks_the_gap_in_the_same_step(disk: RocksDisk, tmp_path: Path) -> None:
    disk.store_history([build_history(10)], ())
    disk.adopt_state(Height(10), ((Height(3), Height(9)),), ())
    disk.store_history([build_history(h) for h in (9, 8)], ((Height(3), Height(7)),))
    with after_power_cut(tmp_path) as cut:
        assert cut.load_missing() == ((3, 7),)
        assert cut.load_block(Height(8)) is not None


def test_handovers_come_with_the_state(disk: RocksDisk) -> None:
    header = build_history(5).stored.block.header
    stored = build_history(5).stored
    handover = Handover(header, stored.certificate, ValidatorSet(members=()))
    disk.store_history([build_history(10)], ())
    disk.adopt_state(Height(10), (), [handover])
    assert disk.load_handover(Height(5)) == handover
    assert disk.load_handover(Height(6)) is None
    disk.store_history([build_history(20)], ())
    disk.adopt_state(Height(20), (), [])
    assert disk.load_handover(Height(5)) is None
