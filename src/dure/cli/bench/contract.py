"""The contract engine alone, on one thread, in processor time.

What is measured
----------------
* `transfers_per_second`: transfers of `programs/coin.py` (two reads, two writes, an event, a
  `require`), metered, among ten thousand holders, each from the call to everything that the ledger
  makes of a transaction with that one call: layer of writes, session, decoded and compared
  arguments, the method, outcome, output gas, merged writes, receipt with the root over its
  outcomes, the receipt's encoded and hashed leaf, and the digest of every value that it wrote.
* `calls_per_second_in_batch`: the same calls, many on one meter and one layer of writes, as in a
  transaction of many calls; events are gathered, nothing is hashed.
* `metering_factor`: those calls' time, divided by their time where basic blocks charge nothing.
* `worst_ms_per_million_gas`: the dearest of the programs of `programs/bombs.txt` for its gas, run
  like the transfers; `transfer_ms_per_million_gas` is theirs.
* `check_ms_per_100_lines`: checking the flight-delay contract.

What is not
-----------
Opening a transaction, its signatures, validity and quota; what the block does once for all of it:
inner nodes of the receipts' tree, and paths and nodes of the state's tree; the disk; the network.

Every figure is the best of many short slices, taken in turn with the others': other work on the
machine can only make a slice slower. Each is taken anew in every run.
"""

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from statistics import median
from typing import Any, Final

from dure.cli.bench.machine import describe_machine, read_load_average
from dure.cli.bench.stage import Stage
from dure.contract.ports import Invocation, Meter
from dure.contract.source import check_text
from dure.core.codec import encode
from dure.core.types import Address

HOLDERS: Final = 10_000
SLICE_CALLS: Final = 500
"""Calls of one slice: fewer than a transaction may leave events."""
SLICES: Final = 5
"""Slices of transfers for each turn over all bombs."""
CALL_GAS: Final = 100_000
BOMB_GAS: Final = 300_000
TURNS_MIN: Final = 2

_COIN: Final = Address(b"coin".rjust(32))
_BOMBS: Final = Address(b"bombs".rjust(32))
_TARGET: Final = Address(b"target".rjust(32))
_STRIDE: Final = 7_919
"""A prime: receivers are visited in an order in which neighbours are far apart."""


@dataclass(frozen=True, slots=True)
class ContractPlan:
    """What to measure."""

    seconds: float = 10
    """Of one run."""
    runs: int = 3


def measure_contract(plan: ContractPlan) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    course = Course()
    gc.collect()
    gc.freeze()
    try:
        runs = [course.run(plan.seconds) for _ in range(plan.runs)]
    finally:
        gc.unfreeze()
    return summarize(runs) | {
        "programs": len(course.bombs),
        "seconds": plan.seconds,
        "load_average": round(read_load_average(), 2),
        "machine": describe_machine(),
    }


