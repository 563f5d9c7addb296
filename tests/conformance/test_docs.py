"""The documentation names all that a person or a program can meet: commands, settings, errors."""

import json
import re
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from dure.api.routes.table import OPERATIONS, SOCKETS
from dure.consensus.pbft import rules as pbft_rules
from dure.contract.source import check_text
from dure.core.validators import compute_faults_tolerated, compute_quorum
from dure.node.configuration import list_settings
from scripts import reference
from tests.conformance.tree import ROOT, list_files

DOCS = ROOT / "docs"
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def read_page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def list_pages() -> list[str]:
    return [
        path.relative_to(ROOT).as_posix()
        for path in list_files()
        if path.suffix == ".md" and path.is_relative_to(DOCS)
    ]


def test_every_error_code_is_explained() -> None:
    reference.import_everything()
    page = read_page("reference/errors.md")
    missing = [e.code for _, e in reference.list_errors() if f"| `{e.code}` |" not in page]
    assert missing == []


def test_no_two_errors_share_a_code() -> None:
    reference.import_everything()
    codes = Counter(error.code for _, error in reference.list_errors())
    assert [code for code, count in codes.items() if count > 1] == []


def test_every_setting_is_explained() -> None:
    page = read_page("reference/configuration.md")
    settings = list_settings()
    assert settings
    missing = [s.variable for s in settings if f"| `{s.key}` | `{s.variable}` |" not in page]
    assert missing == []


def test_every_operation_of_the_api_is_explained() -> None:
    page = read_page("reference/api.md")
    missing = [o.path for o in OPERATIONS if f"`{o.method} {o.path}`" not in page]
    missing += [s.path for s in SOCKETS if f"## WebSocket {s.path}\n" not in page]
    assert missing == []


def test_every_command_and_option_is_explained() -> None:
    page = read_page("reference/cli.md")
    missing = []
    for words, command in reference.list_commands(reference.load_program(), ("dure",)):
        section = page.partition(f"## {' '.join(words)}\n")[2].partition("\n## ")[0]
        names = [name for parameter in command.params for name in reference.list_names(parameter)]
        missing += [f"{' '.join(words)} {name}" for name in names if f"`{name}`" not in section]
        assert section, words
    assert missing == []


def test_every_command_says_what_it_is_for() -> None:
    silent = [
        " ".join(words)
        for words, command in reference.list_commands(reference.load_program(), ("dure",))
        if not command.help
    ]
    assert silent == []


def test_generated_parts_are_up_to_date() -> None:
    pages = [name for name in list_pages() if "[[[cog" in (ROOT / name).read_text("utf-8")]
    assert pages
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "cogapp",
            "--check",
            "--diff",
            "--check-fail-msg=run: make format",
            "-I",
            ".",
            *pages,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_contracts_in_the_texts_may_be_deployed() -> None:
    found = 0
    for name in ["README.md", *list_pages()]:
        for snippet in PYTHON.findall((ROOT / name).read_text("utf-8")):
            if "(Contract)" in snippet:
                found += 1
                assert check_text(snippet) == [], name
    assert found


def test_every_page_is_in_the_table_of_contents() -> None:
    contents = (ROOT / "mkdocs.yml").read_text("utf-8")
    missing = [page for page in list_pages() if page.removeprefix("docs/") not in contents]
    assert missing == []


RULE = re.compile(
    r"^\*\*([A-Z]\d+)\*\*(.*?)(?=^\*\*[A-Z]\d+\*\*|\Z|^## )", re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("page", sorted(path.name for path in (DOCS / "spec").glob("*.md")))
def test_every_rule_of_the_specification_names_tests_that_exist(page: str) -> None:
    rules = RULE.findall(read_page(f"spec/{page}"))
    assert rules
    for number, text in rules:
        tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
        assert tests, f"{page} {number} names no test"
        for file, name in tests:
            assert f"def {name}(" in (ROOT / file).read_text("utf-8"), f"{page} {number}: {name}"


NAMED_TEST = re.compile(r"`(tests/[\w/]+(?:\.py|\.txt)?)(?:::(\w+))?`")


def test_every_test_that_the_texts_name_exists() -> None:
    for name in list_pages():
        for file, test in NAMED_TEST.findall((ROOT / name).read_text("utf-8")):
            assert (ROOT / file).exists(), f"{name}: {file}"
            assert not test or f"def {test}(" in (ROOT / file).read_text("utf-8"), (name, test)


IN_CODE = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def list_typed(text: str, program: str) -> list[list[str]]:
    """Return what a reader of `text` is told to type of a program, as words, without comments."""
    lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
    typed = [line.partition("#")[0].split() for line in (*lines, *IN_CODE.findall(text))]
    return [words for words in typed if words[:1] == [program] and len(words) > 1]


def test_every_command_that_the_texts_name_exists() -> None:
    commands = {
        words: {name for parameter in command.params for name in reference.list_names(parameter)}
        for words, command in reference.list_commands(reference.load_program(), ("dure",))
    }
    groups = {words[:count] for words in commands for count in range(1, len(words))}
    for page in ["README.md", "ARCHITECTURE.md", *list_pages()]:
        for typed in list_typed((ROOT / page).read_text("utf-8"), "dure"):
            longest = max(
                (tuple(typed[:count]) for count in range(len(typed) + 1)),
                key=lambda words: (words in commands or words in groups) * len(words),
            )
            # `dure demo` plays the stories of any application, also of one that a guide writes.
            assert longest in {*commands, tuple(typed), ("dure", "demo")}, (page, typed)
            options = {word.partition("=")[0] for word in typed if re.match(r"--[a-z]", word)}
            known = commands.get(longest, set()) | {"--help", "--version"}
            assert options <= known, (page, typed)


def test_every_target_that_the_texts_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", *list_pages()]:
        for typed in list_typed((ROOT / page).read_text("utf-8"), "make"):
            assert typed[1] in targets, (page, typed)


def test_the_page_on_consensus_says_what_the_engine_does() -> None:
    page = read_page("explanation/consensus.md")
    rules = re.findall(r"^\|.*\|$", pbft_rules.__doc__ or "", re.MULTILINE)
    assert len(rules) > len(pbft_rules.RULES)
    assert [row for row in rules if row not in page] == []


def test_the_page_on_consensus_counts_right() -> None:
    page = read_page("explanation/consensus.md")
    rows = re.findall(r"^\| " + r" \| ".join([r"(\d+)"] * 5) + r" \|$", page, re.MULTILINE)
    assert rows
    for count, faulty, quorum, silent, liars in (tuple(map(int, row)) for row in rows):
        assert faulty == compute_faults_tolerated(count)
        assert quorum == compute_quorum(count)
        assert silent == count - quorum + 1, "fewer than a quorum remain"
        assert liars == 2 * quorum - count, "all that two quorums share"


def test_the_tests_beside_the_failures_of_others_exist() -> None:
    tests = (ROOT / "tests" / "unit" / "contract" / "test_xian.py").read_text("utf-8")
    named = re.findall(r"`(test_\w+)`", read_page("explanation/contract-security.md"))
    assert named
    assert [name for name in named if f"def {name}(" not in tests] == []


def test_examples_of_vectors_in_the_specification_are_real() -> None:
    vectors: dict[str, Any] = {
        path.stem: json.loads(path.read_text("utf-8"))
        for path in (ROOT / "tests" / "vectors").glob("*.json")
    }
    address = re.search(r"`(dure1\w{58})`", read_page("spec/signatures.md"))
    assert address
    assert address[1] in {case["text"] for case in vectors["addresses"]["accepted"]}
