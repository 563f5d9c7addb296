"""`dure contract gas`: figures from a contract's own tests, compared with an earlier run."""

import json
from pathlib import Path

import msgspec
import pytest

from dure.cli.contracts.authoring.gas import (
    GasReport,
    MethodFigures,
    compute_figures,
    find_grown,
)
from dure.testing.gas_record import MethodGas
from tests.unit.cli.test_commands import run

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch

CONTRACT = '''from dure.contract.language import Contract, Var, call, require


class Tally(Contract):
    """Counts."""

    count: Var[int]

    @call
    def add(self, number: int) -> None:
        """Add."""
        require(number > 0, "nothing")
        for turn in range(number):
            self.count += 1

    @call
    def never(self) -> None:
        """Refuse."""
        require(self.count < 0, "never")
'''
TEST = """from dure.testing import World

from tally import Tally


def test_adding() -> None:
    world = World()
    ann = world.person("ann")
    tally = world.deploy(Tally, by=ann)
    for number in (1, 2, 40):
        tally.add(by=ann, number=number)
    with world.refused("never"):
        tally.never(by=ann)
    {more}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tally.py").write_text(CONTRACT)
    (tmp_path / "test_tally.py").write_text(TEST.format(more="pass"))
    return tmp_path


def measure(monkeypatch: Patch, capsys: Capture, folder: Path, *more: object) -> GasReport:
    code, out, err = run(
        monkeypatch, capsys, "contract", "gas", folder / "tally.py", "--json", *more
    )
    assert code == 0, err
    return msgspec.json.decode(out, type=GasReport)


def test_the_tests_beside_the_file_are_measured(
    folder: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    report = measure(monkeypatch, capsys, folder)
    add = report.methods["add"]
    assert report.contract == "Tally"
    assert (add.calls, add.refused) == (3, 0)
    assert add.min < add.median < add.p95 == add.max
    assert report.methods["never"] == MethodFigures(0, 0, 0, 0, 0, 1)
    assert measure(monkeypatch, capsys, folder) == report


def test_people_get_a_table(folder: Path, monkeypatch: Patch, capsys: Capture) -> None:
    code, out, _ = run(monkeypatch, capsys, "contract", "gas", folder / "tally.py")
    assert code == 0
    assert "Gas of Tally" in out
    assert "never" in out


def test_a_folder_of_tests_and_named_tests_are_found(
    folder: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    (folder / "tests").mkdir()
    moved = folder / "tests" / "test_tally.py"
    (folder / "test_tally.py").rename(moved)
    (folder / "conftest.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    found = measure(monkeypatch, capsys, folder)
    assert found == measure(monkeypatch, capsys, folder, "--tests", moved)


def test_a_method_that_grew_fails_the_comparison(
    folder: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    before = folder / "before.json"
    _, out, _ = run(monkeypatch, capsys, "contract", "gas", folder / "tally.py", "--json")
    before.write_text(out)
    words = ("contract", "gas", folder / "tally.py", "--against", before)
    assert run(monkeypatch, capsys, *words)[0] == 0
    slower = CONTRACT.replace("self.count += 1", "self.count += 1\n            self.count += 1")
    (folder / "tally.py").write_text(slower)
    code, out, err = run(monkeypatch, capsys, *words)
    assert code == 1
    assert err.startswith("grown add: ")
    assert "median since" in out
    assert run(monkeypatch, capsys, *words, "--tolerance", "1000")[0] == 0


def test_tests_that_fail_measure_nothing(folder: Path, monkeypatch: Patch, capsys: Capture) -> None:
    (folder / "test_tally.py").write_text(TEST.format(more="assert tally is None"))
    code, out, err = run(monkeypatch, capsys, "contract", "gas", folder / "tally.py")
    assert (code, out) == (1, "")
    assert "assert tally is None" in err
    assert "gas is measured by tests that pass" in err


def test_a_contract_without_tests_is_told_so(
    folder: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    (folder / "test_tally.py").unlink()
    code, _, err = run(monkeypatch, capsys, "contract", "gas", folder / "tally.py")
    assert code == 2
    assert "there are no tests beside" in err


def test_an_earlier_run_that_is_none_is_refused(
    folder: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    wrong = folder / "wrong.json"
    wrong.write_text(json.dumps({"contract": 5}))
    code, _, err = run(
        monkeypatch, capsys, "contract", "gas", folder / "tally.py", "--against", wrong
    )
    assert code == 2
    assert "is not what --json prints" in err


def test_figures_are_real_ones() -> None:
    figures = compute_figures(MethodGas(list(range(100, 0, -1)), 7))
    assert figures == MethodFigures(calls=100, min=1, median=50, p95=95, max=100, refused=7)
    assert compute_figures(MethodGas([5], 0)) == MethodFigures(1, 5, 5, 5, 5, 0)


def test_growth_is_counted_in_percent_of_the_median() -> None:
    def report(median: int) -> GasReport:
        return GasReport("Box", {"add": MethodFigures(1, 0, median, 0, 0, 0)})

    assert find_grown(report(100), report(105), 5.0) == []
    assert find_grown(report(1_000), report(1_051), 5.0) == ["add: 1,000 to 1,051, +5.1 %"]
    assert find_grown(report(0), report(9), 5.0) == []
    assert find_grown(GasReport("Box", {}), report(9), 5.0) == []
