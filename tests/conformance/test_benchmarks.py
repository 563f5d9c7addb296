"""The benchmarks page shows what was measured, and says of every figure what it means."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from scripts import bench_report, run_benches
from scripts.run_benches import BENCHES, Bench
from tests.conformance.tree import ROOT

PAGE = ROOT / "docs" / "reference" / "benchmarks.md"
NAMES = re.compile(r"`([\w…]+)`")


def list_documented(command: str) -> set[str]:
    """Return the names in the first column of a command's tables of fields."""
    section = PAGE.read_text("utf-8").partition(f"## dure bench {command}\n")[2]
    names: set[str] = set()
    for line in section.partition("\n## ")[0].splitlines():
        before = ""
        for name in NAMES.findall(line.split("|")[1]) if line.startswith("| ") else []:
            # `latency_ms_p50`, `…_p95`: the same name with another end.
            before = name if "…" not in name else before.rpartition("_")[0] + name[1:]
            names.add(before)
    return names


def list_undocumented(command: str, figures: dict[str, Any]) -> set[str]:
    known = list_documented(command)
    if command in {"payments", "latency"}:
        known |= list_documented("transfer")
    inner = [figures[part] for part in bench_report.TABLES if part in figures]
    rows = [
        row for table in inner for row in (table.values() if isinstance(table, dict) else table)
    ]
    return set(figures).union(*rows) - known


def get_command(bench: Bench) -> str:
    return bench.words.split()[0]


def list_results() -> list[Bench]:
    return [bench for bench in BENCHES if (bench_report.FOLDER / f"{bench.name}.json").exists()]


def test_every_plot_is_drawn_from_the_figures_beside_it() -> None:
    drawn = bench_report.draw_all(bench_report.load_results())
    flames = {bench.name for bench in BENCHES if bench.flame}
    found = {path.stem: path.read_text("utf-8") for path in bench_report.FOLDER.glob("*.svg")}
    assert set(found) - flames == set(drawn)
    assert [name for name in drawn if found[name] != drawn[name]] == [], "run: make format"


def test_figures_on_the_page_come_from_the_whole_commands() -> None:
    results = bench_report.load_results()
    for bench in list_results():
        words = results[bench.name]["command"].removeprefix("dure bench ")
        assert words.partition(" --profile")[0] == bench.words, bench.name
    assert set(results) <= {bench.name for bench in BENCHES}


@pytest.mark.parametrize("bench", list_results(), ids=lambda bench: bench.name)
def test_every_figure_that_was_kept_is_explained(bench: Bench) -> None:
    figures = bench_report.load_results()[bench.name]["figures"]
    assert list_undocumented(get_command(bench), figures) == set()


@pytest.mark.e2e
@pytest.mark.parametrize("name", ["latency", "contract", "api"])
def test_a_quick_run_measures_and_every_figure_is_explained(name: str, tmp_path: Path) -> None:
    assert run_benches.main(["--quick", "--to", str(tmp_path), name]) == 0
    kept = json.loads((tmp_path / f"{name}.json").read_text("utf-8"))
    assert kept["command"].startswith(f"dure bench {name} ")
    assert list_undocumented(name, kept["figures"]) == set()
    assert str(tmp_path) not in json.dumps(kept)
    assert f"### {name}\n" in bench_report.render_results({name: kept})


def test_a_bench_that_fails_leaves_the_old_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Bench("broken", "transfer --no-such-option", "transfer --no-such-option")
    monkeypatch.setattr(run_benches, "BENCHES", (broken,))
    (tmp_path / "broken.json").write_text("{}")
    assert run_benches.main(["--to", str(tmp_path)]) == 1
    assert (tmp_path / "broken.json").read_text() == "{}"


def test_a_bench_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SystemExit):
        run_benches.main(["nonsense"])


def test_without_figures_the_page_says_how_to_get_them() -> None:
    assert "make bench" in bench_report.render_results({})
    assert "make bench" in bench_report.render_parts({})
