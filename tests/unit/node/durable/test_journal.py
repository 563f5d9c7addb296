"""The journal keeps what was appended, cuts a torn tail, and passes over no damage in silence."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.core.errors import StorageError
from dure.core.types import Height
from dure.node.durable.journal import Journal
from dure.node.durable.journal_format import MARK

STORE = b"store-id-16bytes"


def open_journal(path: Path, *, noted: int | None = 0, size_max: int = 1 << 20) -> Journal:
    return Journal(path, STORE, noted=noted, size_max=size_max)


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


@settings(deadline=None)
@given(st.data())
def test_any_damage_before_the_last_record_is_named(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal"
    open_journal(path, noted=None).close()
    sizes = fill(path, b"first", b"second", b"third")
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(sizes[0], sizes[2] - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    start = sizes[0] if place < sizes[1] else sizes[1]
    with pytest.raises(StorageError, match=f"damaged at byte {start},"):
        open_journal(path)


def test_a_damaged_header_is_named(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(content)
    with pytest.raises(StorageError, match="damaged at byte 0"):
        open_journal(path)


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


@pytest.mark.parametrize("loss", ["missing", "older", "foreign"])
def test_a_lost_journal_keeps_the_validator_mute_until_told(path: Path, loss: str) -> None:
    fill(path, b"first", b"second")
    if loss == "missing":
        path.unlink()
    noted = 3 if loss == "older" else 2
    store = b"another-store-id" if loss == "foreign" else STORE
    for _ in range(2):
        journal = Journal(path, store, noted=noted)
        assert not journal.is_complete
        journal.append(Height(9), b"said to nobody")
        assert journal.load(Height(9)) == []
        journal.close()
    journal = Journal(path, store, noted=noted)
    journal.begin_anew()
    journal.append(Height(9), b"new")
    journal.close()
    again = Journal(path, store, noted=noted + 1)
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
    with pytest.raises(StorageError, match="free space"):
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
