"""Last step: who calls whom.

No recursion, no chain deeper than the bound, and a view that changes nothing.
"""

from dure.contract.checker.bodies.scope import Scope
from dure.contract.limits import CALL_DEPTH_MAX
from dure.contract.problems import Problems
from dure.contract.shapes import READING_KINDS, ContractShape


def check_graph(contract: ContractShape, scopes: dict[str, Scope], problems: Problems) -> None:
    """Check the methods of one contract together; those of its bases were checked with these."""
    own = {each.name: scopes[each.name] for each in contract.own_methods}
    recursive = False
    for name, scope in own.items():
        reached = _reach(name, scopes)
        if name in reached:
            problems.add("recursion", scope.method.node, name=name)
            recursive = True
        if scope.method.kind in READING_KINDS:
            _check_view(scope, reached, scopes, problems)
    for name, scope in () if recursive else own.items():
        if _measure_depth(name, scopes) > CALL_DEPTH_MAX:
            problems.add("call-depth", scope.method.node)


def _reach(name: str, scopes: dict[str, Scope]) -> list[str]:
    """Return every method that `name` calls, directly or through others."""
    reached: list[str] = []
    waiting = list(scopes[name].calls)
    while waiting:
        callee = waiting.pop()
        if callee not in reached:
            reached.append(callee)
            waiting.extend(scopes[callee].calls)
    return reached


def _check_view(
    scope: Scope, reached: list[str], scopes: dict[str, Scope], problems: Problems
) -> None:
    for change in scope.changes:
        problems.add("view-changes", change)
    for callee in scope.calls:
        if any(
            scopes[each].changes for each in (callee, *_reach(callee, scopes)) if each in reached
        ):
            problems.add("view-changes", scope.calls[callee])


def _measure_depth(name: str, scopes: dict[str, Scope]) -> int:
    depth, level = 0, {name}
    while level:
        depth += 1
        level = {callee for each in level for callee in scopes[each].calls}
    return depth
