"""Whole chains executed again under watch: the same receipts, and gas that adds up to the unit."""

import json

import pytest

from dure.chain.inspection.retracing import Retraced, Retracing
from dure.chain.receipt import OK
from dure.contract.tracing import CallTrace, StateWrite
from dure.contract.tracing.render import render_visit
from dure.core.errors import InvalidBlock
from tests.unit.contract.program_files import read_programs
from tests.unit.contract.stored_chains import Workload
from tests.unit.contract.test_trace import add_up
from tests.unit.contract.workloads import play_programs, play_stories

STOPPED = {
    name: body
    for name, body in read_programs("stopped.txt", "", 8).items()
    if not name.startswith("gas:")
}
"""Without those that take all the gas of a block."""


def trace_all(workload: Workload) -> tuple[Retracing, list[Retraced]]:
    """Return what every receipt of a chain is for."""
    retracing, found = Retracing(workload.genesis), []
    for block in workload.blocks:
        found += [retracing.trace(block, i) for i in range(len(retracing.execute(block)))]
        retracing.follow(block)
    return retracing, found


@pytest.fixture(scope="module")
def stories() -> list[Workload]:
    return play_stories()


def test_watching_the_stories_changes_nothing_and_gas_adds_up(stories: list[Workload]) -> None:
    traced = 0
    for workload in stories:
        retracing, found = trace_all(workload)
        for each in found:
            for visit in each.visits:
                assert add_up(visit.steps) + visit.entry_gas == visit.gas_used
                assert json.dumps(render_visit(visit, retracing.find_program))
                traced += len(visit.steps)
            assert each.gas_outside >= 0
            assert each.visits or each.gas_outside == each.record.receipt.gas_used
    assert traced > 20


@pytest.mark.thorough
def test_watching_what_the_machine_stops_changes_nothing() -> None:
    _, found = trace_all(play_programs(STOPPED.values()))
    refused = [each for each in found if each.record.receipt.status != OK]
    assert len(refused) >= len(STOPPED)
    for each in refused:
        (visit,) = each.visits
        assert add_up(visit.steps) + visit.entry_gas == visit.gas_used
        assert visit.refusal is not None
        assert visit.refusal.code == each.record.receipt.status


def test_a_trace_speaks_the_contracts_words(stories: list[Workload]) -> None:
    late = next(each for each in stories if each.name == "late_flight_pays_by_itself")
    retracing, found = trace_all(late)
    rendered = [
        step
        for each in found
        for visit in each.visits
        for step in render_visit(visit, retracing.find_program)["steps"]
        if step["step"] == "call"
    ]
    methods = {call["method"]: call for call in rendered}
    assert {"init", "add_reserve", "buy", "report"} <= methods.keys()
    buying = methods["buy"]
    assert buying["arguments"]["flight"] == "UA1545 EWR-IAH"
    assert buying["paid"]["amount"] == 5_000
    assert {step["step"] for step in buying["steps"]} >= {"read", "write", "event"}
    assert all("field" in step for step in buying["steps"] if step["step"] in {"read", "write"})
    assert all(line["text"] for line in buying["lines"])
    assert buying["gas_used"] == (
        buying["entry_gas"]
        + buying["unreached_gas"]
        + sum(line["gas"] for line in buying["lines"])
        + sum(step["gas_used"] for step in buying["steps"] if step["step"] == "call")
    )


def test_what_a_scheduled_call_did_is_traced_too(stories: list[Workload]) -> None:
    silent = next(
        each for each in stories if each.name == "silent_oracle_costs_the_traveller_nothing"
    )
    _, found = trace_all(silent)
    planned = [each for each in found if each.transaction is None]
    assert planned
    assert all(each.visits for each in planned)
    calls = [step for each in planned for visit in each.visits for step in visit.steps]
    assert all(isinstance(call, CallTrace) and call.sender == call.contract for call in calls)
    assert any(isinstance(step, StateWrite) for call in calls for step in call.steps)  # type: ignore[union-attr]  # all of them are calls, as asserted


def test_a_block_that_does_not_hold_is_not_traced(stories: list[Workload]) -> None:
    retracing = Retracing(stories[0].genesis)
    with pytest.raises(InvalidBlock):
        retracing.trace(stories[0].blocks[1], 0)
