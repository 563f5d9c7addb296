"""Generated clients: strict types for every contract of ours, and a real chain behind one."""

import asyncio
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dure.contract.interface import build_interface
from dure.contract.language import Duration, Time
from dure.contract.source import bundle
from dure.sdk.generation import runtime, write_client
from tests.unit.api.solo_chain import ALICE, BANK, WON
from tests.unit.contract.agreement.test_agreement import SOURCES
from tests.unit.sdk.town import TILL, Town, open_town

AWKWARD = '''from dure.contract.language import (
    Address, Amount, Choice, Contract, Decimal, Duration, Event, Hash, Record, Var, call, invariant,
    view,
)


class Rate(Decimal):
    """A rate."""

    places = 3


class Mood(Choice):
    GLAD = "glad, or \\"so\\""


class Inner(Record):
    moods: list[Mood]
    gap: Duration


class Outer(Record):
    """Ends with a quote: "so\\\\"."""

    inner: list[Inner]
    rate: Rate


class Awkward(Contract):
    """Names that mean something to Python\'s clients."""

    count: Var[int]

    @call
    def contract(self, by: Address, pay: Amount) -> Outer:
        return Outer([Inner([Mood.GLAD], Duration(5))], Rate("0.125"))

    @view
    def ask_view(self, a_rather_long_name: list[Outer], another_long_name: Hash) -> list[Outer]:
        return a_rather_long_name

    @invariant
    def holds(self) -> bool:
        return self.count >= 0
'''


def load(text: str, folder: Path, name: str) -> ModuleType:
    file = folder / f"{name}.py"
    file.write_text(text, "utf-8")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_the_clients_of_all_contracts_are_clean_under_strict_types(tmp_path: Path) -> None:
    texts = {source.class_name: write_client(build_interface(source)) for source in SOURCES}
    texts["Awkward"] = write_client(build_interface(bundle(AWKWARD, "Awkward")))
    for name, text in texts.items():
        (tmp_path / f"client_of_{name.lower()}.py").write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.class_name)
def test_the_same_interface_gives_the_same_module(source: Any) -> None:
    text = write_client(build_interface(source))
    assert text == write_client(build_interface(source))
    compile(text, "client.py", "exec")


def test_names_that_are_taken_get_an_underscore() -> None:
    text = write_client(build_interface(bundle(AWKWARD, "Awkward")))
    assert "def contract_(" in text
    assert "by_: runtime.Address" in text
    assert "def ask_view_(" in text
    assert "def holds(self) -> bool:" in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_call_returns_typed_values_and_typed_events(tmp_path: Path) -> None:
    client = load(write_client(build_interface(bundle(TILL, "Till"))), tmp_path, "till_client")

    def story(town: Town) -> None:
        with town.sync_client() as plain:
            address = plain.deploy(
                bundle(TILL, "Till"), by=BANK, owner=BANK.address, arguments={"money": WON}
            ).address
            till = client.TillClient(plain, address)
            done = till.pay_in(client.Mood.GLAD, by=ALICE, pay=5_000)
            expected = client.Slip(ALICE.address, 5_000, client.Mood.GLAD)
            assert done.result == expected
            assert done.events == (client.Paid(ALICE.address, 5_000),)
            assert done.receipt.verdict.is_proved
            assert till.slip() == expected
            assert till.later(Time(town.now() + 60_000), by=ALICE).result == 0

    async def play() -> None:
        async with open_town() as town:
            await asyncio.to_thread(story, town)

    asyncio.run(play())


def test_nested_values_come_back_as_their_classes(tmp_path: Path) -> None:
    client = load(write_client(build_interface(bundle(AWKWARD, "Awkward"))), tmp_path, "awkward")
    plain = {"inner": [{"moods": ["GLAD"], "gap": 5}], "rate": "0.125"}
    built = runtime.build_value(client.Outer, plain)
    assert built == client.Outer([client.Inner([client.Mood.GLAD], Duration(5))], "0.125")
