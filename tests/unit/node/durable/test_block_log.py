"""However the log is cut or damaged, a store comes back whole up to some block, or says why not."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from dure.core.errors import StorageError
from dure.core.types import Height, PublicKey, TransactionId
from dure.node.durable import storage
from dure.node.durable.block_log import LOG_HEADER_LENGTH, BlockLog, Changes, Logged
from dure.node.durable.storage import RocksDisk
from dure.node.durable.store import Store
from tests.unit.node.blocks import build_stored

HEIGHTS = 6
STORE = b"store-id-16bytes"
CHANGES = Changes(b"id", (b"t",), ((b"k", b"v"),), ((b"s", None, b"v"),), is_undoable=True)


def commit(disk: RocksDisk, height: int) -> None:
    """Write a block of two transactions that changes, adds and removes keys."""
    block_id, stored = build_stored(height, (b"one", b"two"), (b"receipt" * 5,))
    writes = {b"head": b"%d" % height, b"k%d" % height: b"v", b"k%d" % (height - 2): None}
    undo = {b"head": b"%d" % (height - 1), b"k%d" % height: None, b"k%d" % (height - 2): b"v"}
    disk.commit_block(block_id, stored, identify(height), writes=writes, undo=undo)


def identify(height: int) -> tuple[TransactionId, TransactionId]:
    first, second = (TransactionId(bytes([height, index]) * 16) for index in (0, 1))
    return first, second


def describe(store: Store) -> tuple[object, ...]:
    """Return all that can be read from a store."""
    heights = [Height(each) for each in range(HEIGHTS + 1)]
    return (
        store.load_head(),
        [store.load_block(each) for each in heights],
        [*store.iterate_blocks(Height(0))],
        [store.load_undo(each) for each in heights],
        [store.find_transaction(each) for height in heights for each in identify(height)],
        [*store.load_state()],
        [*store.load_evidence()],
        store.load_missing(),
    )


class Course:
    """A store as it was after each of its blocks, and the log's length then."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.states: list[tuple[object, ...]] = []
        self.ends: list[int] = []
        disk = RocksDisk(folder)
        self._note(disk)
        for height in range(HEIGHTS):
            commit(disk, height)
            self._note(disk)
        self.kept = folder.with_name("kept")
        # As a kill at the end would leave it: the database has been told of nothing yet.
        shutil.copytree(folder, self.kept)
        disk.close()

    def _note(self, disk: RocksDisk) -> None:
        self.states.append(describe(disk))
        self.ends.append((self.folder / "blocks").stat().st_size)

    @property
    def content(self) -> bytes:
        return (self.kept / "blocks").read_bytes()

    def open_with(self, log: bytes) -> RocksDisk:
        """Open the store as a kill would leave it, with this log."""
        folder = self.folder.with_name("opened")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.kept, folder)
        (folder / "blocks").write_bytes(log)
        return RocksDisk(folder)


def copy_running(folder: Path, to: Path) -> None:
    """Copy a store whose database may be merging its files just now: all of one moment."""

    def list_files() -> list[str]:
        return sorted(path.name for path in (folder / "rocks").iterdir())

    while True:
        files = list_files()
        with suppress(shutil.Error):
            shutil.copytree(folder, to)
            if list_files() == files:
                return
        shutil.rmtree(to)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return Course(tmp_path_factory.mktemp("course") / "node")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[BlockLog]:
    log = BlockLog.create(tmp_path / "blocks", STORE)
    yield log
    log.close()


def test_a_killed_store_has_every_block(course: Course) -> None:
    disk = course.open_with(course.content)
    assert describe(disk) == course.states[-1]
    commit(disk, HEIGHTS)
    disk.close()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_wherever_the_log_is_cut_the_blocks_before_are_whole(
    course: Course, data: st.DataObject
) -> None:
    content = course.content
    end = data.draw(st.integers(LOG_HEADER_LENGTH, len(content)))
    blocks = sum(end >= each for each in course.ends) - 1
    with capture_logs() as said:
        disk = course.open_with(content[:end])
    try:
        assert describe(disk) == course.states[blocks]
        torn = [entry["bytes"] for entry in said if entry["event"] == "block_log_tail_cut"]
        assert torn == [each for each in (end - course.ends[blocks],) if each]
        commit(disk, blocks)
        head = disk.load_head()
        assert head is not None
        assert head.block.header.height == blocks
    finally:
        disk.close()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_byte_is_an_error_or_the_torn_end(course: Course, data: st.DataObject) -> None:
    content = bytearray(course.content)
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    if place >= course.ends[-2]:
        disk = course.open_with(bytes(content))
        assert describe(disk) == course.states[-2]
        disk.close()
    else:
        with pytest.raises(StorageError, match="is damaged"):
            course.open_with(bytes(content))


