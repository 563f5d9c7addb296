"""The store gives back what it took, all of it or an error, also after a kill."""

import gc
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import rocksdict

from dure.core.errors import ConfigurationError, StorageError
from dure.core.types import BlockId, Height, TransactionId
from dure.node.durable.storage import RocksDisk
from dure.node.ports import StoredBlock
from tests.unit.node.blocks import build_stored


def identify(envelope: bytes) -> TransactionId:
    return TransactionId(hashlib.sha256(envelope).digest())


def identify_all(stored: StoredBlock) -> list[TransactionId]:
    return [identify(envelope) for envelope in stored.block.transactions]


def open_disk(folder: Path) -> RocksDisk:
    return RocksDisk(folder)


def commit(disk: RocksDisk, height: int, **writes: bytes | None) -> None:
    block_id, stored = build_stored(height, (b"tx%d" % height,))
    changes = {k.encode(): v for k, v in writes.items()}
    disk.commit_block(block_id, stored, identify_all(stored), writes=changes, undo={})


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[RocksDisk]:
    disk = open_disk(tmp_path)
    yield disk
    disk.close()


def test_a_fresh_store_is_empty(disk: RocksDisk) -> None:
    assert disk.load_head() is None
    assert disk.load_block(Height(0)) is None
    assert disk.find_transaction(bytes(32)) is None
    assert disk.find_block(BlockId(bytes(32))) is None
    assert disk.load_undo(Height(0)) is None
    assert list(disk.load_state()) == []
    assert list(disk.iterate_blocks(Height(0))) == []
    assert disk.load_journal(Height(1)) == []
    assert disk.journal_is_complete


def test_a_block_comes_back_after_reopening(disk: RocksDisk, tmp_path: Path) -> None:
    block_id, stored = build_stored(7, (b"one", b"two"), (b"receipt",))
    writes, undo = {b"k": b"v", b"": b"empty", b"a": None}, {b"k": None, b"a": b"old"}
    disk.commit_block(block_id, stored, identify_all(stored), writes=writes, undo=undo)
    disk.close()
    again = open_disk(tmp_path)
    assert again.load_head() == again.load_block(Height(7)) == stored
    assert again.find_block(block_id) == 7
    assert again.find_transaction(identify(b"two")) == (7, 1)
    assert again.find_transaction(identify(b"three")) is None
    assert dict(again.load_state()) == {b"k": b"v", b"": b"empty"}
    assert again.load_undo(Height(7)) == {b"k": None, b"": None, b"a": b"old"}
    again.close()


def test_the_state_is_that_of_the_head(disk: RocksDisk) -> None:
    commit(disk, 0, a=b"1", b=b"1", c=b"1")
    commit(disk, 1, a=b"2", b=None, d=b"2")
    assert list(disk.load_state()) == [(b"a", b"2"), (b"c", b"1"), (b"d", b"2")]


def test_blocks_are_walked_in_order(disk: RocksDisk) -> None:
    for height in range(300):
        commit(disk, height)
    heights = [stored.block.header.height for stored in disk.iterate_blocks(Height(254))]
    assert heights == list(range(254, 300))


def test_a_gap_is_refused(disk: RocksDisk) -> None:
    commit(disk, 5)
    for height in (4, 5, 7):
        with pytest.raises(StorageError, match="does not follow"):
            commit(disk, height)
    commit(disk, 6)


def test_two_processes_cannot_share_a_store(disk: RocksDisk, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="open already"):
        open_disk(tmp_path)


def test_a_closed_store_says_so(disk: RocksDisk) -> None:
    disk.close()
    disk.close()
    with pytest.raises(StorageError, match="closed"):
        disk.find_block(BlockId(bytes(32)))


def test_another_format_is_refused(disk: RocksDisk, tmp_path: Path) -> None:
    disk.close()
    database = rocksdict.Rdict(str(tmp_path / "rocks"), rocksdict.Options(raw_mode=True))
    database.put(b"Mformat", b"\0\0\0\x63")
    database.close()
    with pytest.raises(ConfigurationError, match="format 99"):
        open_disk(tmp_path)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot use the folder"):
        open_disk(tmp_path / "file")


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


def test_damaged_state_is_an_error_and_never_a_short_answer(
    disk: RocksDisk, tmp_path: Path
) -> None:
    block_id, stored = build_stored(0)
    writes = {os.urandom(20): os.urandom(100) for _ in range(9000)}
    disk.commit_block(block_id, stored, identify_all(stored), writes=writes, undo={})
    disk.close()
    for table in (tmp_path / "rocks").glob("*.sst"):
        spoil(table)

    def read() -> None:
        again = open_disk(tmp_path)
        try:
            list(again.load_state())
        finally:
            again.close()

    with pytest.raises(StorageError, match="damaged"):
        read()
    gc.collect()


