"""What an author does with a contract's file: check, read, interface, client."""

import json
from pathlib import Path

import msgspec
import pytest

from dure.contract.agreement import Agreement
from dure.contract.interface import Interface, build_interface
from dure.contract.source import bundle
from dure.core.address import encode_address
from dure.core.types import Address
from tests.unit.cli.test_commands import run

SOUND = '''from dure.contract.language import Address, Contract, Var, call, init, require


class Box(Contract):
    """A box."""

    owner: Var[Address]

    @init
    def open(self) -> None:
        """Open."""
        self.owner = self.sender

    @call
    def put(self, number: int) -> int:
        """Put."""
        require(number > 0, "nothing")
        return number
'''
BROKEN = SOUND.replace('"nothing")', '"상자가") ; x = [y for y in [1]]')
TWO = SOUND + "\n\nclass Chest(Contract):\n    x: Var[int]\n"
WORDED = SOUND + '\n\n"""ko:\nBox = 상자: 상자이다.\n"""\n'
HEIR = SOUND + "\n\nclass Chest(Box):\n    x: Var[int]\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "sound": SOUND,
        "broken": BROKEN,
        "two": TWO,
        "worded": WORDED,
        "heir": HEIR,
    }.items():
        (tmp_path / f"{name}.py").write_text(text, "utf-8")
    return tmp_path


Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


def test_check_shows_the_place_with_a_caret(
    files: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    code, out, err = run(monkeypatch, capsys, "contract", "check", "broken.py")
    lines = err.splitlines()
    assert (code, out) == (1, "")
    assert lines[0].startswith("broken.py:17:42 comprehension ")
    assert lines[1] == '            require(number > 0, "상자가") ; x = [y for y in [1]]'
    # Three letters of the line are two places wide on a terminal.
    assert lines[2] == " " * (4 + 41 + 3) + "^"
    assert lines[3] == "    use a `for` loop"


def test_check_takes_several_files(files: Path, monkeypatch: Patch, capsys: Capture) -> None:
    code, out, err = run(monkeypatch, capsys, "contract", "check", "sound.py", "two.py")
    assert (code, err) == (0, "")
    assert out.splitlines() == ["sound.py: nothing to refuse", "two.py: nothing to refuse"]
    assert run(monkeypatch, capsys, "contract", "check", "sound.py", "broken.py")[0] == 1


def test_check_speaks_json(files: Path, monkeypatch: Patch, capsys: Capture) -> None:
    code, out, err = run(
        monkeypatch, capsys, "contract", "check", "sound.py", "broken.py", "--json"
    )
    found = json.loads(out)["files"]
    assert (code, err) == (1, "")
    assert found[0] == {"file": "sound.py", "problems": []}
    (problem,) = found[1]["problems"]
    assert (problem["rule"], problem["line"], problem["column"]) == ("comprehension", 17, 42)
    assert problem.keys() == {"module", "rule", "line", "column", "message", "instead"}


def test_the_caret_stands_right_behind_a_tab(
    files: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    (files / "tabs.py").write_text("class A:\n\tx = lambda: 0\n")
    err = run(monkeypatch, capsys, "contract", "check", "tabs.py")[2].splitlines()
    place = next(i for i, line in enumerate(err) if " lambda " in line)
    assert err[place + 1 : place + 3] == ["        x = lambda: 0", "            ^"]


def test_a_problem_without_a_line_is_shown_without_one(
    files: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    (files / "empty.py").write_text("")
    code, _, err = run(monkeypatch, capsys, "contract", "check", "empty.py")
    assert code == 1
    assert len(err.splitlines()) == 2


def test_explain_speaks_both_languages(files: Path, monkeypatch: Patch, capsys: Capture) -> None:
    code, english, _ = run(monkeypatch, capsys, "contract", "explain", "sound.py")
    assert code == 0
    assert "# Box: the agreement in plain words\n\nA box.\n" in english
    _, korean, _ = run(monkeypatch, capsys, "contract", "explain", "worded.py", "--lang", "ko")
    assert "# 상자: 쉬운 말로 쓴 계약서\n\n상자이다.\n" in korean


def test_explain_gives_the_agreement_as_data(
    files: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    _, out, _ = run(monkeypatch, capsys, "contract", "explain", "sound.py", "--json")
    assert msgspec.json.decode(out, type=Agreement).name == "Box"


def test_interface_prints_what_programs_read(
    files: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    _, out, _ = run(monkeypatch, capsys, "contract", "interface", "sound.py")
    found = msgspec.json.decode(out, type=Interface, strict=True)
    assert msgspec.to_builtins(found) == msgspec.to_builtins(build_interface(bundle(SOUND, "Box")))


def test_client_is_written_to_a_file_or_printed(
    files: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    _, printed, _ = run(monkeypatch, capsys, "contract", "client", "sound.py")
    run(monkeypatch, capsys, "contract", "client", "sound.py", "--output", "client.py")
    assert (files / "client.py").read_text() == printed
    assert "class BoxClient(" in printed
    code, _, err = run(
        monkeypatch, capsys, "contract", "client", "sound.py", "--output", "no/where.py"
    )
    assert code == 2
    assert "cannot be written" in err


def test_the_class_is_named_where_there_are_several(
    files: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    code, _, err = run(monkeypatch, capsys, "contract", "interface", "two.py")
    assert code == 2
    assert "name the contract class with --class; two.py has: Box, Chest" in err
    chosen = run(monkeypatch, capsys, "contract", "interface", "two.py", "--class", "Chest")[1]
    assert json.loads(chosen)["name"] == "Chest"
    code, _, err = run(monkeypatch, capsys, "contract", "interface", "two.py", "--class", "Bag")
    assert code == 2


def test_a_class_that_another_inherits_is_not_the_one_meant(
    files: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    text = HEIR.replace("x: Var[int]\n", "x: Var[int]\n")
    (files / "heir.py").write_text(text)
    out = run(monkeypatch, capsys, "contract", "interface", "heir.py")[1]
    assert json.loads(out)["name"] == "Chest"


@pytest.mark.parametrize("command", ["explain", "interface", "client", "gas"])
def test_what_a_chain_would_refuse_goes_no_further(
    command: str, files: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    code, out, err = run(monkeypatch, capsys, "contract", command, "broken.py")
    assert (code, out) == (1, "")
    assert "broken.py:17:42 comprehension" in err


def test_an_unknown_language_is_refused(files: Path, monkeypatch: Patch, capsys: Capture) -> None:
    code, _, err = run(monkeypatch, capsys, "contract", "explain", "sound.py", "--lang", "de")
    assert code == 2
    assert "--lang is en or ko, not 'de'" in err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "name the network of the address with --network"),
        (("--network", "n", "--class", "Box"), "the chain names the class itself"),
    ],
)
def test_what_an_address_needs_to_be_explained_is_said(
    words: tuple[str, ...], problem: str, monkeypatch: Patch, capsys: Capture
) -> None:
    monkeypatch.delenv("DURE_NETWORK", raising=False)
    address = encode_address(Address(bytes(32)))
    code, _, err = run(monkeypatch, capsys, "contract", "explain", address, *words)
    assert code == 2
    assert problem in " ".join(err.split())
