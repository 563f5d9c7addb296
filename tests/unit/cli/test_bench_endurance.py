"""`dure bench overload` and `soak`: their rules on made-up runs, and both on real processes."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dure.cli.bench.endurance.overload import AT_EASE_FACTOR, AT_EASE_MS, find_recovery
from dure.cli.bench.endurance.phases import (
    Phase,
    Second,
    count_final_between,
    describe_phase,
    list_seconds,
)
from dure.cli.bench.endurance.soak import (
    JUDGED_S_MIN,
    LATENCY_SHARE,
    LATENCY_SLACK_MS,
    MEMORY_SHARE,
    MEMORY_SLACK_MB,
    SETTLING_S,
    Part,
    judge_latency,
    judge_memory,
    list_parts,
)
from dure.cli.bench.endurance.watch import MEBIBYTE, Sample, measure_folder
from dure.cli.bench.running.load import Sent, Tally
from dure.cli.main import build_app
from tests.unit.cli.test_bench_load import build_block, prepare, send

HALF_MINUTES = int(2 * (SETTLING_S + JUDGED_S_MIN) / 60)


def build_tally(decided: Sequence[tuple[float, float]], *, end: float = 100.0) -> Tally:
    """Return the tally of transactions that were meant and final at these times."""
    tally = Tally(begin=0.0, end=end)
    for prepared, (meant, final) in zip(prepare(len(decided)), decided, strict=True):
        tally.on_sent([prepared], [Sent(meant, 0)])
        tally.on_block(build_block([prepared.envelope_id]), final)
    return tally


def build_parts(
    memories: Sequence[tuple[float, ...]], latencies: Sequence[float] | None = None
) -> list[Part]:
    """Return half minutes in which nodes held so many mebibytes and transactions took so long."""
    times = latencies or [10.0] * len(memories)
    return [
        Part(
            minute=(number + 1) / 2,
            tx_per_second=1.0,
            latency_ms_p50=latency,
            latency_ms_p95=latency,
            memory_mb=list(memory),
            disk_mb=[],
        )
        for number, (memory, latency) in enumerate(zip(memories, times, strict=True))
    ]


def test_a_promise_is_broken_where_a_node_had_taken_what_is_nowhere() -> None:
    tally = Tally(begin=0, end=10)
    taken, refused, unanswered, final = send(tally, prepare(4), 1.0)
    tally.on_refused(refused, "node_busy")
    tally.unanswered.add(unanswered)
    tally.on_block(build_block([final]), 2.0)
    figures = describe_phase(Phase("during", 4, 10), tally)
    assert (figures["sent"], figures["accepted"], figures["final"]) == (4, 2, 1)
    assert (figures["refusals"], figures["unanswered"]) == ({"node_busy": 1}, 1)
    assert figures["lost"] == 1
    tally.on_block(build_block([taken]), 3.0)
    assert describe_phase(Phase("during", 4, 10), tally)["lost"] == 0


def test_what_is_final_late_counts_when_it_is_final() -> None:
    first, second = build_tally([(0.5, 0.9), (0.6, 2.5)]), build_tally([(2.1, 2.2)])
    assert count_final_between([first, second], 0.0, 1.0) == 1
    assert count_final_between([first, second], 2.0, 3.0) == 2


def test_seconds_are_those_for_which_transactions_were_meant() -> None:
    tallies = [build_tally([(0.1, 0.2), (0.9, 1.9)]), build_tally([(2.0, 2.05)])]
    assert list_seconds(tallies, 0.0) == [
        Second(number=0, final=2, latency_ms_p50=100.0, latency_ms_p95=1000.0),
        Second(number=2, final=1, latency_ms_p50=50.0, latency_ms_p95=50.0),
    ]


def test_a_network_has_recovered_when_it_stays_quick() -> None:
    limit = AT_EASE_FACTOR * 20 + AT_EASE_MS

    def recover(*p95: float) -> int | None:
        seconds = [Second(number, 1, 0.0, each) for number, each in enumerate((9_999.0, *p95))]
        return find_recovery(seconds, 1, 20.0)

    assert recover(limit, limit) == 0
    assert recover(limit + 1, limit, limit) == 1
    assert recover(limit, limit + 1, limit) == 2
    assert recover(limit, limit + 1) is None
    assert recover() is None


def test_memory_that_stays_is_flat_and_memory_that_grows_is_not() -> None:
    # What fills up in the first minutes is no matter.
    settling = [(100.0 + 10 * number, 100.0) for number in range(int(SETTLING_S / 30))]
    level = [(300.0, 100.0)] * (HALF_MINUTES - len(settling))
    half = len(level) // 2
    assert judge_memory(build_parts(settling + level)) is True
    most = 300.0 * (1 + MEMORY_SHARE) + MEMORY_SLACK_MB
    for grown, verdict in ((most, True), (most + 1, False)):
        late = [(grown, 100.0)] * (len(level) - half)
        assert judge_memory(build_parts(settling + level[:half] + late)) is verdict
    other = [(300.0, 200.0)] * (len(level) - half)
    assert judge_memory(build_parts(settling + level[:half] + other)) is False


def test_latency_that_stays_is_flat_and_latency_that_grows_is_not() -> None:
    memories = [(1.0,)] * HALF_MINUTES
    half = (HALF_MINUTES - int(SETTLING_S / 30)) // 2
    most = 40.0 * (1 + LATENCY_SHARE) + LATENCY_SLACK_MS
    for grown, verdict in ((most, True), (most + 1, False)):
        latencies = [40.0] * (HALF_MINUTES - half) + [grown] * half
        assert judge_latency(build_parts(memories, latencies)) is verdict


def test_a_short_soak_has_no_verdict() -> None:
    parts = build_parts([(1.0,)] * (HALF_MINUTES - 1))
    assert (judge_memory(parts), judge_latency(parts)) == (None, None)


def test_each_part_has_its_own_transactions_and_the_sample_at_its_end() -> None:
    tally = build_tally([(1.0, 1.5), (9.0, 12.0), (15.0, 15.1)], end=20.0)
    samples = [
        Sample(at=at, memory_bytes=(memory * MEBIBYTE,), disk_bytes=(MEBIBYTE,))
        for at, memory in ((0.0, 1), (10.1, 2), (19.9, 3))
    ]
    parts = list_parts(tally, samples, 10.0)
    assert [part.memory_mb for part in parts] == [[2.0], [3.0]]
    assert [part.tx_per_second for part in parts] == [0.1, 0.2]
    assert [part.latency_ms_p95 for part in parts] == [3000.0, 100.0]


def test_a_folder_takes_what_its_files_take(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(bytes(20_000))
    assert measure_folder(tmp_path) >= 20_000
    assert measure_folder(tmp_path / "none") == 0


@pytest.fixture
def _short_phases(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WARM_UP_S", "CALM_S"):
        monkeypatch.setattr(f"dure.cli.bench.endurance.overload.{name}", 1.0)


@pytest.mark.thorough
@pytest.mark.e2e
@pytest.mark.usefixtures("_short_phases")
def test_under_overload_what_was_taken_becomes_final() -> None:
    options = ["--validators", "1", "--rate", "100", "--seconds", "2", "--accounts", "20"]
    result = CliRunner().invoke(build_app(["bench"]), ["bench", "overload", *options, "--json"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    during = figures["during"]
    assert 500 <= during["sent"] <= 600
    assert during["accepted"] == during["final"]
    assert (figures["lost"], figures["doubled"]) == (0, 0)
    assert figures["memory_bounded"] is True
    assert figures["by_second"][0]["final"] > 0


@pytest.mark.thorough
@pytest.mark.e2e
@pytest.mark.usefixtures("_short_phases")
def test_memory_above_its_bound_fails_the_bench() -> None:
    options = ["--validators", "1", "--rate", "20", "--seconds", "1", "--accounts", "20"]
    too_little = ["--memory-max", "64"]
    app = build_app(["bench"])
    result = CliRunner().invoke(app, ["bench", "overload", *options, *too_little])
    assert result.exit_code == 1
    assert "of 64 MiB" in result.stdout


@pytest.mark.thorough
@pytest.mark.e2e
def test_a_short_soak_tells_its_parts() -> None:
    options = ["--validators", "1", "--rate", "40", "--minutes", "0.1", "--accounts", "20"]
    result = CliRunner().invoke(build_app(["bench"]), ["bench", "soak", *options, "--json"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert (figures["lost"], figures["doubled"], figures["refused"]) == (0, 0, 0)
    assert (figures["memory_flat"], figures["latency_flat"]) == (None, None)
    assert len(figures["parts"]) == 12
    assert all(part["memory_mb"][0] > 10 for part in figures["parts"])
    assert figures["disk_bytes_per_transaction"] > 0
