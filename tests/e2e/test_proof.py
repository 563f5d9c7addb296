"""The demo's proof file in the hands of somebody who has nothing but the file and the program."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from typer.testing import CliRunner

from dure.cli.main import build_app
from tests.e2e.conftest import PlayedDay, play_day
from tests.e2e.processes import run_dure

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

LEAVES_MIN = 40
MEMBERS = {"insurer", "airline", "bank", "supervisor"}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> PlayedDay:
    """A short demo with a payout."""
    return play_day(tmp_path_factory.mktemp("played") / "demo", 5)


@pytest.fixture
def proof(played: PlayedDay) -> Path:
    """The file of one payout; `played` has stopped all nodes."""
    return Path(played.facts["proof_file"])


@pytest.fixture
def chain(played: PlayedDay) -> str:
    return str(played.facts["chain_id"])


@pytest.fixture
def trust(tmp_path: Path) -> dict[str, str]:
    """A person who trusts nothing yet."""
    return {"DURE_TRUST": str(tmp_path / "trust.json")}


def test_the_proof_says_what_when_and_by_whom(proof: Path, chain: str) -> None:
    told = run_dure("verify", proof, "--chain", chain)
    assert told.code == 0, told.said
    assert told.out.startswith("PROVED  ")
    for part in ("was executed in block", "TEST CHAIN", chain, "UTC", "sealed by"):
        assert part in told.out
    facts = run_dure("verify", proof, "--chain", chain, "--json").read_json()
    assert (facts["verdict"], facts["chain_id"], facts["test"]) == ("proved", chain, True)
    assert facts["height"] > 0
    assert facts["time"] > 0
    assert set(facts["sealed_by"]) <= MEMBERS
    assert len(facts["sealed_by"]) >= 3
    assert str(facts["height"]) in told.out
    assert ", ".join(facts["sealed_by"]) in told.out


def test_without_the_chain_it_is_consistent_but_unknown(proof: Path, trust: dict[str, str]) -> None:
    told = run_dure("verify", proof, extra=trust)
    assert told.code == 3
    assert told.out.startswith("CONSISTENT, BUT THE CHAIN IS UNKNOWN TO YOU")
    assert json.loads(run_dure("verify", proof, "--json", extra=trust).out)["verdict"] == (
        "unknown_chain"
    )


def test_a_chain_once_trusted_is_known_by_its_name(
    proof: Path, chain: str, trust: dict[str, str]
) -> None:
    named = run_dure("verify", proof, "--chain", chain, "--trust-as", "my demo", extra=trust)
    assert named.code == 0, named.said
    again = run_dure("verify", proof, extra=trust)
    assert again.code == 0
    assert "my demo" in again.out
    assert run_dure("verify", proof, "--trust-as", "x", extra=trust).code == 2


def test_a_proof_of_another_network_is_of_an_unknown_chain(
    proof: Path, trust: dict[str, str]
) -> None:
    other = "ab" * 32
    for arguments in (("--chain", other), ("--chain", other, "--trust-as", "the other")):
        told = run_dure("verify", proof, *arguments, extra=trust)
        assert told.code == 3
        assert "UNKNOWN" in told.out


def list_leaves(form: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where in the JSON a plain value stands."""
    if isinstance(form, dict):
        for name, value in form.items():
            yield from list_leaves(value, (*place, name))
    elif isinstance(form, list):
        for index, value in enumerate(form):
            yield from list_leaves(value, (*place, index))
    else:
        yield place


def change(value: Any) -> Any:
    """Return another value of the same kind, as like the old one as can be."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str() if value and value[-1] in "0123456789abcdef":
            return value[:-1] + ("0" if value[-1] != "0" else "1")
        case str():
            return value + "x"
        case _:
            return 1


def test_no_value_of_the_file_can_be_changed(proof: Path, chain: str, tmp_path: Path) -> None:
    verify = in_process(tmp_path / "changed.json", chain)
    original = json.loads(proof.read_bytes())
    assert verify(original) == (0, "proved")
    places = list(list_leaves(original))
    assert len(places) >= LEAVES_MIN
    for place in places:
        form = json.loads(proof.read_bytes())
        holder = form
        for step in place[:-1]:
            holder = holder[step]
        holder[place[-1]] = change(holder[place[-1]])
        code, check = verify(form)
        assert code == 1, f"{place} was changed and the proof still holds"
        assert check, place


def in_process(file: Path, chain: str) -> Callable[[Any], tuple[int, str]]:
    """Return a way to verify many files by the same command, without a process for each."""
    app, runner = build_app(["verify"]), CliRunner()

    def verify(form: Any) -> tuple[int, str]:
        file.write_bytes(rfc8785.dumps(form))
        told = runner.invoke(app, ["verify", str(file), "--chain", chain, "--json"])
        answer = json.loads(told.output)
        return told.exit_code, answer.get("check") or answer["verdict"]

    return verify


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        (lambda data: data[:-10], "json"),
        (lambda data: data + b" ", "canonical form"),
        (lambda data: data[:0], "json"),
        (lambda data: data.replace(b'"header":', b'"header":1,"header":', 1), "canonical form"),
        (lambda data: b"[" * 100_000 + data, "json"),
        (lambda data: data + b" " * 20_000_000, "size"),
        (lambda data: b"\xff" + data, "json"),
    ],
    ids=["cut off", "a space more", "empty", "a name twice", "nested", "huge", "no text"],
)
def test_a_damaged_file_is_called_broken(
    proof: Path, chain: str, tmp_path: Path, damage: Callable[[bytes], bytes], check: str
) -> None:
    damaged = tmp_path / "damaged.json"
    damaged.write_bytes(damage(proof.read_bytes()))
    told = run_dure("verify", damaged, "--chain", chain)
    assert told.code == 1
    assert f"check: {check}" in told.err


def test_wrong_use_of_verify_is_explained(proof: Path, tmp_path: Path) -> None:
    assert "64 hexadecimal digits" in run_dure("verify", proof, "--chain", "12").err
    assert "cannot be read" in run_dure("verify", tmp_path / "nothing").err
    assert "cannot be read" in run_dure("verify", tmp_path).err
