"""How large values may be by their type: records in records in lists, all the way down.

The bounds keep every later walk over a type short, wherever it is done, and every value within the
depth that the codec reads.
"""

import ast
from typing import Final

from dure.contract.checker.circles import find_circles, sort_inner_first
from dure.contract.limits import TYPE_DEPTH_MAX, TYPE_PARTS_MAX
from dure.contract.problems import Problems
from dure.contract.shapes import Bundle, Declarations, Method, Shape, Sort, Type

_Size = tuple[int, int]
"""Parts, and levels."""
_SMALL: Final[_Size] = (1, 1)


def check_sizes(bundle: Bundle, problems: Problems) -> None:
    """Refuse records that contain themselves, and whatever is too large."""
    records = bundle.whole.records
    inner = {name: _find_inner(each) & records.keys() for name, each in records.items()}
    sizes: dict[str, _Size] = {}
    for name in sort_inner_first(inner):
        sizes[name] = _join([_measure(each.type, sizes) for each in records[name].fields])
    circles = find_circles(inner)
    for known in bundle.modules.values():
        noted = problems.in_module(known.module)
        for name in known.places:
            if name in circles:
                noted.add("recursive-record", known.places[name], name=name)
            if name in sizes and _is_too_large(sizes[name]):
                noted.add("too-large-type", known.places[name], name=name)
            for place, kind in _find_types(name, known):
                if _is_too_large(_measure(kind, sizes)):
                    noted.add("too-large-type", place, name=str(kind)[:60])


def _measure(kind: Type, sizes: dict[str, _Size]) -> _Size:
    """Return the size of a type; what has a record that is too large counts it as small.

    So that it is told once.
    """
    if kind.sort is Sort.RECORD:
        size = sizes.get(kind.name, _SMALL)
        return _SMALL if _is_too_large(size) else size
    return _join([_measure(item, sizes) for item in kind.items])


def _join(inner: list[_Size]) -> _Size:
    parts, levels = [size[0] for size in inner], [size[1] for size in inner]
    return 1 + sum(parts), 1 + max(levels, default=0)


def _is_too_large(size: _Size) -> bool:
    parts, levels = size
    return parts > TYPE_PARTS_MAX or levels > TYPE_DEPTH_MAX


def _find_inner(shape: Shape) -> set[str]:
    names: set[str] = set()
    for each in shape.fields:
        kind = each.type
        while kind.sort is Sort.LIST:
            kind = kind.item
        names.add(kind.name)
    return names


def _find_types(name: str, known: Declarations) -> list[tuple[ast.stmt, Type]]:
    """Return the types that a declaration names, and where it can be refused."""
    place = known.places[name]
    found: list[tuple[ast.stmt, Type]] = []
    if name in known.events:
        found += [(place, each.type) for each in known.events[name].fields]
    if name in known.contracts:
        contract = known.contracts[name]
        own_state = [each for each in contract.state if contract.origins[each] == name]
        found += [(place, contract.state[each]) for each in own_state]
        found += _of_methods(contract.own_methods)
    if name in known.interfaces:
        found += _of_methods([*known.interfaces[name].methods.values()])
    return found


def _of_methods(methods: list[Method]) -> list[tuple[ast.stmt, Type]]:
    return [
        (method.node, kind)
        for method in methods
        for kind in (method.result, *(each.type for each in method.parameters))
    ]
