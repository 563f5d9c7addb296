"""Last step: who calls whom.

No recursion, no chain deeper than the bound, and a view that changes nothing.
"""

from dure.contract.checker.bodies.scope import Scope
from dure.contract.checker.circles import find_circles, sort_inner_first
from dure.contract.limits import CALL_DEPTH_MAX
from dure.contract.problems import Problems
from dure.contract.shapes import READING_KINDS, ContractShape


def check_graph(contract: ContractShape, scopes: dict[str, Scope], problems: Problems) -> None:
    """Check the methods of one contract together; those of its bases were checked with these."""
    calls = {name: scope.calls for name, scope in scopes.items()}
    ordered, circles = sort_inner_first(calls), find_circles(calls)
    changing, depths = _find_changing(ordered, scopes), _measure_depths(ordered, scopes)
    for method in contract.own_methods:
        scope = scopes[method.name]
        if method.name in circles:
            problems.add("recursion", method.node, name=method.name)
        if depths.get(method.name, 0) > CALL_DEPTH_MAX:
            problems.add("call-depth", method.node)
        if method.kind in READING_KINDS:
            _check_view(scope, changing, problems)


def _find_changing(ordered: list[str], scopes: dict[str, Scope]) -> set[str]:
    """Return the methods that change the ledger, themselves or through what they call."""
    changing: set[str] = set()
    for name in ordered:
        if scopes[name].changes or not changing.isdisjoint(scopes[name].calls):
            changing.add(name)
    return changing


def _measure_depths(ordered: list[str], scopes: dict[str, Scope]) -> dict[str, int]:
    depths: dict[str, int] = {}
    for name in ordered:
        depths[name] = 1 + max((depths[callee] for callee in scopes[name].calls), default=0)
    return depths


def _check_view(scope: Scope, changing: set[str], problems: Problems) -> None:
    for change in scope.changes:
        problems.add("view-changes", change)
    for callee, place in scope.calls.items():
        if callee in changing:
            problems.add("view-changes", place)
