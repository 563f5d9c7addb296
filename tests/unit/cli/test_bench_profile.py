"""Profiles: what is read of folded stacks, to which part it belongs, and the picture of it."""

import asyncio
import json
import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from dure.cli.bench.profiling import recording
from dure.cli.bench.profiling.flame import draw_flame
from dure.cli.bench.profiling.parts import Part, describe_parts, find_part
from dure.cli.bench.profiling.stacks import Frame, read_samples
from dure.cli.main import build_app
from dure.cli.network.node_files import Member
from dure.cli.network.processes import NodeProcess
from dure.core.errors import ConfigurationError

LOOP = "main (dure/cli/main.py:9);BaseEventLoop._run_once (asyncio/base_events.py:1922)"
ADMIT = f"{LOOP};Intake._admit (dure/node/driver/intake.py:80)"
CHECKED = f"{ADMIT};verify_many.<locals>.<listcomp> (dure/core/signatures.py:65)"
VOTED = f"{LOOP};Engine.step (dure/consensus/pbft/engine.py:3);verify (dure/core/signatures.py:58)"
WRITTEN = f"{LOOP};Disk.write (dure/node/durable/storage.py:7);encode (dure/core/codec.py:5)"
FOLDED = f"{CHECKED} 60\n{VOTED} 20\n{WRITTEN} 10\n{ADMIT} 9\nsomething odd 1\n"


def find(folded: str) -> Part:
    (stack,) = read_samples(folded)
    return find_part(stack)


@pytest.mark.parametrize(
    ("folded", "part"),
    [
        (CHECKED, Part.SIGNATURES),
        (VOTED, Part.CONSENSUS),
        (WRITTEN, Part.STORE),
        (ADMIT, Part.ADMISSION),
        (LOOP, Part.LOOP),
        ("f (numpy/core.py:1)", Part.OTHER),
        ("f (dure/node/durable/signer.py:1)", Part.CONSENSUS),
        ("f (dure/chain/execution/block.py:1);g (dure/chain/state_tree/tree.py:2)", Part.STATE),
    ],
)
def test_a_sample_belongs_to_the_innermost_part_that_has_a_place(folded: str, part: Part) -> None:
    assert find(f"{folded} 1") is part


def test_lines_of_one_function_are_one_box_and_the_way_to_the_event_loop_is_left_out() -> None:
    samples = read_samples(f"{ADMIT} 2\n{ADMIT.replace(':80', ':81')} 3\n")
    assert list(samples.values()) == [5]
    (stack,) = samples
    assert stack[0] == Frame("BaseEventLoop._run_once", "asyncio/base_events.py")


def test_a_thread_that_waits_is_no_work() -> None:
    waiting = "Thread.run (threading.py:1);_worker (concurrent/futures/thread.py:81)"
    assert read_samples(f"{waiting} 900\n{ADMIT} 1\n").total() == 1


@pytest.mark.parametrize("line", ["main (a.py:1)", "main (a.py:1) many", " 7"])
def test_a_text_that_is_no_profile_is_refused(line: str) -> None:
    with pytest.raises(ConfigurationError, match="not a folded stack"):
        read_samples(line)


def test_shares_add_up_and_microseconds_follow_them() -> None:
    parts = describe_parts(read_samples(FOLDED), cpu_us=200)
    by_name = {each["part"]: each for each in parts}
    assert by_name["signatures of clients"] == {
        "part": "signatures of clients",
        "share": 0.6,
        "us": 120,
    }
    assert sum(each["share"] for each in parts) == pytest.approx(1)
    assert sum(each["us"] for each in parts) == pytest.approx(200)
    assert describe_parts(read_samples(FOLDED), None)[0]["us"] is None


def test_what_was_seen_of_a_node_at_several_times_is_joined() -> None:
    first = recording.Recording("member-1", read_samples(f"{ADMIT} 2\n{CHECKED} 1\n"), 3)
    second = recording.Recording("member-1", read_samples(f"{ADMIT} 5\n"), 4)
    joined = recording.join([first, second])
    assert (joined.node, joined.seconds) == ("member-1", 7)
    assert joined.samples == read_samples(f"{ADMIT} 7\n{CHECKED} 1\n")


def test_the_picture_is_well_formed_and_as_wide_as_the_shares() -> None:
    picture = draw_flame(read_samples(FOLDED), "node <1>")
    tree = ET.fromstring(picture)
    space = "{http://www.w3.org/2000/svg}"
    widths = {
        box.findtext(f"{space}title", "").partition(":")[0]: float(
            box.find(f"{space}rect").attrib["width"]  # type: ignore[union-attr]
        )
        for box in tree.iter(f"{space}g")
    }
    assert widths["Intake._admit (node/driver/intake.py)"] == pytest.approx(0.69 * widths["all"])
    assert widths["Disk.write (node/durable/storage.py)"] == pytest.approx(0.1 * widths["all"])
    assert "script" not in picture
    assert picture == draw_flame(read_samples(FOLDED), "node <1>")


def test_without_a_sampler_the_command_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    options = ["bench", "transfer", "--profile", "flame.svg"]
    result = CliRunner().invoke(build_app(["bench"]), options)
    assert isinstance(result.exception, ConfigurationError)
    assert "pip install py-spy" in result.exception.message


@pytest.mark.parametrize(
    ("said", "explained"),
    [
        ("Error: Permission Denied: Try running again with sudo", "ptrace_scope"),
        ("Error: No such process\n", "No such process"),
        ("", "did not say why"),
    ],
)
def test_a_sampler_that_may_not_look_is_explained(
    said: str, explained: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampler = tmp_path / "sampler"
    sampler.write_text(f"#!/bin/sh\nprintf '%s' '{said}' >&2\nexit 1\n")
    sampler.chmod(0o700)
    monkeypatch.setattr(recording, "find_sampler", lambda: str(sampler))
    node = NodeProcess(tmp_path, Member("member-1", "http://localhost:2", 1, 2, "aa"))
    with pytest.raises(ConfigurationError, match=explained):
        asyncio.run(recording.record(node, 0, 1))


@pytest.mark.thorough
@pytest.mark.e2e
@pytest.mark.skipif(
    shutil.which("py-spy", path=str(Path(sys.executable).parent)) is None,
    reason="py-spy is not installed",
)
def test_a_bench_draws_where_the_time_of_one_node_went(tmp_path: Path) -> None:
    file = tmp_path / "flame.svg"
    # Without workers, which check signatures in processes of their own.
    options = ["--validators", "1", "--verify-workers", "0", "--seconds", "2"]
    options += ["--in-flight", "100", "--accounts", "50"]
    result = CliRunner().invoke(
        build_app(["bench"]), ["bench", "transfer", *options, "--profile", str(file), "--json"]
    )
    assert result.exit_code == 0, result.output
    profile = json.loads(result.stdout)["profile"]
    assert (profile["node"], profile["seconds"]) == ("member-1", 2)
    assert profile["samples"] > 10
    signatures = next(each for each in profile["parts"] if each["part"] == Part.SIGNATURES)
    assert 0 < signatures["share"] < 1
    picture = file.read_text("utf-8")
    ET.fromstring(picture)
    assert re.search(r"verify\w* \(core/signatures.py\)", picture)
    assert str(tmp_path) not in picture
