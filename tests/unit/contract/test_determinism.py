"""The same blocks give the same ids, receipts and gas in every process, however it came to be.

Each child process executes whole chains again and compares every root with the header's; what they
print is compared too. They differ in hash seed, flags, limits, place, memory and what they did
before. With DURE_DETERMINISM=whole the chains are those of all the library's tests, of a larger
day of flights and of more generated programs.
"""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.tree import ROOT
from tests.unit.contract.library_chains import play_day, play_library_tests, play_village
from tests.unit.contract.program_files import read_programs
from tests.unit.contract.stored_chains import Workload
from tests.unit.contract.typed_programs import generate
from tests.unit.contract.workloads import play_programs, play_stories

IS_WHOLE = os.environ.get("DURE_DETERMINISM") == "whole"
GENERATED, LIBRARY_TESTS, POLICIES = (300, 1_000, 900) if IS_WHOLE else (25, 3, 40)

Child = tuple[str, list[str], dict[str, str]]

CHILDREN: dict[str, Child] = {
    "hash seed 0, few digits": ("", ["-X", "int_max_str_digits=640"], {"PYTHONHASHSEED": "0"}),
    "hash seed 1, without asserts": ("", ["-O"], {"PYTHONHASHSEED": "1"}),
    "hash seed by chance, deep stack, chains in another order": (
        "deep backwards",
        [],
        {"PYTHONHASHSEED": "random"},
    ),
    "after other programs, without docstrings": ("old", ["-OO"], {"PYTHONHASHSEED": "2"}),
    "restored midway, isolated": ("restored", ["-P"], {}),
    "another place, another allocator": (
        "foreign",
        ["-X", "dev", "-X", "utf8=0"],
        {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "tr_TR.UTF-8"},
    ),
}


@pytest.fixture(scope="module")
def chains() -> list[Workload]:
    stopped = read_programs("stopped.txt", "", 8)
    # One of those that take all the gas of a block says what all of them say.
    slow = {name for name in stopped if name.endswith("= out_of_gas")}
    slow -= {"gas: bare loop = out_of_gas"}
    quick = [body for name, body in stopped.items() if name not in slow]
    programs = play_programs([*generate(GENERATED), *quick])
    library = [*play_library_tests(LIBRARY_TESTS), play_village(), play_day(POLICIES)]
    return [*play_stories(), programs, *library]


@pytest.fixture(scope="module")
def expected(chains: list[Workload], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    file = tmp_path_factory.mktemp("chains") / "chains.pickle"
    file.write_bytes(pickle.dumps(chains))
    return file, run(file, "", [], {})


def run(file: Path, habit: str, flags: list[str], environment: dict[str, str]) -> str:
    """Return what a child process says of the chains."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHONHASH")}
    child = subprocess.run(
        [sys.executable, *flags, "-m", "tests.unit.contract.execution_child", str(file), habit],
        cwd=ROOT,
        env={**kept, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=600 if IS_WHOLE else 100,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    return child.stdout


def test_the_chains_hold_what_can_differ(expected: tuple[Path, str]) -> None:
    said = expected[1]
    statuses = "ok refused overflow out_of_gas index_out_of_range too_large not_permitted"
    for status in [*statuses.split(), "contract_stopped"]:
        assert f'"{status}"' in said


@pytest.mark.parametrize("name", CHILDREN)
def test_every_process_comes_to_the_same(name: str, expected: tuple[Path, str]) -> None:
    file, said = expected
    assert run(file, *CHILDREN[name]) == said
