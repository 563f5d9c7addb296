"""`dure bench state`: what it prints, and that its updates lead to the tree of what it wrote."""

import json
from typing import Any

from typer.testing import CliRunner

from dure.chain.state_tree import tree
from dure.cli.bench.proving.state import Course
from dure.cli.main import build_app
from tests.conformance.tree import ROOT

FIGURES = {"build_us_per_key", "insert_us_per_key", "proof_us", "check_us", "proof_bytes"}


def run_bench(*options: str) -> str:
    result = CliRunner().invoke(build_app(["bench"]), ["bench", "state", *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_each_number_of_keys_has_every_figure() -> None:
    figures = json.loads(run_bench("--keys", "1000", "--keys", "1500", "--json"))
    assert [each["keys"] for each in figures["states"]] == [1_000, 1_500]
    for each in figures["states"]:
        assert all(each[name] > 0 for name in FIGURES)
        assert list(each["update_us_per_key"]) == ["1", "10", "100", "1000"]
        assert all(value > 0 for value in each["update_us_per_key"].values())
    page = (ROOT / "docs" / "reference" / "benchmarks.md").read_text("utf-8")
    section = page.partition("## dure bench state\n")[2].partition("\n## ")[0]
    assert [each for each in (*figures, *figures["states"][0]) if f"`{each}`" not in section] == []


def test_it_prints_a_table_for_each_number_of_keys() -> None:
    printed = run_bench("--keys", "1000")
    assert "A state of 1,000 keys" in printed
    assert "memory of the tree, for each key" in printed


def test_the_tree_that_is_measured_holds_what_was_written() -> None:
    course: Any = Course(1_000)
    before = tree.compute_root(course._root)
    course.run()
    after = tree.compute_root(course._root)
    assert after != before
    assert after == tree.compute_root(tree.update(tree.EMPTY, course._values.items()))
