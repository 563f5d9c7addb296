"""Sealed data on a live network: put, granted, revoked, read and erased by its commands.

Every byte to and from the keepers' nodes passes a wiretap that looks for the content.
"""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import Command, Outcome, Town, run_dure, run_here, wait_until
from tests.e2e.wiretap import Wiretap

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

RECORDS = '''"""The sealed records of our consortium."""

from dure.contract.library.sealed_records import SealedRecords


class Records(SealedRecords):
    """Content that the parties keep sealed."""
'''
KEEPERS = ("insurer", "bank")
OTHERS = ("airline", "supervisor")
MARK = b"Kim Cheolsu, 901010-1234567, treated for asthma. "
MEBIBYTE = 1024 * 1024


class Desk:
    """The commands of `dure seal`, typed for one contract of one town."""

    def __init__(self, town: Town, folder: Path, wires: dict[str, Wiretap]) -> None:
        self.town = town
        self.folder = folder
        self.wires = wires
        roles = [f"{role}={name}" for role in ("keeper", "depositor") for name in KEEPERS]
        source = folder / "records.py"
        source.write_text(RECORDS)
        done = run_dure(
            *("contract", "deploy", source, "--network", town.folder, "--owner", "bank"),
            *(word for role in roles for word in ("--role", role)),
            "--json",
        )
        self.contract = str(done.read_json()["contract"])
        for name in KEEPERS:
            place = f"http://127.0.0.1:{wires[name].port}"
            self.type("keep", name, "--place", place).read_json()
        for name in town.names:
            self.type("key", "--as", name).read_json()

    def words(self, *arguments: object) -> tuple[object, ...]:
        """Return a whole command."""
        options = ("--contract", self.contract, "--network", self.town.folder, "--json")
        work = ("--work", self.folder / "work") if arguments[0] in {"put", "get", "revoke"} else ()
        return ("seal", *arguments, *work, *options)

    def type(self, *arguments: object) -> Outcome:
        return run_here(*self.words(*arguments))

    def word_put(self, file: Path, *readers: str) -> tuple[object, ...]:
        named = [word for name in readers for word in ("--reader", name)]
        named += [word for name in KEEPERS for word in ("--keeper", name)]
        return ("put", file, *named, "--as", "insurer")

    def put(self, file: Path, *readers: str) -> dict[str, Any]:
        return self.type(*self.word_put(file, *readers)).read_json()

    def get(self, record: str, name: str, target: str) -> Outcome:
        return self.type("get", record, self.folder / target, "--as", name)

    def list_records(self) -> list[dict[str, Any]]:
        return list(self.type("list", "--as", "insurer").read_json()["records"])

    def list_one(self, record: str) -> dict[str, Any]:
        found = [each for each in self.list_records() if each["record"] == record]
        assert len(found) == 1
        return dict(found[0])

    def write(self, name: str, mebibytes: int) -> Path:
        """Write a file with personal data all over, which no compression takes away."""
        path = self.folder / name
        with path.open("wb") as file:
            for _ in range(mebibytes * 16):
                file.write(MARK + os.urandom(64 * 1024 - len(MARK)))
        return path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A network of four of whose nodes two keep, each behind a wiretap."""
    folder = tmp_path_factory.mktemp("town") / "net"
    members = ",".join((*KEEPERS, *OTHERS))
    init = run_dure("network", "init", folder, "--members", members, "--first-api-port", "0")
    assert init.code == 0, init.said
    town = Town(folder)
    ports = {each.name: each.api_port for each in town.network.members}
    insurer, bank = (Wiretap(ports[name], MARK) for name in KEEPERS)
    with insurer, bank:
        wires = {"insurer": insurer, "bank": bank}
        for name, wire in wires.items():
            town.prefixes[name] = ("env", f"DURE_API_NAMES=127.0.0.1:{wire.port}")
        try:
            town.start()
            yield Desk(town, tmp_path_factory.mktemp("desk"), wires)
        finally:
            town.close()


def holds(folder: Path, needle: bytes) -> list[Path]:
    """Return the files below a folder in which the bytes stand."""
    return [each for each in folder.rglob("*") if each.is_file() and needle in each.read_bytes()]


def list_sealed(town: Town, name: str) -> list[Path]:
    """Return what a node has of sealed data."""
    folder = town.folder / name / "sealed"
    kinds = ("files", "parts", "keys", "notes")
    return sorted(each for kind in kinds for each in (folder / kind).rglob("*") if each.is_file())


def refuse(outcome: Outcome, said: str) -> None:
    assert outcome.code == 1, outcome.said
    assert said in outcome.err


def test_a_hundred_mebibytes_are_kept_read_withheld_and_erased(desk: Desk) -> None:
    town, file = desk.town, desk.write("history", 100)
    others = [list_sealed(town, name) for name in town.names]
    put = desk.put(file, "supervisor")
    record = put["record"]
    assert sorted(put["kept_by"]) == sorted(KEEPERS)
    assert desk.get(record, "supervisor", "read").read_json()["reading"] == 1
    assert (desk.folder / "read").read_bytes() == file.read_bytes()

    refuse(desk.get(record, "airline", "stolen"), "access_denied")
    assert desk.type("grant", record, "--reader", "airline", "--as", "insurer").code == 0
    # The depositor was handed the key to seal it anew, which is a reading like any other.
    assert desk.get(record, "airline", "granted").read_json()["reading"] == 3
    revoked = desk.type("revoke", record, "--reader", "supervisor", "--as", "insurer").read_json()
    assert (revoked["version"], sorted(revoked["kept_by"])) == (2, sorted(KEEPERS))
    refuse(desk.get(record, "supervisor", "again"), "access_denied")
    assert desk.get(record, "airline", "anew").read_json()["version"] == 2
    assert (desk.folder / "anew").read_bytes() == file.read_bytes()

    assert sum(wire.passed for wire in desk.wires.values()) > 600 * MEBIBYTE
    for name in town.names:
        assert holds(town.folder / name, MARK) == []
    for name in OTHERS:
        assert list_sealed(town, name) == []
    erased = desk.type("erase", record, "--as", "insurer").read_json()
    assert (erased["state"], erased["receipts_missing"]) == ("erased", [])
    assert [list_sealed(town, name) for name in town.names] == others
    assert desk.get(record, "airline", "late").code == 1
    assert [wire.seen for wire in desk.wires.values()] == [0, 0]


def test_what_was_killed_goes_on_where_it_was(desk: Desk) -> None:
    file, wire = desk.write("letters", 24), desk.wires["insurer"]
    others = len(desk.list_records())
    wire.hold(after=10 * MEBIBYTE)
    log = desk.folder / "killed.log"
    with Command(*desk.words(*desk.word_put(file)), log=log) as sending:
        wait_until(wire.is_held, "half of the file was sent", or_say=lambda: sending.said)
        sending.send(signal.SIGKILL)
        sending.process.wait(10)
    wire.release()
    before = wire.passed
    record = desk.put(file)["record"]
    assert len(desk.list_records()) == others + 1
    # What was missing came in, and the other keeper fetched all of it.
    assert wire.passed - before < (24 - 8 + 24) * MEBIBYTE

    wire.hold(after=10 * MEBIBYTE)
    get = ("get", record, desk.folder / "letters-again", "--as", "insurer")
    with Command(*desk.words(*get), log=log) as reading:
        wait_until(wire.is_held, "half of the file was read", or_say=lambda: reading.said)
        reading.send(signal.SIGKILL)
        reading.process.wait(10)
    wire.release()
    before = wire.passed
    assert desk.type(*get).code == 0
    assert (desk.folder / "letters-again").read_bytes() == file.read_bytes()
    assert wire.passed - before < (24 - 6) * MEBIBYTE
    assert holds(desk.folder / "work", MARK) == []


def test_a_keeper_that_is_away_owes_a_receipt_and_a_backup_brings_nothing_back(
    desk: Desk,
) -> None:
    town = desk.town
    record = desk.put(desk.write("note", 1))["record"]
    sealed = town.folder / "bank" / "sealed"
    backup = desk.folder / "backup"
    for kind in ("files", "notes"):
        shutil.copytree(sealed / kind, backup / kind)
    town.stop("bank")
    desk.type("erase", record, "--as", "insurer", "--timeout", "0").read_json()
    wait_until(
        lambda: desk.list_one(record)["receipts_missing"] == ["bank"], "only the bank's is missing"
    )
    town.start("bank")
    wait_until(lambda: desk.list_one(record)["state"] == "erased", "the bank has signed too")

    town.stop("bank")
    shutil.copytree(backup, sealed, dirs_exist_ok=True)
    brought_back = {each.name for each in (sealed / "files").iterdir()}
    assert brought_back
    town.start("bank")
    wait_until(
        lambda: len(list((sealed / "files").iterdir())) < len(brought_back), "it is erased again"
    )
