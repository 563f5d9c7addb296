"""What a run of a bench gave, in numbers, and what several runs gave together.

Rates are a second, latencies in milliseconds, processor time in microseconds.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final

SUMS: Final = frozenset({"lost", "refused"})
"""Of several runs these are added up."""


def compute_percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of a hundred do not exceed; 0 for none.

    `ordered` rises. Source: nearest-rank definition, with no value that was not measured.
    """
    if not ordered:
        return 0.0
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(1, int(rank)) - 1]


def compute_signature_bound(cores: int, validators: int, verify_seconds: float) -> float:
    """Return the rate at which checking signatures alone would keep all cores busy.

    Every validator checks every signature once: one transaction costs `validators` checks.
    """
    return cores / (validators * verify_seconds)


def summarize_runs(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return one object for all runs: each number their median, and the runs themselves beside it.

    Truths hold only where they hold in every run; counts of what went wrong are added up. `spread`
    has the least and the greatest of each number that is a median.
    """
    if len(runs) == 1:
        return dict(runs[0])
    merged = {name: _merge(name, [run[name] for run in runs]) for name in runs[0]}
    spread = {
        name: [min(values), max(values)]
        for name in runs[0]
        if name not in SUMS and (values := _list_numbers(run[name] for run in runs))
    }
    return merged | {"spread": spread, "runs": [dict(run) for run in runs]}


def _list_numbers(values: Iterable[object]) -> list[float]:
    return [
        value for value in values if isinstance(value, int | float) and not isinstance(value, bool)
    ]


def _merge(name: str, values: Sequence[Any]) -> object:
    first = values[0]
    if isinstance(first, bool):
        return all(values)
    if name in SUMS:
        return sum(values)
    if isinstance(first, dict):
        return dict(sum((Counter(value) for value in values), Counter[str]()))
    known = [value for value in values if value is not None]
    return median(known) if known else None
