"""The ledger's refusal codes stand in receipts for ever, so each is explained to who meets it."""

import ast
from pathlib import Path

import dure.chain

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "reference" / "errors.md"


def list_codes() -> set[str]:
    """Return the first arguments of all `Refusal(…)` in the ledger's code."""
    folder = Path(dure.chain.__path__[0])
    return {
        str(call.args[0].value)
        for path in folder.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "Refusal"
        and isinstance(call.args[0], ast.Constant)
    }


def test_every_refusal_of_the_ledger_is_explained_and_no_other() -> None:
    section = PAGE.read_text("utf-8").partition("\n## Refusals of the ledger\n")[2]
    explained = {line.split("`")[1] for line in section.splitlines() if line.startswith("| `")}
    codes = list_codes()
    assert len(codes) > 20
    assert explained == codes
