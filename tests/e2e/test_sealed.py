"""Sealed data on a live network: put, granted, revoked, read and erased by its commands."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from dure.contract.library import sealed_records
from tests.e2e.processes import Command, Outcome, Town, run_dure, run_here, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

RECORDS = Path(sealed_records.__file__)
KEEPERS = ("insurer", "bank")
MARK = b"Kim Cheolsu, 901010-1234567, treated for asthma. "
SIZE = 100 * 1024 * 1024


class Desk:
    """The commands of `dure seal`, typed for one contract of one town."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.town = town
        self.folder = folder
        roles = [f"{role}={name}" for role in ("keeper", "depositor") for name in KEEPERS]
        options = [word for role in roles for word in ("--role", role)]
        done = run_dure(
            *("contract", "deploy", RECORDS, "--network", town.folder, "--owner", "bank"),
            *(*options, "--json"),
        )
        self.contract = str(done.read_json()["contract"])
        for name in KEEPERS:
            self.type("keep", name).read_json()
        for name in town.names:
            self.type("key", "--as", name).read_json()

    def words(self, *arguments: object) -> tuple[object, ...]:
        options = ("--contract", self.contract, "--network", self.town.folder, "--json")
        return ("seal", *arguments, *options)

    def type(self, *arguments: object) -> Outcome:
        return run_here(*self.words(*arguments))

    def work(self) -> tuple[object, ...]:
        return ("--work", self.folder / "work")

    def put(self, file: Path, *readers: str) -> dict[str, Any]:
        named = [word for name in readers for word in ("--reader", name)]
        named += [word for name in KEEPERS for word in ("--keeper", name)]
        return self.type("put", file, *named, "--as", "insurer", *self.work()).read_json()

    def get(self, record: str, name: str, target: str) -> Outcome:
        return self.type("get", record, self.folder / target, "--as", name, *self.work())


@pytest.fixture(scope="module")
def desk(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(town, tmp_path_factory.mktemp("desk"))


def write_content(path: Path, size: int) -> None:
    """Write a file that has personal data all over, and cannot be compressed away."""
    with path.open("wb") as file:
        while file.tell() < size:
            file.write(MARK + os.urandom(64 * 1024 - len(MARK)))


def holds(folder: Path, needle: bytes) -> list[Path]:
    """Return the files below a folder in which the bytes stand."""
    files = [each for each in folder.rglob("*") if each.is_file()]
    return [each for each in files if needle in each.read_bytes()]


def list_sealed(town: Town, name: str) -> list[Path]:
    """Return what a node has of sealed data."""
    folder = town.folder / name / "sealed"
    kinds = ("files", "parts", "keys", "notes")
    return [each for kind in kinds for each in (folder / kind).rglob("*") if each.is_file()]


def test_a_hundred_mebibytes_live_and_die(town: Town, desk: Desk) -> None:
    file = desk.folder / "history"
    write_content(file, SIZE)
    put = desk.put(file, "supervisor")
    record = put["record"]
    assert sorted(put["kept_by"]) == sorted(KEEPERS)
    assert desk.get(record, "supervisor", "read").read_json()["reading"] == 1
    assert (desk.folder / "read").read_bytes() == file.read_bytes()
    for name in town.names:
        assert holds(town.folder / name, MARK) == []