def summarize(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the medians of all runs; `spread` has each figure's least and greatest."""
    names = [name for name, value in runs[0].items() if not isinstance(value, str)]
    worst = max(runs, key=lambda run: float(run["worst_ms_per_million_gas"]))
    return {
        **{name: median(run[name] for run in runs) for name in names},
        "worst_program": worst["worst_program"],
        "spread": {
            name: [min(run[name] for run in runs), max(run[name] for run in runs)] for name in names
        },
        "runs": [dict(run) for run in runs],
    }


def read_programs() -> str:
    """Return the text of the bombs."""
    return files("dure.cli.bench.programs").joinpath("bombs.txt").read_text("utf-8")


@dataclass(slots=True)
class Best:
    """The least that was measured of each kind, in seconds a unit."""

    seconds: dict[str, float] = field(default_factory=dict)

    def note(self, name: str, units: int, work: Callable[[], object]) -> None:
        """Do the work once and note its processor time."""
        begun = time.process_time()
        work()
        each = (time.process_time() - begun) / units
        self.seconds[name] = min(each, self.seconds.get(name, each))


class Course:
    """Everything that is measured, prepared."""

    def __init__(self) -> None:
        coin = files("dure.cli.bench.programs").joinpath("coin.py").read_text("utf-8")
        self._flight_delay = files("dure.apps.flight_delay").joinpath("contract.py").read_text()
        self._metered = _prepare_coin(coin, Stage())
        self._unmetered = _prepare_coin(coin, Stage(is_metered=False))
        self._calls = _list_transfers()
        self._bomb_stage = prepare_bombs()
        self.bombs = list_bombs(self._bomb_stage)
        receipt = self._metered.execute(self._metered.open_view(), self._calls[0], CALL_GAS)
        assert receipt.status == "ok", "a transfer of the bench is refused"
        self._transfer_gas = receipt.gas_used

    def run(self, seconds: float) -> dict[str, Any]:
        """Measure for that long, but all at least twice."""
        best, gas = Best(), dict[str, int]()
        end, turns = time.perf_counter() + seconds, 0
        while turns < TURNS_MIN or time.perf_counter() < end:
            for number in range(turns * SLICES, (turns + 1) * SLICES):
                self._run_slices(best, number)
            self._run_bombs(best, gas)
            lines = self._flight_delay.count("\n")
            best.note("check", lines, lambda: check_text(self._flight_delay))
            turns += 1
        return self._compute_figures(best.seconds, gas)

    def _run_slices(self, best: Best, number: int) -> None:
        first = number * SLICE_CALLS % HOLDERS
        calls = self._calls[first : first + SLICE_CALLS]
        best.note("transfer", len(calls), lambda: _execute(self._metered, calls))
        # What runs a second time finds everything in the processor's caches; and they take turns.
        batches = {"batch": self._metered, "unmetered": self._unmetered}
        for name, stage in sorted(batches.items(), reverse=number % 2 == 0):
            _invoke(stage, calls)
            best.note(name, len(calls), lambda: _invoke(stage, calls))  # noqa: B023 - called at once

    def _run_bombs(self, best: Best, gas: dict[str, int]) -> None:
        stage = self._bomb_stage
        for name, call in self.bombs.items():
            if name not in gas:
                gas[name] = stage.execute(stage.open_view(), call, BOMB_GAS).gas_used
            view = stage.open_view()
            best.note(f"bomb {name}", gas[name], lambda: stage.execute(view, call, BOMB_GAS))  # noqa: B023 - called at once

    def _compute_figures(self, best: Mapping[str, float], gas: Mapping[str, int]) -> dict[str, Any]:
        worst = max(gas, key=lambda name: best[f"bomb {name}"])
        worst_ms = best[f"bomb {worst}"] * 1e9
        transfer_ms = best["transfer"] / self._transfer_gas * 1e9
        return {
            "transfers_per_second": round(1 / best["transfer"]),
            "calls_per_second_in_batch": round(1 / best["batch"]),
            "metering_factor": round(best["batch"] / best["unmetered"], 3),
            "worst_ms_per_million_gas": round(worst_ms, 2),
            "worst_program": worst,
            "transfer_ms_per_million_gas": round(transfer_ms, 2),
            "worst_ratio": round(worst_ms / transfer_ms, 2),
            "transfer_gas": self._transfer_gas,
            "check_ms_per_100_lines": round(best["check"] * 1e5, 2),
        }


def prepare_bombs() -> Stage:
    """Return a stage with the bombs, what they stored, and what they call."""
    stage = Stage()
    text = read_programs()
    stage.deploy(_BOMBS, text, "Bombs")
    stage.deploy(_TARGET, text, "Target")
    stage.prepare(Invocation(_BOMBS, "init", encode(()), _BOMBS, None))
    return stage


def list_bombs(stage: Stage) -> dict[str, Invocation]:
    """Return the call that sets off each bomb, by the method's name."""
    session = stage.open_session(stage.open_view())
    interface = stage.machine.get_interface(session.get_program(_BOMBS).code_hash)
    return {
        name: Invocation(_BOMBS, name, encode((_TARGET,) if method.parameters else ()), _COIN, None)
        for name, method in interface.methods.items()
        if method.kind == "call"
    }


def _prepare_coin(source: str, stage: Stage) -> Stage:
    stage.deploy(_COIN, source, "Coin")
    for number in range(HOLDERS):
        stage.prepare(Invocation(_COIN, "create", encode((1_000_000,)), _holder(number), None))
    return stage


def _list_transfers() -> list[Invocation]:
    return [
        Invocation(
            _COIN,
            "transfer",
            encode((_holder((number + 1) * _STRIDE % HOLDERS), 1)),
            _holder(number),
            None,
        )
        for number in range(HOLDERS)
    ]


def _holder(number: int) -> Address:
    return Address((number + 1).to_bytes(32, "big"))


def _execute(stage: Stage, calls: Sequence[Invocation]) -> None:
    view = stage.open_view()
    for call in calls:
        stage.execute(view, call, CALL_GAS)


def _invoke(stage: Stage, calls: Sequence[Invocation]) -> None:
    session = stage.open_session(stage.open_view())
    running = stage.machine.open(session, Meter(CALL_GAS * len(calls)))
    for call in calls:
        running.invoke(call)
    session.end_call(b"")