def copy_as_a_kill_would_leave_it(folder: Path) -> Path:
    left = folder / "left"
    shutil.copytree(folder, left, ignore=lambda *_: ["left"])
    return left


def test_a_damaged_log_is_an_error_and_never_an_older_head(disk: RocksDisk, tmp_path: Path) -> None:
    for height in range(50):
        commit(disk, height, key=os.urandom(4000))
    # What is in memory at a kill is only in the log: copy the folder as a kill would leave it.
    left = copy_as_a_kill_would_leave_it(tmp_path)
    spoil(left / "blocks")
    with pytest.raises(StorageError, match="is damaged at byte"):
        open_disk(left)


CHILD = """
import sys
from pathlib import Path
from dure.node.durable import storage
from tests.unit.node.durable.test_storage import commit, open_disk
storage.RECENT_KEYS_MAX, storage.UNFLUSHED_BYTES_MAX = int(sys.argv[2]), int(sys.argv[3])
disk = open_disk(Path(sys.argv[1]))
head = disk.load_head()
for height in range(0 if head is None else head.block.header.height + 1, 100_000):
    disk.append_journal(height, b"r%d" % height)
    commit(disk, height, key=b"%d" % height, **{f"k{height}": b"x" * 1000})
    print(height, flush=True)
"""


@pytest.mark.parametrize(
    ("keys_max", "unflushed_max"), [(4096, 1 << 26), (1, 1 << 26), (7, 20_000)]
)
def test_a_killed_process_loses_nothing_that_it_committed(
    tmp_path: Path, keys_max: int, unflushed_max: int
) -> None:
    for life in range(3):
        height = live_and_be_killed(tmp_path, keys_max, unflushed_max, blocks=15 * (life + 1))
        disk = open_disk(tmp_path)
        state = dict(disk.load_state())
        assert state[b"key"] == b"%d" % height
        assert len(state) == height + 2
        assert disk.find_transaction(identify(b"tx%d" % height)) == (height, 0)
        assert disk.find_transaction(identify(b"tx%d" % (height + 1))) is None
        assert disk.journal_is_complete
        disk.close()


def live_and_be_killed(folder: Path, keys_max: int, unflushed_max: int, *, blocks: int) -> int:
    """Let a process write blocks and kill it; return the stored head, which it had told of."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, folder, str(keys_max), str(unflushed_max)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdout is not None
    said = [int(child.stdout.readline()) for _ in range(blocks)]
    child.send_signal(signal.SIGKILL)
    said += [int(line) for line in child.stdout.read().splitlines() if line]
    child.stdout.close()
    child.wait()
    disk = open_disk(folder)
    head = disk.load_head()
    disk.close()
    assert head is not None
    assert head.block.header.height >= said[-1]
    return head.block.header.height


def test_the_journal_lives_beside_the_store(disk: RocksDisk, tmp_path: Path) -> None:
    commit(disk, 0)
    disk.append_journal(Height(1), b"one")
    disk.append_journal(Height(1), b"two")
    commit(disk, 1)
    disk.append_journal(Height(2), b"three")
    disk.close()
    again = open_disk(tmp_path)
    assert again.journal_is_complete
    assert again.load_journal(Height(2)) == [b"three"]
    again.close()
    (tmp_path / "journal").unlink()
    mute = open_disk(tmp_path)
    assert not mute.journal_is_complete
    mute.append_journal(Height(2), b"said to nobody")
    commit(mute, 2)
    mute.close()
    mute = open_disk(tmp_path)
    assert not mute.journal_is_complete
    mute.begin_journal_anew()
    mute.append_journal(Height(3), b"five")
    mute.close()
    assert open_and_close(tmp_path)


def open_and_close(folder: Path) -> bool:
    disk = open_disk(folder)
    complete = disk.journal_is_complete
    disk.close()
    return complete


def test_a_journal_of_another_store_is_not_believed(disk: RocksDisk, tmp_path: Path) -> None:
    commit(disk, 0)
    disk.append_journal(Height(1), b"one")
    disk.close()
    other = open_disk(tmp_path / "other")
    commit(other, 0)
    other.close()
    (tmp_path / "journal").replace(tmp_path / "other" / "journal")
    assert not open_and_close(tmp_path / "other")
