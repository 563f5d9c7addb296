"""The log of administration: what it keeps, what a check of it finds, and what it cannot find."""

import json
import multiprocessing
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dure.api.access.audit import (
    BEGINNING,
    Act,
    AuditLog,
    Place,
    find_end,
    list_files,
    read_entries,
)
from dure.api.access.audit_check import check_log
from dure.core.errors import StorageError


def write(folder: Path, count: int, **limits: int) -> AuditLog:
    log = AuditLog(folder / "audit.jsonl", "bank", **limits)
    for number in range(count):
        log.append(Act("token_created", "user 7", number, facts={"caller": f"c{number}"}))
    return log


def change(log: AuditLog, edit: Callable[[list[bytes]], list[bytes]]) -> list[str]:
    """Edit the lines of the log; return what the check finds then."""
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(edit(lines)))
    return check_log(log.path).problems


def test_entries_are_numbered_chained_and_private(tmp_path: Path) -> None:
    log = write(tmp_path, 3)
    entries = read_entries(log.path, 0, 10)
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert [entry.previous for entry in entries] == [BEGINNING.hash, *[e.hash for e in entries[:2]]]
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    assert check_log(log.path).end == find_end(log.path) == Place(3, entries[-1].hash)
    assert check_log(log.path).is_sound
    assert [e.number for e in read_entries(log.path, 1, 1)] == [2]


def test_a_log_that_was_never_written_is_empty_and_sound(tmp_path: Path) -> None:
    assert check_log(tmp_path / "audit.jsonl").is_sound
    assert read_entries(tmp_path / "audit.jsonl", 0, 10) == []


def test_every_change_of_a_byte_is_found(tmp_path: Path) -> None:
    log = write(tmp_path, 2)
    whole = log.path.read_bytes()
    for place in range(len(whole) - 1):
        changed = bytearray(whole)
        changed[place] ^= 1
        log.path.write_bytes(changed)
        assert not check_log(log.path).is_sound, f"byte {place}"


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda lines: lines[:2] + lines[3:], "where number 3 belongs"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "belongs"),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], "belongs"),
        (lambda lines: lines[2:], "before number 3 are missing"),
        (lambda lines: [*lines[:2], b"{}\n", *lines[2:]], "no entry"),
        (lambda lines: [*lines[:-1], lines[-1][:-1]], "no end"),
        (lambda lines: [lines[0].replace(b"{", b"{ ", 1), *lines[1:]], "not written as"),
        (lambda lines: [lines[0][:-2] + b',"more":1}\n', *lines[1:]], "no entry"),
        (lambda lines: [b"x" * 20_000 + b"\n", *lines], "too long"),
    ],
)
def test_each_tampering_is_named(
    tmp_path: Path, edit: Callable[[list[bytes]], list[bytes]], says: str
) -> None:
    problems = change(write(tmp_path, 5), edit)
    assert any(says in problem for problem in problems), problems


def test_an_entry_rewritten_with_its_own_hash_breaks_the_next_one(tmp_path: Path) -> None:
    log, other = write(tmp_path, 3), AuditLog(tmp_path / "other.jsonl", "bank")
    other.append(Act("token_created", "user 7", 0, facts={"caller": "c0"}))
    other.append(Act("token_created", "user 7", 1, facts={"caller": "somebody else"}))
    forged = other.path.read_bytes().splitlines(keepends=True)[1]
    problems = change(log, lambda lines: [lines[0], forged, lines[2]])
    assert problems == ["audit.jsonl line 3: entry 3 does not go on from the one before it"]


def test_a_cut_end_is_found_with_an_anchor_only(tmp_path: Path) -> None:
    log = write(tmp_path, 5)
    anchor = find_end(log.path)
    assert change(log, lambda lines: lines[:3]) == []
    assert "was cut" in check_log(log.path, anchor).problems[0]


def test_a_log_written_anew_is_found_with_an_anchor_only(tmp_path: Path) -> None:
    log = write(tmp_path, 5)
    anchor = find_end(log.path)
    log.path.unlink()
    log.append(Act("another", "user 7", 1))
    for _ in range(9):
        log.append(Act("another", "user 7", 1))
    assert check_log(log.path).is_sound
    assert not check_log(log.path, anchor).is_sound


