"""Every contract of the library has a page, and what the pages show happens so."""

import re
from pathlib import Path

import pytest

from dure.contract import library
from dure.contract.source import find_contracts
from tests.conformance.tree import ROOT

PAGES = sorted((ROOT / "docs" / "reference" / "library").glob("*.md"))
SNIPPET = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PARTS = {
    *(
        "Issuance",
        "Allowances",
        "Deliveries",
        "Payouts",
        "SealedParties",
        "SealedKeeping",
        "UniqueItems",
    ),
    *("BankingDays", "CreditRules", "CreditUndertakings"),
}
"""Explained on the page of what is made from them."""


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.stem)
def test_what_a_page_shows_happens_so(page: Path) -> None:
    (snippet,) = SNIPPET.findall(page.read_text("utf-8"))
    assert "assert " in snippet
    exec(compile(snippet, str(page), "exec"), {"__name__": page.stem})


def test_every_contract_has_its_tables_on_a_page() -> None:
    shown = {
        name for page in PAGES for name in re.findall(r'render\("\w+", "(\w+)"\)', page.read_text())
    }
    modules = sorted(Path(library.__path__[0]).glob("[a-z]*.py"))
    written = {name for module in modules for name in find_contracts(module.read_text("utf-8"))}
    assert shown == written - PARTS


def test_the_list_of_contracts_leads_to_every_page() -> None:
    text = (ROOT / "docs" / "reference" / "library.md").read_text("utf-8")
    assert sorted(re.findall(r"\(library/([a-z-]+)\.md\)", text)) == [page.stem for page in PAGES]
