"""`dure contract new`: what it writes is green as it comes, and nothing is ever overwritten."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dure.contract.agreement import explain, render
from dure.contract.source import bundle, check_text
from tests.unit.cli.test_commands import run

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch
FILES = ["README.md", "bike_deposit.py", "conftest.py", "test_bike_deposit.py"]


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: Patch, capsys: Capture) -> Path:
    code, out, _ = run(
        monkeypatch, capsys, "contract", "new", "bike-deposit", "--path", tmp_path, "--json"
    )
    assert code == 0
    assert sorted(Path(file).name for file in json.loads(out)["files"]) == FILES
    return tmp_path / "bike_deposit"


def run_tool(folder: Path, *arguments: str) -> str:
    """Run a Python tool in the folder; return what it said where it failed."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_contract_may_be_deployed(begun: Path) -> None:
    assert check_text((begun / "bike_deposit.py").read_text("utf-8")) == []


def test_its_tests_pass(begun: Path) -> None:
    assert run_tool(begun, "pytest", "-q", "-p", "no:cacheprovider") == ""


def test_its_types_are_strict(begun: Path) -> None:
    assert run_tool(begun, "mypy", "--strict", "--cache-dir", str(begun / "cache"), ".") == ""


def test_it_reads_like_an_agreement_in_both_languages(begun: Path) -> None:
    agreement = explain(bundle((begun / "bike_deposit.py").read_text("utf-8"), "BikeDeposit"))
    english, korean = render(agreement, "en"), render(agreement, "ko")
    assert "## 4. What the host may do" in english
    rest = "the amount of the deposit minus the damage"
    assert f"Pays {rest} in the agreed money to the guest of the deposit." in english
    assert "When: “deadline”." in english
    assert "## 4. 주인이 할 수 있는 일" in korean
    author = korean.replace("BikeDeposit", "").replace("bike_deposit", "")
    assert [word for word in author.split() if word.isascii() and word.isalpha()] == []


def test_people_are_told_what_to_do_next(
    tmp_path: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(monkeypatch, capsys, "contract", "new", "box")
    assert code == 0
    assert "pytest box" in out


def test_nothing_is_overwritten(begun: Path, monkeypatch: Patch, capsys: Capture) -> None:
    before = {file.name: file.read_bytes() for file in begun.iterdir()}
    code, _, err = run(
        monkeypatch, capsys, "contract", "new", "bike-deposit", "--path", begun.parent
    )
    assert code == 2
    assert "exists already" in err
    assert {file.name: file.read_bytes() for file in begun.iterdir()} == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Bike", "use small letters"),
        ("../up", "use small letters"),
        ("a--b", "use small letters"),
        ("class", "Python has a meaning for class"),
        ("token", "Python has a meaning for token"),
        ("conftest", "Python has a meaning for conftest"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused(
    name: str, said: str, tmp_path: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    code, _, err = run(monkeypatch, capsys, "contract", "new", name, "--path", tmp_path)
    assert code == 2
    assert said in err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    code, _, err = run(monkeypatch, capsys, "contract", "new", "box", "--path", tmp_path / "no")
    assert code == 2
    assert "is no folder" in err


@pytest.mark.parametrize("name", ["deposit", "state", "record", "world"])
def test_a_class_of_the_template_s_own_is_not_named_twice(
    name: str, tmp_path: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    run(monkeypatch, capsys, "contract", "new", name, "--path", tmp_path)
    text = (tmp_path / name / f"{name}.py").read_text("utf-8")
    assert f"class {name.capitalize()}Contract(Contract):" in text
    assert check_text(text) == []
