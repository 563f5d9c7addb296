"""Orders names so that each stands behind all that it leads to, and finds those in circles.

A graph gives each name the names that it leads to; names that it does not hold do not matter. Each
walk takes time by the number of arrows alone, whatever their pattern: sources come from anybody.
"""

from collections.abc import Iterable, Mapping


def sort_inner_first(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the names behind all that they lead to; what leads to a circle is left out."""
    sources = _turn(graph)
    missing = dict.fromkeys(graph, 0)
    for outer in sources.values():
        for name in outer:
            missing[name] += 1
    ordered = [name for name, count in missing.items() if count == 0]
    for name in ordered:
        for source in sources[name]:
            missing[source] -= 1
            if missing[source] == 0:
                ordered.append(source)
    return ordered


def find_circles(graph: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the names that lead to a circle and are led to from one: all that stand in circles."""
    leading = graph.keys() - sort_inner_first(graph)
    turned = _turn({name: graph[name] for name in graph if name in leading})
    return turned.keys() - sort_inner_first(turned)


def _turn(graph: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return the same arrows the other way round, between the names of the graph."""
    turned: dict[str, list[str]] = {name: [] for name in graph}
    for name, targets in graph.items():
        for target in targets:
            if target in turned:
                turned[target].append(name)
    return turned
