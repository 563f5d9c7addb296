"""Figures of a bench: percentiles, the bound by signatures, and several runs as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.cli.bench.figures import compute_percentile, compute_signature_bound, summarize_runs
from dure.cli.bench.machine import describe_machine, measure_verify_seconds


def test_percentile_is_the_smallest_value_that_covers_its_share() -> None:
    values = [float(n) for n in range(1, 101)]
    assert compute_percentile(values, 50) == 50
    assert compute_percentile(values, 95) == 95
    assert compute_percentile(values, 100) == 100
    assert compute_percentile([7.0], 95) == 7
    assert compute_percentile([1.0, 2.0], 50) == 1
    assert compute_percentile([], 95) == 0


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_percentile_was_measured_and_covers_its_share(values: list[float], percent: int) -> None:
    found = compute_percentile(sorted(values), percent)
    assert found in values
    assert 100 * sum(value <= found for value in values) >= percent * len(values)


def test_signature_bound_is_cores_over_all_checks() -> None:
    assert compute_signature_bound(2, 4, 40e-6) == pytest.approx(12_500)


def test_one_run_stands_for_itself() -> None:
    assert summarize_runs([{"tx_per_second": 5.0}]) == {"tx_per_second": 5.0}


def test_several_runs_give_medians_sums_of_faults_and_the_worst_truth() -> None:
    runs = [
        {"tx_per_second": rate, "lost": 1, "refused": 2, "refusals": {"full": 2}, "equal": equal}
        for rate, equal in ((10.0, True), (30.0, False), (20.0, True))
    ]
    merged = summarize_runs(runs)
    assert merged["tx_per_second"] == 20
    assert (merged["lost"], merged["refused"], merged["refusals"]) == (3, 6, {"full": 6})
    assert merged["equal"] is False
    assert merged["runs"] == runs
    assert merged["spread"] == {"tx_per_second": [10.0, 30.0]}


def test_a_number_that_the_system_hides_stays_hidden() -> None:
    assert summarize_runs([{"node_cpu_us": None}, {"node_cpu_us": None}])["node_cpu_us"] is None


def test_machine_is_described_with_what_the_figures_depend_on() -> None:
    machine = describe_machine()
    assert machine["cores"] >= 1
    assert "py-ed25519-zebra-bindings" in machine["versions"]


def test_one_check_takes_microseconds() -> None:
    assert 1e-6 < measure_verify_seconds() < 0.1