def test_each_byte_of_a_record_is_under_a_checksum(log: BlockLog, tmp_path: Path) -> None:
    (first, second) = (Logged(height, b"block" * height, CHANGES) for height in (1, 2))
    begin, end = log.append(first), log.append(second)
    content = (tmp_path / "blocks").read_bytes()
    for place in range(begin, end):
        damaged = bytearray(content)
        damaged[place] ^= 1
        (tmp_path / "blocks").write_bytes(damaged)
        with pytest.raises(StorageError, match="is damaged at byte"):
            log.load_block(begin)
        again = BlockLog(tmp_path / "blocks", STORE, is_writer=False)
        with pytest.raises(StorageError, match="is damaged at byte"):
            list(again.replay(LOG_HEADER_LENGTH))
        again.close()
    (tmp_path / "blocks").write_bytes(content)
    assert log.load_block(end) == second.block
    assert log.load_changes(begin) == first.changes


@pytest.mark.parametrize("keys_max", [1, 4, 7, 10_000])
@pytest.mark.parametrize("flushed_at", [(), (0,), (2, 3), (0, 1, 2, 3, 4, 5)])
def test_whatever_the_database_was_given_and_kept_a_kill_changes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    keys_max: int,
    flushed_at: tuple[int, ...],
) -> None:
    monkeypatch.setattr(storage, "RECENT_KEYS_MAX", keys_max)
    monkeypatch.setattr(storage, "BATCH_KEYS_MAX", 3)
    disk = RocksDisk(tmp_path / "node")
    for height in range(HEIGHTS):
        commit(disk, height)
        disk.keep_evidence(Height(height), PublicKey(bytes(32)), b"proof")
        if height in flushed_at:
            disk._flush()
        before = describe(disk)
        left = tmp_path / f"left-{height}"
        copy_running(tmp_path / "node", left)
        reader = Store.open_for_reading(left)
        assert describe(reader) == before
        reader.close()
        again = RocksDisk(left)
        assert describe(again) == before
        again.close()
    disk.close()


def test_a_reader_sees_the_store_of_a_running_node_as_it_was_when_it_opened_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "RECENT_KEYS_MAX", 5)
    disk = RocksDisk(tmp_path)
    for height in range(3):
        commit(disk, height)
    reader = Store.open_for_reading(tmp_path)
    seen = describe(disk)
    for height in range(3, HEIGHTS):
        commit(disk, height)
        assert describe(reader) == seen
    reader.close()
    disk.close()


def test_after_a_failed_flush_nothing_is_written_until_it_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = RocksDisk(tmp_path)
    commit(disk, 0)

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("os.fdatasync", fail)
        with pytest.raises(StorageError, match="Free space or replace the disk"):
            commit(disk, 1)
    head = disk.load_head()
    assert head is not None
    assert head.block.header.height == 0
    with pytest.raises(StorageError, match="takes no more blocks"):
        commit(disk, 1)
    disk.close()
    again = RocksDisk(tmp_path)
    head = again.load_head()
    assert head is not None
    commit(again, head.block.header.height + 1)
    again.close()


def test_a_log_that_is_missing_or_another_stores_is_refused(tmp_path: Path) -> None:
    for name in ("one", "other"):
        disk = RocksDisk(tmp_path / name)
        commit(disk, 0)
        disk.close()
    shutil.copy(tmp_path / "one" / "blocks", tmp_path / "other" / "blocks")
    for open_store in (RocksDisk, Store.open_for_reading):
        with pytest.raises(StorageError, match="belongs to another store"):
            open_store(tmp_path / "other")
    (tmp_path / "other" / "blocks").unlink()
    with pytest.raises(StorageError, match="could not be opened"):
        RocksDisk(tmp_path / "other")


def test_a_log_without_its_database_is_not_overwritten(tmp_path: Path) -> None:
    disk = RocksDisk(tmp_path)
    commit(disk, 0)
    disk.close()
    shutil.rmtree(tmp_path / "rocks")
    with pytest.raises(StorageError, match="holds blocks, and the database beside it is gone"):
        RocksDisk(tmp_path)


def test_a_block_whose_flush_failed_does_not_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = RocksDisk(tmp_path / "node")
    commit(disk, 0)
    before = describe(disk)

    def fail(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("dure.node.durable.block_log.os.fdatasync", fail)
    with pytest.raises(StorageError, match="could not be written"):
        commit(disk, 1)
    monkeypatch.undo()
    disk.close()
    again = RocksDisk(tmp_path / "node")
    assert describe(again) == before
    again.close()


def test_long_values_reach_the_database_before_they_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "RECENT_BYTES_MAX", 600)
    disk = RocksDisk(tmp_path / "node")
    for height in range(6):
        commit(disk, height)
        assert len(disk._recent) < 20
    disk.close()
