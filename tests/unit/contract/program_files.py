"""Reads the program files: small contracts with the expected refusals on the offending lines."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent / "programs"
IMPORTS = (
    "from dure.contract.language import Address, Amount, Asset, Choice, Contract, Currency, "
    "Decimal, Duration, Event, Hash, Interface, List, Map, Record, Rounding, Time, Var, call, "
    "days, encode, hours, init, invariant, migrate, minutes, only, require, scheduled, seconds, "
    "sha256, transfer_rule, verify_ed25519, view\n"
)
AROUND_BODY = (
    IMPORTS
    + """
class Shade(Choice):
    RED = "red"
    BLUE = "blue"

class Won(Currency):
    "Korean won."

class Dollar(Currency):
    "US dollars."

class Rate(Decimal):
    places = 6

class Price(Decimal):
    places = 2
    rounding = Rounding.DOWN

class Pair(Record):
    left: int
    right: int

class Happened(Event):
    number: int

class Other(Interface):
    @view
    def ask(self, number: int) -> int: ...

    @call
    def act(self) -> None: ...

class Example(Contract):
    total: Var[int]
    owner: Var[Address]
    money: Var[Asset]
    texts: Var[list[str]]
    pairs: Map[int, Pair]
    lists: Map[str, list[int]]
    nested: Map[int, Map[int, int]]
    items: List[int] = List(limit=5)
    rows: List[list[int]] = List(limit=3)
    rate: Var[Rate]
    fund: Var[Amount]
    seals: Map[Hash, int]
    won: Var[Asset[Won]]
    price: Var[Amount[Won]]

    def helper(self, number: int) -> int:
        return number

    @scheduled
    def later(self, number: int) -> None:
        pass

    @view
    def ask(self, number: int) -> int:
        return number

    @call
    def probe(
        self, number: int, text: str, data: bytes, numbers: list[int], who: Address, asset: Asset
    ) -> None:
"""
)


def read_programs(file: str, around: str, indent: int) -> dict[str, str]:
    """Return the programs of a file by their name, each a whole module."""
    blocks = re.split(r"^### (.+)$", (FOLDER / file).read_text("utf-8"), flags=re.MULTILINE)
    names, bodies = blocks[1::2], blocks[2::2]
    assert len(set(names)) == len(names)
    return {
        name: around + "\n".join(" " * indent + line for line in body.strip("\n").split("\n"))
        for name, body in zip(names, bodies, strict=True)
    }


def read_expected(source: str) -> set[tuple[int, str]]:
    """Return (line, rule) of each expected refusal."""
    return {
        (number, rule)
        for number, line in enumerate(source.split("\n"), 1)
        if "# refused:" in line
        for rule in line.split("# refused:")[1].split()
    }


def contract(body: str, before: str = "") -> str:
    """Return a file with one contract class, whose body is given without indentation."""
    inner = "\n".join("    " + line for line in body.strip("\n").split("\n"))
    return f"{IMPORTS}\n{before}\n\nclass Example(Contract):\n{inner}\n"
