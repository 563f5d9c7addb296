"""Commands without a network: help that teaches, keys, and wrong inputs in words."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from dure.cli import main as program
from dure.cli.access import parse_arguments, parse_value
from dure.cli.main import build_app
from dure.core.errors import ConfigurationError

PASSPHRASE = "four words of no meaning"
APP = build_app()


def list_commands(
    command: Any, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command that does something, with the words that name it."""
    subcommands = getattr(command, "commands", None)
    if subcommands is None:
        yield path, command
        return
    for name, each in subcommands.items():
        yield from list_commands(each, (*path, name))


COMMANDS = dict(list_commands(typer.main.get_command(APP)))


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> tuple[int, str, str]:
    """Run the program as a person does; return exit code, standard output and standard error."""
    monkeypatch.setattr("sys.argv", ["dure", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        program.main()
    said = capsys.readouterr()
    code = ended.value.code
    assert isinstance(code, int)
    return code, said.out, said.err


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_teaches_by_an_example_of_itself(path: tuple[str, ...]) -> None:
    text = COMMANDS[path].help or ""
    assert f"Example: dure {' '.join(path)} " in text
    told = CliRunner().invoke(APP, [*path, "--help"])
    assert told.exit_code == 0
    assert "Example" in told.output


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_is_for(path: tuple[str, ...]) -> None:
    for parameter in COMMANDS[path].params:
        assert getattr(parameter, "help", None), parameter.name


def test_the_program_without_a_command_lists_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(monkeypatch, capsys)
    for name in program.COMMANDS:
        assert name in out


def test_a_key_is_made_once_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "alice.json"
    code, out, _ = run(monkeypatch, capsys, "key", "new", file, "--json")
    made = json.loads(out)
    assert (code, made["sealed"]) == (0, False)
    assert made["address"].startswith("dure1")
    assert file.stat().st_mode & 0o777 == 0o600
    code, out, _ = run(monkeypatch, capsys, "key", "show", file, "--json")
    assert (code, json.loads(out)) == (0, made)
    code, out, err = run(monkeypatch, capsys, "key", "new", file)
    assert (code, out) == (2, "")
    assert "exists already" in err


def test_a_sealed_key_asks_for_its_passphrase_when_made_and_not_when_shown(
    tmp_path: Path,
) -> None:
    file = tmp_path / "alice.json"
    asked = CliRunner().invoke(
        APP, ["key", "new", str(file), "--passphrase", "--json"], input=f"{PASSPHRASE}\n" * 2
    )
    assert asked.exit_code == 0
    shown = CliRunner().invoke(APP, ["key", "show", str(file), "--json"])
    assert json.loads(shown.output)["sealed"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("key", "show", "nothing.json"), "cannot read nothing.json"),
        (("network", "status", "nowhere"), "`dure network init nowhere` makes one"),
        (("network", "up", "nowhere"), "holds no network"),
        (("network", "down", "nowhere"), "holds no network"),
        (("network", "init", "net", "--members", "a,a"), "different names"),
        (("network", "init", "net", "--members", "a b"), "letters, digits and hyphens"),
        (("network", "init", "net", "--members", ""), "1 to 32 members"),
        (("network", "init", "net", "--engine", "solo"), "exactly one member"),
        (("network", "init", "net", "--story-start", "soon"), "2013-03-08T00:00"),
        (("node", "run", "nothing.toml"), "nothing.toml"),
        (("contract", "check", "nothing.py"), "cannot be read"),
        (("block", "show", "1", "--network", "nowhere"), "holds no network"),
        (("tx", "show", "ab", "--network", "nowhere"), "holds no network"),
        (("verify", "nothing.json"), "cannot be read"),
        (("verify", "nothing.json", "--chain", "xyz"), "64 hexadecimal digits"),
    ],
)
def test_a_wrong_input_gets_one_line_and_nothing_is_made(
    arguments: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(monkeypatch, capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error configuration_error: ")
    assert said in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_s_damaged_network_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "network.json").write_text('{"name": 5}')
    code, _, err = run(monkeypatch, capsys, "network", "status", tmp_path)
    assert code == 2
    assert str(tmp_path / "network.json") in err


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("5", "int", 5),
        ("1545", "str", "1545"),
        ('"1545"', "str", "1545"),
        ("KE85", "str", "KE85"),
        ("true", "bool", True),
        ("[1, 2]", "list[int]", [1, 2]),
        ("dure1x", "Address", "dure1x"),
        ("", "str", ""),
        ("a=b", "str", "a=b"),
    ],
)
def test_values_are_read_by_the_type_that_is_asked_for(
    text: str, type_: str, value: object
) -> None:
    assert parse_value(parse_arguments([f"name={text}"])["name"], type_) == value


@pytest.mark.parametrize("given", [["x"], ["=5"], ["a=1", "a=2"]])
def test_arguments_have_a_name_each_and_each_once(given: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        parse_arguments(given)
