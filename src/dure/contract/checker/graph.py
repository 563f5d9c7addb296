"""Last step: who calls whom.

No recursion, no chain deeper than the bound, and a view that changes nothing.
"""

from dure.contract.checker.bodies.scope import Scope
from dure.contract.limits import CALL_DEPTH_MAX
from dure.contract.problems import Problems


def check_graph(scopes: dict[str, Scope], problems: Problems) -> None:
    """Check the methods of one contract together."""
    for name, scope in scopes.items():
        reached = _reach(name, scopes)
        if name in reached:
            problems.add("recursion", scope.method.node, name=name)
        if scope.method.kind == "view":
            _check_view(scope, reached, scopes, problems)
    if not problems:
        for name, scope in scopes.items():
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
