"""The journal keeps what was appended, cuts a torn tail, and passes over no damage in silence."""

import os
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from dure.core.errors import StorageError
from dure.core.types import Height
from dure.node.durable.journal import Journal
from dure.node.durable.loss import Loss
from dure.node.durable.record_format import MARK

STORE = b"store-id-16bytes"


VOTER = b"v" * 32


def open_journal(path: Path, *, noted: int | None = 0, size_max: int = 1 << 20) -> Journal:
    return Journal(path, STORE, noted=noted, voter=VOTER, size_max=size_max)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal"
    open_journal(path, noted=None).close()
    return path


def fill(path: Path, *records: bytes) -> list[int]:
    """Append the records at height 1; return the file's size after each, the empty one first."""
    journal = open_journal(path)
    sizes = [path.stat().st_size]
    for record in records:
        journal.append(Height(1), record)
        sizes.append(path.stat().st_size)
    journal.close()
    return sizes


def test_records_come_back_by_height_in_order(path: Path) -> None:
    journal = open_journal(path)
    for height, record in [(5, b"a"), (6, b"b"), (5, b""), (5, b"c" * 70_000)]:
        journal.append(Height(height), record)
    journal.close()
    again = open_journal(path)
    assert again.load(Height(5)) == [b"a", b"", b"c" * 70_000]
    assert again.load(Height(6)) == [b"b"]
    assert again.load(Height(7)) == []
    assert again.sequence == 4
    again.close()


def test_every_tear_of_the_last_record_loses_only_that_record(path: Path) -> None:
    sizes = fill(path, b"first", b"second", b"third")
    whole = path.read_bytes()
    for length in range(sizes[2], sizes[3]):
        path.write_bytes(whole[:length])
        journal = open_journal(path)
        assert journal.load(Height(1)) == [b"first", b"second"]
        journal.append(Height(1), b"again")
        journal.close()
        reopened = open_journal(path)
        assert reopened.load(Height(1)) == [b"first", b"second", b"again"]
        reopened.close()


def test_a_tail_of_zeros_is_torn(path: Path) -> None:
    sizes = fill(path, b"first", b"second")
    path.write_bytes(path.read_bytes()[: sizes[1]] + bytes(100))
    journal = open_journal(path)
    assert journal.load(Height(1)) == [b"first"]
    journal.close()
    assert path.stat().st_size == sizes[1]


def test_a_torn_tail_is_cut_with_a_line_in_the_log(path: Path) -> None:
    sizes = fill(path, b"first", b"second")
    path.write_bytes(path.read_bytes()[: sizes[2] - 1])
    with capture_logs() as lines:
        open_journal(path).close()
    assert [(line["event"], line["log_level"], line["bytes"]) for line in lines] == [
        ("journal_tail_cut", "info", sizes[2] - sizes[1] - 1)
    ]


def test_every_damaged_byte_is_a_torn_last_record_or_a_lost_journal(path: Path) -> None:
    sizes = fill(path, b"first", b"second", b"third")
    whole = path.read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        journal = open_journal(path)
        if place < sizes[2]:
            assert journal.loss is Loss.DAMAGED
            assert journal.load(Height(1)) == []
            assert path.read_bytes() == damaged, "evidence"
        else:
            assert journal.loss is None
            assert journal.load(Height(1)) == [b"first", b"second"]
        journal.close()


