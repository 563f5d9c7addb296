"""A pytest plugin that writes down the gas of every call that the tests make in a `World`.

`pytest -p dure.testing.gas_recorder --gas-folder FOLDER`: each process of the run writes one file,
a `GasRecord` (`dure.testing.gas_record`) as JSON. `dure contract gas` reads them.
"""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec
import pytest

from dure.testing.gas_record import GasRecord, MethodGas, name_contract
from dure.testing.world.observing import SeenCall, observe


class GasRecorder:
    """Collects calls, and writes them down when the run is over."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / f"{os.getpid()}.json"
        self._seen: dict[tuple[str, str], list[int | None]] = {}
        self._stack = ExitStack()

    def begin(self) -> None:
        """Listen."""
        self._stack.enter_context(observe(self.note))

    def note(self, seen: SeenCall) -> None:
        """Remember one call."""
        contract = name_contract(seen.source.text, seen.source.class_name)
        self._seen.setdefault((contract, seen.method), []).append(seen.gas)

    def end(self) -> None:
        """Write what was seen."""
        self._stack.close()
        contracts: dict[str, dict[str, MethodGas]] = {}
        for (contract, method), each in self._seen.items():
            gas = [one for one in each if one is not None]
            contracts.setdefault(contract, {})[method] = MethodGas(gas, len(each) - len(gas))
        self._file.write_bytes(msgspec.json.encode(GasRecord(contracts)))


RECORDER: Final = pytest.StashKey[GasRecorder]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that says where the record goes."""
    parser.addoption("--gas-folder", type=Path, help="Folder for the record of gas.")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to listen where a folder is named."""
    folder = config.getoption("--gas-folder")
    if folder is not None:
        config.stash[RECORDER] = GasRecorder(folder)
        config.stash[RECORDER].begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Write the record."""
    if RECORDER in config.stash:
        config.stash[RECORDER].end()
