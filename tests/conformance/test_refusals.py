"""Every code that a receipt can hold stands in a table, with its meaning; and no other does."""

import ast
from collections.abc import Iterator

from dure.chain.system.refusals import SYSTEM_REFUSALS
from dure.contract.refusals import REFUSALS
from tests.conformance.tree import ROOT

SAID_BY = {"Refusal": 0, "refuse": 0, "_refuse_unless": 1}
"""What ends a call, and which of its arguments is the code."""


def list_codes(folder: str) -> Iterator[str]:
    """Yield every code that the sources of a folder refuse with."""
    for file in sorted((ROOT / "src" / "dure" / folder).rglob("*.py")):
        if "/library/" in file.as_posix():
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = SAID_BY.get(node.func.id)
                if place is not None and len(node.args) > place + 1:
                    code = node.args[place]
                    if isinstance(code, ast.Constant):
                        yield str(code.value)


def test_every_refusal_of_the_machine_is_explained() -> None:
    assert set(list_codes("contract")) <= REFUSALS.keys()


def test_every_refusal_of_the_ledger_is_explained() -> None:
    assert set(list_codes("chain")) <= REFUSALS.keys() | SYSTEM_REFUSALS.keys()


def test_no_code_is_explained_that_nobody_says() -> None:
    said = set(list_codes("contract")) | set(list_codes("chain"))
    assert said == REFUSALS.keys() | SYSTEM_REFUSALS.keys()


def test_no_code_has_two_meanings() -> None:
    assert not REFUSALS.keys() & SYSTEM_REFUSALS.keys()