def test_a_log_that_went_on_keeps_its_anchor(tmp_path: Path) -> None:
    log = write(tmp_path, 3)
    anchor = find_end(log.path)
    log.append(Act("more", "user 7", 9))
    assert check_log(log.path, anchor).is_sound
    assert check_log(log.path, BEGINNING).is_sound


@pytest.mark.parametrize("left", [b'{"number":4,"time', b"\xff\xff", b"x" * 5_000])
def test_a_line_torn_by_a_crash_is_cut_off_and_told(tmp_path: Path, left: bytes) -> None:
    log = write(tmp_path, 3)
    with log.path.open("ab") as file:
        file.write(left)
    log.append(Act("status", "user 7", 5))
    acts = [(entry.act, entry.facts) for entry in read_entries(log.path, 3, 10)]
    assert acts == [("log_mended", {"bytes": str(len(left))}), ("status", {})]
    assert check_log(log.path).is_sound


def test_nothing_is_appended_behind_a_damaged_end(tmp_path: Path) -> None:
    log = write(tmp_path, 2)
    with log.path.open("ab") as file:
        file.write(b"this is no entry\n")
    with pytest.raises(StorageError):
        log.append(Act("status", "user 7", 5))


def test_full_files_are_put_aside_and_the_chain_goes_on_over_them(tmp_path: Path) -> None:
    log = write(tmp_path, 40, file_bytes_max=2_000, files_max=100)
    assert len(list_files(log.path)) > 4
    assert check_log(log.path).entries == 40
    assert check_log(log.path).is_sound
    for after in (0, 1, 17, 39, 40):
        found = [entry.number for entry in read_entries(log.path, after, 3)]
        assert found == list(range(after + 1, min(after + 4, 41)))


def test_the_oldest_files_go_and_the_log_says_so(tmp_path: Path) -> None:
    log = write(tmp_path, 60, file_bytes_max=2_000, files_max=3)
    assert len(list_files(log.path)) <= 4
    finding = check_log(log.path)
    assert finding.is_sound
    assert finding.first > 1
    shortened = [e for e in read_entries(log.path, 0, 500) if e.act == "log_shortened"]
    assert int(shortened[-1].facts["removed_through"]) == finding.first - 1


def test_a_file_of_the_middle_that_is_gone_is_found(tmp_path: Path) -> None:
    log = write(tmp_path, 40, file_bytes_max=2_000, files_max=100)
    list_files(log.path)[2].unlink()
    assert not check_log(log.path).is_sound


def test_the_first_files_are_not_silently_gone(tmp_path: Path) -> None:
    log = write(tmp_path, 40, file_bytes_max=2_000, files_max=100)
    list_files(log.path)[0].unlink()
    assert "are missing" in check_log(log.path).problems[0]


def _append_many(path: Path) -> None:
    log = AuditLog(path, "bank", file_bytes_max=3_000)
    for number in range(20):
        log.append(Act("status", "user 7", number))


def test_processes_write_in_turn(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_append_many, args=(path,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    finding = check_log(path)
    assert (finding.entries, finding.problems) == (60, [])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(facts=st.dictionaries(st.text(max_size=20), st.text(max_size=300), max_size=8))
def test_whatever_is_told_is_one_line_and_comes_back(tmp_path: Path, facts: dict[str, str]) -> None:
    log = AuditLog(tmp_path / "audit.jsonl", "bank")
    written = log.append(Act("status", "user 7", 1, facts=facts))
    assert read_entries(log.path, written.number - 1, 1) == [written]
    line = log.path.read_bytes().splitlines()[-1]
    assert json.loads(line)["facts"] == facts


def test_a_fact_too_long_is_shortened(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl", "bank")
    log.append(Act("status", "user 7", 1, facts={"why": "w" * 1_000_000}))
    assert check_log(log.path).is_sound
    assert log.path.stat().st_size < 16_000
