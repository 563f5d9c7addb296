"""The benchmarks page shows what was measured, and says of every figure what it means."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from scripts import bench_plots, bench_report, bench_targets, plots, run_benches
from scripts.plots import Bar, Panel, Segment, draw_bars, draw_panels, draw_stacks
from scripts.run_benches import BENCHES, Bench
from tests.conformance.tree import ROOT

PAGE = ROOT / "docs" / "reference" / "benchmarks.md"
SVG = "{http://www.w3.org/2000/svg}"
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
    drawn = bench_plots.draw_all(bench_report.load_results())
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


def test_every_figure_that_was_kept_is_explained() -> None:
    results = bench_report.load_results()
    silent = {
        bench.name: list_undocumented(get_command(bench), results[bench.name]["figures"])
        for bench in list_results()
    }
    assert {name: fields for name, fields in silent.items() if fields} == {}


@pytest.mark.e2e
@pytest.mark.timeout(300)
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


def test_bars_are_as_long_as_their_values_and_the_goal_stands_among_them() -> None:
    picture = draw_bars("a < b", [Bar("x & y", 25), Bar("z", 50)], goal=100, goal_text="goal")
    tree = ET.fromstring(picture)
    bars = [float(each.attrib["width"]) for each in tree.iter(f"{SVG}rect")][1:]
    assert bars[1] == pytest.approx(2 * bars[0], abs=0.2)
    mark = next(each for each in tree.iter(f"{SVG}line") if each.attrib["class"] == "mark")
    assert float(mark.attrib["x1"]) - plots.LEFT == pytest.approx(2 * bars[1], abs=0.2)
    assert [each.text for each in tree.iter(f"{SVG}text")][:2] == ["a < b", "x & y"]


def test_panels_begin_at_zero_and_stacks_add_up() -> None:
    points = [(1, 10.0), (4, 20.0), (10, 0.0)]
    tree = ET.fromstring(draw_panels("growth", "members", [Panel("cost", points)]))
    heights = [float(each.attrib["cy"]) for each in tree.iter(f"{SVG}circle")]
    assert heights[0] - heights[1] == pytest.approx(heights[2] - heights[0], abs=0.2)
    one, two = Segment("first", 30, "#111111"), Segment("second", 90, "#222222")
    tree = ET.fromstring(draw_stacks("parts", "µs", [("all", [one, two])]))
    first, second, *_ = (float(each.attrib["width"]) for each in list(tree.iter(f"{SVG}rect"))[1:])
    assert second == pytest.approx(3 * first, abs=0.2)
    assert "120 µs" in [each.text for each in tree.iter(f"{SVG}text")]


def test_without_figures_the_page_says_how_to_get_them() -> None:
    assert "make bench" in bench_report.render_results({})
    assert "make bench" in bench_report.render_parts({})


def test_what_was_asked_for_stands_beside_what_was_measured() -> None:
    figures = {"tx_per_second": 4_999.9, "bound_ratio": 0.5}
    shown = bench_targets.render_targets({"transfer": {"figures": figures}}).splitlines()
    assert "at least 5,000 | 5,000 | **no** |" in shown[2]
    assert "at least 0.5 | 0.5 | yes |" in shown[3]
    assert len(shown) == 4
    assert "Nothing" in bench_targets.render_targets({})


def test_every_figure_that_was_asked_for_is_one_that_its_bench_explains() -> None:
    commands = {bench.name: get_command(bench) for bench in BENCHES}
    for target in bench_targets.TARGETS:
        command = commands[target.bench]
        known = list_documented(command)
        if command in {"payments", "latency"}:
            known |= list_documented("transfer")
        assert target.figure in known, target