@settings(deadline=None)
@given(st.data())
def test_any_garbage_is_lost_or_torn_and_never_an_invention(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal"
    open_journal(path, noted=None).close()
    records = [b"first", b"second", b"third"]
    fill(path, *records)
    content = path.read_bytes()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    path.write_bytes(content[:start] + data.draw(st.binary(max_size=80)) + content[end:])
    journal = open_journal(path)
    assert journal.load(Height(1)) in [records[:count] for count in range(4)]
    journal.close()


def test_a_damaged_journal_says_so_at_every_start_and_is_kept_when_another_begins(
    path: Path,
) -> None:
    sizes = fill(path, b"first", b"second")
    content = bytearray(path.read_bytes())
    content[sizes[0] + 5] ^= 1
    path.write_bytes(content)
    for _ in range(2):
        journal = open_journal(path, noted=2)
        assert journal.loss is Loss.DAMAGED
        journal.append(Height(2), b"said to nobody")
        journal.close()
    journal = open_journal(path, noted=2)
    journal.begin_anew()
    journal.append(Height(3), b"new")
    journal.close()
    assert path.with_name("journal.lost-1").read_bytes() == content
    again = open_journal(path, noted=3)
    assert again.is_complete
    assert again.load_all() == [b"new"]
    again.close()


def test_a_header_of_another_format_stops_the_node(path: Path) -> None:
    header = bytearray(path.read_bytes()[:-4])
    header[7:8] = b"9"
    path.write_bytes(header + crc32(header).to_bytes(4, "big"))
    with pytest.raises(StorageError, match="format that this program does not know"):
        open_journal(path)


def test_a_loss_that_was_declared_outlives_everything_but_a_new_beginning(path: Path) -> None:
    fill(path, b"first", b"second")
    journal = open_journal(path)
    journal.declare_lost(Loss.GUARD_BEHIND)
    journal.append(Height(2), b"said to nobody")
    journal.compact(Height(2))
    journal.close()
    again = open_journal(path, noted=2)
    assert again.loss is Loss.GUARD_BEHIND
    assert again.load_all() == []
    assert again.sequence == 2
    again.begin_anew()
    again.append(Height(3), b"new")
    again.close()
    last = open_journal(path, noted=3)
    assert last.loss is None
    assert last.load_all() == [b"new"]
    last.close()
    assert sorted(file.name for file in path.parent.glob("journal.lost-*")) == [
        "journal.lost-1",
        "journal.lost-2",
    ]


def test_a_crash_while_a_new_journal_is_begun_leaves_it_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(path, b"first")
    journal = open_journal(path, noted=2)
    assert journal.loss is Loss.OLDER
    monkeypatch.setattr(Journal, "_rewrite", lambda _: None)
    journal.begin_anew()
    monkeypatch.undo()
    again = open_journal(path, noted=2)
    assert again.loss is Loss.MISSING
    again.close()


def test_a_journal_of_another_key_does_not_count(path: Path) -> None:
    fill(path, b"first")
    other = Journal(path, STORE, noted=1, voter=b"w" * 32)
    assert other.loss is Loss.ANOTHER_KEY
    assert other.load_all() == []
    other.close()


@pytest.mark.parametrize("content", [b"", b"DUREJRN1", bytes(200)])
def test_no_header_is_no_journal(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    journal = open_journal(path, noted=None)
    assert journal.loss is Loss.DAMAGED
    journal.close()


def test_an_embedded_record_of_another_store_does_not_pass_for_ours(path: Path) -> None:
    other = path.with_name("other")
    Journal(other, b"another-store-id", noted=None).close()
    foreign = Journal(other, b"another-store-id", noted=0)
    foreign.append(Height(9), b"x")
    foreign.close()
    record = other.read_bytes()[other.read_bytes().index(MARK) :]
    sizes = fill(path, b"first", record + b"tail")
    path.write_bytes(path.read_bytes()[: sizes[2] - 1])
    journal = open_journal(path)
    assert journal.load(Height(1)) == [b"first"]
    journal.close()


def test_compaction_drops_old_heights_and_keeps_the_numbering(path: Path) -> None:
    journal = open_journal(path, size_max=1000)
    for height in (1, 2, 4, 3):
        journal.append(Height(height), bytes([height]) * 500)
    journal.compact(Height(3))
    assert path.stat().st_size < 700
    journal.append(Height(4), b"more")
    journal.close()
    again = open_journal(path, noted=5)
    assert again.is_complete
    assert again.sequence == 5
    assert again.load(Height(4)) == [b"\4" * 500, b"more"]
    assert again.load(Height(3)) == []
    again.compact(Height(4))
    again.close()


def test_the_numbering_survives_an_empty_file(path: Path) -> None:
    journal = open_journal(path, size_max=10)
    journal.append(Height(1), b"x" * 200)
    journal.compact(Height(1))
    journal.close()
    again = open_journal(path, noted=1)
    assert again.is_complete
    assert again.sequence == 1
    again.close()


def test_a_small_file_is_left_alone(path: Path) -> None:
    journal = open_journal(path)
    journal.append(Height(1), b"x")
    size = path.stat().st_size
    journal.compact(Height(1))
    assert path.stat().st_size == size
    assert journal.load(Height(1)) == []
    journal.close()


@pytest.mark.parametrize("loss", [Loss.MISSING, Loss.OLDER, Loss.FOREIGN])
def test_a_lost_journal_keeps_the_validator_mute_until_told(path: Path, loss: Loss) -> None:
    fill(path, b"first", b"second")
    if loss is Loss.MISSING:
        path.unlink()
    noted = 3 if loss is Loss.OLDER else 2
    store = b"another-store-id" if loss is Loss.FOREIGN else STORE
    for _ in range(2):
        journal = Journal(path, store, noted=noted, voter=VOTER)
        assert journal.loss is loss
        journal.append(Height(9), b"said to nobody")
        assert journal.load(Height(9)) == []
        journal.close()
    journal = Journal(path, store, noted=noted, voter=VOTER)
    journal.begin_anew()
    journal.append(Height(9), b"new")
    journal.close()
    again = Journal(path, store, noted=noted + 1, voter=VOTER)
    assert again.is_complete
    assert again.load(Height(9)) == [b"new"]
    assert again.load(Height(1)) == []
    again.close()


def test_a_missing_journal_of_a_store_that_noted_nothing_is_missing_all_the_same(
    tmp_path: Path,
) -> None:
    journal = open_journal(tmp_path / "absent", noted=0)
    assert not journal.is_complete
    journal.close()


def test_a_full_disk_stops_the_journal(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = open_journal(path)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, journal._descriptor)
    with pytest.raises(StorageError, match=r"Free space .* start the node again"):
        journal.append(Height(1), b"x")
    with pytest.raises(StorageError, match="failed before"):
        journal.append(Height(1), b"x")
    os.close(full)
    journal.close()


def test_a_closed_journal_takes_nothing(path: Path) -> None:
    journal = open_journal(path)
    journal.close()
    journal.close()
    with pytest.raises(StorageError):
        journal.append(Height(1), b"x")


def test_records_are_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.node.durable.journal.RECORD_BYTES_MAX", 10)
    journal = open_journal(path)
    with pytest.raises(StorageError, match="at most 10 bytes"):
        journal.append(Height(1), b"x" * 11)
    journal.close()


def test_records_cut_out_of_the_middle_are_missed(path: Path) -> None:
    sizes = fill(path, b"first", b"second", b"third")
    content = path.read_bytes()
    for start, end in ((sizes[0], sizes[2]), (sizes[1], sizes[2]), (sizes[0], sizes[1])):
        path.write_bytes(content[:start] + content[end:])
        journal = open_journal(path)
        assert journal.loss is Loss.DAMAGED
        journal.close()
