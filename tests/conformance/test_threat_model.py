"""The threat model is true as far as it can be: each claim names tests, and each of them is run."""

import ast
import re
from pathlib import Path

from tests.conformance.tree import ROOT, parse

PAGE = ROOT / "docs" / "explanation" / "security.md"
CLAIMS = "| what holds | shown by |"
ATTACKERS = (
    "An outsider on the network",
    "A client",
    "A member organisation",
    "Validators below a third",
    "Validators of a third and more",
    "An insider of one member",
    "The admin console",
    "A thief of a device",
    "An author of contracts",
    "The supply chain",
)
LEFT_OUT = re.compile(r"\bmark\.(?:skip|xfail)\b")
NAMED = re.compile(r"`((?:tests|src/dure/apps)/[\w/]+\.py::\w+)`")


def list_sections() -> dict[str, str]:
    """Return each section's text by its title."""
    parts = re.split(r"^## (.+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def list_claims(section: str) -> list[tuple[str, list[str]]]:
    """Return each claim of a section's table with the tests that it names."""
    table = section.partition(CLAIMS)[2].partition("\n\n")[0]
    rows = [line.strip("|").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return [(claim.strip(), NAMED.findall(tests)) for claim, tests in rows]


def test_every_attacker_has_claims_and_limits() -> None:
    sections = list_sections()
    for attacker in ATTACKERS:
        assert list_claims(sections[attacker]), attacker
        assert "Does not hold:" in sections[attacker], attacker


def is_run(test: str) -> bool:
    """Say whether pytest collects this test by our settings, and nothing leaves it out for good."""
    file, _, name = test.partition("::")
    path = ROOT / file
    if not (path.is_file() and path.name.startswith("test_") and name.startswith("test_")):
        return False
    found = [
        node
        for node in parse(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    ]
    marks = [ast.unparse(mark) for node in found for mark in node.decorator_list]
    return len(found) == 1 and not any(LEFT_OUT.search(mark) for mark in marks)


def test_every_claim_names_tests_that_are_run() -> None:
    claims = [claim for text in list_sections().values() for claim in list_claims(text)]
    assert [claim for claim, tests in claims if not tests] == []
    named = {test for _, tests in claims for test in tests}
    assert sorted(test for test in named if not is_run(test)) == []


def test_a_test_that_is_not_run_would_be_noticed() -> None:
    own = Path(__file__).relative_to(ROOT).as_posix()
    assert is_run(f"{own}::test_every_claim_names_tests_that_are_run")
    assert not is_run(f"{own}::test_of_nothing")
    assert not is_run(f"{own}::is_run")
    assert not is_run("tests/conformance/tree.py::list_files")
